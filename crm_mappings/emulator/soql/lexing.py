"""Owns the words of SOQL, and the picture that points at a wrong one."""

import re
from dataclasses import dataclass

from crm_mappings.emulator.refusals import Refusal

TOKEN = re.compile(
    r"""\s*(?:
      (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<day>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<text>'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<sign><=|>=|!=|<>|[=<>(),:])
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "name" else self.text


def tokens(query: str) -> list[Token]:
    found: list[Token] = []
    place, end = 0, len(query.rstrip())
    while place < end:
        match = TOKEN.match(query, place)
        if match is None or match.lastgroup is None:
            raise malformed(query, _next_visible(query, place))
        kind = match.lastgroup
        found.append(Token(kind, match.group(kind), match.start(kind)))
        place = match.end()
    return [*found, Token("end", "<EOF>", end)]


def _next_visible(query: str, place: int) -> Token:
    while query[place].isspace():
        place += 1
    return Token("odd", query[place], place)


def unquoted(text: str) -> str:
    """The value of a quoted string."""
    return re.sub(
        r"\\(.)",
        lambda m: ESCAPES.get(m.group(1), m.group(1)),
        text[1:-1],
        flags=re.DOTALL,
    )


def malformed(query: str, token: Token, problem: str = "") -> Refusal:
    shown = token.text if token.kind == "end" else f"'{token.text}'"
    problem = problem or f"unexpected token: {shown}"
    return Refusal("MALFORMED_QUERY", f"{picture(query, token.at)}{problem}")


def picture(query: str, at: int) -> str:
    """The part of the query around a place, with a caret under it."""
    start = max(0, at - 32)
    window = " ".join(query[start : at + 40].splitlines())
    row = query.count("\n", 0, at) + 1
    column = at - (query.rfind("\n", 0, at) + 1) + 1
    caret = " " * (at - start) + "^"
    return f"\n{window}\n{caret}\nERROR at Row:{row}:Column:{column}\n"
