"""Patterns of texts: a small part of regular expressions, matched in linear time.

A designer's pattern meets a stranger's text: no pair of them may keep a process
busy, so patterns are walked as sets of states and never tried again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from surveys.wording import gettext as _

MOST_STATES = 500
MOST_TIMES = 300
DEEPEST = 20
COUNT = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")

Test = Callable[[str], bool]
CLASSES: dict[str, Test] = {
    "d": lambda sign: "0" <= sign <= "9",
    "w": lambda sign: sign.isalnum() or sign == "_",
    "s": str.isspace,
}


class PatternError(ValueError):
    """The pattern says something that is not understood here."""


@dataclass(slots=True)
class Pattern:
    """States, each with where it leads by a sign, and where without one."""

    tests: list[tuple[Test, int] | None] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        if len(self.tests) >= MOST_STATES:
            raise PatternError(_("This pattern is too large."))
        self.tests.append(None)
        self.free.append([])
        return len(self.tests) - 1

    def closure(self, states: set[int]) -> set[int]:
        found, waiting = set(states), list(states)
        while waiting:
            for state in self.free[waiting.pop()]:
                if state not in found:
                    found.add(state)
                    waiting.append(state)
        return found

    def fits(self, text: str) -> bool:
        """Whether the whole text is what the pattern says."""
        here = self.closure({self.start})
        for sign in text:
            steps = (self.tests[state] for state in here)
            here = self.closure({step[1] for step in steps if step and step[0](sign)})
            if not here:
                return False
        return self.end in here


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Pattern:
    """Raise `PatternError` for what is no pattern."""
    reader = _Reader(pattern.removeprefix("^"))
    made = Pattern()
    piece = reader.either(0)
    if reader.left not in {"", "$"}:
        raise PatternError(_("A bracket is closed that was never opened."))
    made.start, made.end = made.state(), made.state()
    piece(made, made.start, made.end)
    return made


def fits(pattern: str, text: str) -> bool:
    return compiled(pattern).fits(text)


# Adds its states between two others.
Piece = Callable[[Pattern, int, int], None]


@dataclass(slots=True)
class _Reader:
    text: str
    place: int = 0

    @property
    def left(self) -> str:
        return self.text[self.place :]

    @property
    def next(self) -> str:
        return self.text[self.place : self.place + 1]

    def take(self) -> str:
        sign = self.next
        if not sign:
            raise PatternError(_("The pattern ends too early."))
        self.place += 1
        return sign

    def either(self, depth: int) -> Piece:
        if depth > DEEPEST:
            raise PatternError(_("This pattern is too large."))
        ways = [self.chain(depth)]
        while self.next == "|":
            self.take()
            ways.append(self.chain(depth))
        return ways[0] if len(ways) == 1 else _either(ways)

    def chain(self, depth: int) -> Piece:
        pieces = []
        while self.next not in {"", "|", ")"} and self.left != "$":
            pieces.append(self.times(self.one(depth)))
        return _chain(pieces)

    def one(self, depth: int) -> Piece:
        sign = self.take()
        if sign == "(":
            if self.left.startswith("?:"):
                self.place += 2
            piece = self.either(depth + 1)
            if self.take() != ")":
                raise PatternError(_("A bracket is never closed."))
            return piece
        if sign == "[":
            return _sign(self.among())
        if sign == ".":
            return _sign(lambda _any: True)
        if sign == "\\":
            return _sign(self.escaped())
        if sign in "*+?{}^$":
            raise PatternError(
                _("“%(sign)s” cannot stand here; write \\%(sign)s for the sign itself.")
                % {"sign": sign}
            )
        return _sign(_same(sign))

    def escaped(self) -> Test:
        sign = self.take()
        if sign.lower() in CLASSES:
            test = CLASSES[sign.lower()]
            return test if sign in CLASSES else lambda other: not test(other)
        if sign.isalnum():
            raise PatternError(_("“\\%(sign)s” is not known here.") % {"sign": sign})
        return _same(sign)

    def among(self) -> Test:
        """The signs of a class such as [A-Z0-9_]."""
        not_among = self.next == "^"
        if not_among:
            self.take()
        tests: list[Test] = []
        while not tests or self.next != "]":
            sign = self.take()
            if sign == "\\":
                tests.append(self.escaped())
            elif self.next == "-" and self.left[1:2] not in {"", "]"}:
                self.take()
                tests.append(_between(sign, self.take()))
            else:
                tests.append(_same(sign))
        self.take()
        if not_among:
            return lambda sign: not any(test(sign) for test in tests)
        return lambda sign: any(test(sign) for test in tests)

    def times(self, piece: Piece) -> Piece:
        sign = self.next
        if sign in {"*", "+", "?"} and sign:
            self.take()
            least, most = (int(sign == "+"), 1 if sign == "?" else None)
        elif sign == "{":
            least, most = self.counted()
        else:
            return piece
        if self.next and self.next in "*+?{":
            raise PatternError(_("Say how often only once."))
        return _times(piece, least, most)

    def counted(self) -> tuple[int, int | None]:
        found = COUNT.match(self.text, self.place)
        if found is None:
            raise PatternError(_("Say how often as {2} or {2,5}."))
        self.place = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if max(least, most or 0) > MOST_TIMES or (most is not None and most < least):
            raise PatternError(
                _("Say how often as {2} or {2,5}, up to %(most)s.")
                % {"most": MOST_TIMES}
            )
        return least, most


def _same(wanted: str) -> Test:
    return lambda sign: sign == wanted


def _between(low: str, high: str) -> Test:
    if high < low:
        raise PatternError(
            _("In [%(low)s-%(high)s] the ends are the wrong way round.")
            % {"low": low, "high": high}
        )
    return lambda sign: low <= sign <= high


def _sign(test: Test) -> Piece:
    def add(pattern: Pattern, start: int, end: int) -> None:
        state = pattern.state()
        pattern.free[start].append(state)
        pattern.tests[state] = (test, end)

    return add


def _chain(pieces: list[Piece]) -> Piece:
    def add(pattern: Pattern, start: int, end: int) -> None:
        for piece in pieces:
            behind = pattern.state()
            piece(pattern, start, behind)
            start = behind
        pattern.free[start].append(end)

    return add


def _either(ways: list[Piece]) -> Piece:
    def add(pattern: Pattern, start: int, end: int) -> None:
        for way in ways:
            way(pattern, start, end)

    return add


def _times(piece: Piece, least: int, most: int | None) -> Piece:
    def add(pattern: Pattern, start: int, end: int) -> None:
        for _time in range(least):
            behind = pattern.state()
            piece(pattern, start, behind)
            start = behind
        if most is None:
            loop = pattern.state()
            pattern.free[start].append(loop)
            again = pattern.state()
            piece(pattern, loop, again)
            pattern.free[again].append(loop)
            pattern.free[loop].append(end)
            return
        for _time in range(most - least):
            pattern.free[start].append(end)
            behind = pattern.state()
            piece(pattern, start, behind)
            start = behind
        pattern.free[start].append(end)

    return add
