"""Owns rules of other tools: from their expressions to a rule document of ours.

What is not understood to the last sign is not guessed at: `Untranslatable` says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from surveys.wording import gettext as _

Dialect = Literal["limesurvey", "surveyjs", "xlsform"]
DEEPEST = 20
MOST_TOKENS = 500


class Untranslatable(ValueError):
    """The rule says something that rules here cannot say, or not that simply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A question that was made, and what its answers are called there and here."""

    key: str
    kind: str
    codes: Mapping[str, str]


NAMES: Mapping[Dialect, str] = {
    "limesurvey": r"(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.NAOK|\.value|\.code)?)",
    "surveyjs": r"\{(?P<name>[^{}]+)\}|(?P<word>[A-Za-z]+)",
    "xlsform": r"\$\{(?P<name>[^{}]+)\}|(?P<word>[A-Za-z][A-Za-z-]*)",
}
ONE_SIGN = r"""\s*(?:
    (?P<number>[0-9]+(?:\.[0-9]+)?)(?![A-Za-z0-9_])
  | "(?P<double>[^"]*)" | '(?P<single>[^']*)'
  | (?P<op><=|>=|==|!=|<>|&&|\|\||[=<>!])
  | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
  | (?P<list>\[[^\[\]]*\])
  | %s
)"""
TOKENS = {
    dialect: re.compile(ONE_SIGN % names, re.VERBOSE)
    for dialect, names in NAMES.items()
}
OPS = {
    "=": "eq", "==": "eq", "eq": "eq", "equal": "eq",
    "!=": "ne", "<>": "ne", "ne": "ne", "notequal": "ne",
    "<": "lt", "lt": "lt", "less": "lt", "<=": "le", "le": "le", "lessorequal": "le",
    ">": "gt", "gt": "gt", "greater": "gt", ">=": "ge", "ge": "ge", "greaterorequal": "ge",
}  # fmt: skip
SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
ANDS, ORS, NOTS = {"and", "&&"}, {"or", "||"}, {"not", "!"}


def translate(
    expression: str, dialect: Dialect, known: Mapping[str, Known]
) -> dict[str, Any]:
    """The rule as a document. Raises `Untranslatable`."""
    reader = _Reader(_tokens(expression, dialect), known)
    rule = reader.either(0)
    if reader.here < len(reader.tokens):
        raise Untranslatable(
            _("“%(sign)s” is not understood.")
            % {"sign": reader.tokens[reader.here][1][:40]}
        )
    return rule


def _tokens(expression: str, dialect: Dialect) -> list[tuple[str, str]]:
    tokens, place = [], 0
    expression = expression.strip()
    while place < len(expression):
        match = TOKENS[dialect].match(expression, place)
        if match is None or match.end() == place:
            raise Untranslatable(
                _("“%(sign)s” is not understood.")
                % {"sign": expression[place : place + 20]}
            )
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        place = match.end()
        if len(tokens) > MOST_TOKENS:
            raise Untranslatable(_("It is too long."))
    if not tokens:
        raise Untranslatable(_("It is empty."))
    return tokens


Value = str | float


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    known: Mapping[str, Known]
    here: int = 0

    # ------------------------------------------------------------- the ladder

    def either(self, depth: int) -> dict[str, Any]:
        return self._joined("any", ORS, self.both, depth)

    def both(self, depth: int) -> dict[str, Any]:
        return self._joined("all", ANDS, self.one, depth)

    def _joined(
        self,
        name: str,
        words: set[str],
        part: Callable[[int], dict[str, Any]],
        depth: int,
    ) -> dict[str, Any]:
        parts = [part(depth)]
        while self._peek_word() in words:
            self.here += 1
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else {name: parts}

    def one(self, depth: int) -> dict[str, Any]:
        if depth > DEEPEST:
            raise Untranslatable(_("It is nested too deeply."))
        kind, text = self._peek()
        if self._peek_word() in NOTS:
            self.here += 1
            return {"not": self.one(depth + 1)}
        if kind == "open":
            self.here += 1
            rule = self.either(depth + 1)
            self._take("close")
            return rule
        if kind in {"word", "name"} and text.lower() == "selected":
            return self._selected()
        return self._comparison()

    # ------------------------------------------------------------ comparisons

    def _selected(self) -> dict[str, Any]:
        self.here += 1
        self._take("open")
        question = self._question(self._take("name"))
        self._take("comma")
        value = self._value()
        self._take("close")
        return _compared(question, "eq", value)

    def _comparison(self) -> dict[str, Any]:
        kind, text = self._peek()
        if kind == "name" and text not in NOTS:
            self.here += 1
            question = self._question(text)
            return self._after(question)
        value = self._value()
        op = self._op()
        question = self._question(self._take("name"))
        return _compared(question, SWAPPED[op], value)

    def _after(self, question: Known) -> dict[str, Any]:
        word = self._peek_word()
        if word in {"notempty", "empty"}:
            self.here += 1
            presence = "answered" if word == "notempty" else "blank"
            return {"question": question.key, "op": presence}
        if word in {"contains", "contain", "allof"}:
            self.here += 1
            found = [_compared(question, "eq", value) for value in self._values()]
            return found[0] if len(found) == 1 else {"all": found}
        if word == "anyof":
            self.here += 1
            found = [_compared(question, "eq", value) for value in self._values()]
            return found[0] if len(found) == 1 else {"any": found}
        op = self._op()
        if op in {"eq", "ne"} and self._peek()[0] == "list":
            raise Untranslatable(_("A comparison with a whole list."))
        return _compared(question, op, self._value())

    def _op(self) -> str:
        _kind, text = self._peek()
        op = OPS.get(text.lower())
        if op is None:
            raise Untranslatable(
                _("“%(sign)s” is not understood.") % {"sign": text[:40]}
            )
        self.here += 1
        return op

    def _values(self) -> list[Value]:
        kind, text = self._peek()
        if kind != "list":
            return [self._value()]
        self.here += 1
        parts = [part.strip().strip("'\"") for part in text.strip("[]").split(",")]
        return [part for part in parts if part]

    def _value(self) -> Value:
        kind, text = self._peek()
        if kind not in {"number", "double", "single"} and text.lower() not in {
            "true",
            "false",
        }:
            raise Untranslatable(
                _("“%(sign)s” is not understood.") % {"sign": text[:40]}
            )
        self.here += 1
        if kind == "number":
            return float(text)
        return text

    def _question(self, name: str) -> Known:
        bare = re.sub(r"\.(?:NAOK|value|code)\Z", "", name.strip())
        question = self.known.get(bare)
        if question is None:
            raise Untranslatable(
                _("“%(name)s” is no question that was carried over.")
                % {"name": bare[:60]}
            )
        return question

    # ----------------------------------------------------------------- tokens

    def _peek(self) -> tuple[str, str]:
        if self.here >= len(self.tokens):
            raise Untranslatable(_("It ends too early."))
        return self.tokens[self.here]

    def _peek_word(self) -> str:
        if self.here >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.here]
        return text.lower() if kind in {"word", "op", "name"} else ""

    def _take(self, wanted: str) -> str:
        kind, text = self._peek()
        if kind != wanted:
            raise Untranslatable(
                _("“%(sign)s” is not understood.") % {"sign": text[:40]}
            )
        self.here += 1
        return text


def _compared(question: Known, op: str, value: Value) -> dict[str, Any]:
    if value == "" and op in {"eq", "ne"}:
        return {"question": question.key, "op": "blank" if op == "eq" else "answered"}
    if not question.codes:
        return {"question": question.key, "op": op, "value": _number(value)}
    code = (
        str(int(value))
        if isinstance(value, float) and value.is_integer()
        else str(value)
    )
    choice = question.codes.get(code)
    if choice is None:
        raise Untranslatable(
            _("“%(key)s” has no choice “%(code)s”.")
            % {"key": question.key, "code": code[:40]}
        )
    if question.kind == "multiple_choice":
        rule = {"question": question.key, "op": "contains", "value": choice}
        if op not in {"eq", "ne"}:
            raise Untranslatable(_("A choice is only there or not."))
        return rule if op == "eq" else {"not": rule}
    return {"question": question.key, "op": op, "value": choice}


def _number(value: Value) -> Value:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number
