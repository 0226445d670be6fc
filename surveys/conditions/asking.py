"""Whether a rule holds for what a reader reads. Nothing here ever raises."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from surveys.conditions.rules import (
    MAX_DAYS,
    All,
    Any_,
    Comparison,
    Condition,
    Not,
    Op,
)
from surveys.conditions.values import is_blank, is_date, moment, number, truth, words

# (source, name, facet) -> the value, or None where there is none.
Reader = Callable[[str, str, str | None], object]

# "Is not" is the opposite of "is", so it holds for a blank as well.
HOLD_FOR_BLANKS = (Op.BLANK, Op.NE, Op.NOT_IN)


def holds(condition: Condition | None, read: Reader) -> bool:
    match condition:
        case None:
            return True
        case All(parts=parts):
            return all(holds(part, read) for part in parts)
        case Any_(parts=parts):
            return any(holds(part, read) for part in parts)
        case Not(part=part):
            return not holds(part, read)
        case Comparison():
            return _compare(condition, read)


def _compare(comparison: Comparison, read: Reader) -> bool:
    left = read(comparison.source, comparison.name, comparison.facet)
    if is_blank(left):
        return comparison.op in HOLD_FOR_BLANKS
    if comparison.op is Op.WITHIN_DAYS:
        return _near(left, read("response", "now", None), comparison.value)
    return ASKED[comparison.op](left, comparison.value)


def _equal(left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left == right or _same_moment(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        said = truth(left)
        return said is not None and said is truth(right)
    numbers = number(left), number(right)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return _same_moment(left, right)


def _same_moment(left: object, right: object) -> bool:
    at = moment(left)
    return at is not None and at == moment(right)


def _one_of(left: object, right: object) -> bool:
    """Whether the value, or any of the values of a list, is among `right`."""
    values = left if isinstance(left, list | tuple) else [left]
    among = right if isinstance(right, list | tuple) else [right]
    return any(_equal(value, one) for value in values for one in among)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def ask(left: object, right: object) -> bool:
        pair = _alike(left, right)
        return pair is not None and compare(*pair)

    return ask


def _alike(left: object, right: object) -> tuple[Any, Any] | None:
    """Both as numbers, or both as moments, or both as other texts; else None."""
    for made in (number, moment, words):
        pair = made(left), made(right)
        if pair[0] is not None and pair[1] is not None:
            return pair
        if pair[0] is not None or pair[1] is not None:
            return None
    return None


def _contains(left: object, right: object) -> bool:
    if isinstance(left, list | tuple):
        return _one_of(left, right)
    return _folded(lambda text, part: part in text)(left, right)


def _folded(compare: Callable[[str, str], bool]) -> Callable[[object, object], bool]:
    """Compare texts with upper and lower case alike."""

    def ask(left: object, right: object) -> bool:
        if not isinstance(left, str) or isinstance(right, bool):
            return False
        return compare(left.casefold(), str(right).casefold())

    return ask


def _in_domain(address: str, domain: str) -> bool:
    host, wanted = address.strip().rsplit("@", 1)[-1], domain.strip().lstrip("@")
    return bool(wanted) and (host == wanted or host.endswith(f".{wanted}"))


def _near(left: object, now: object, days: object) -> bool:
    """At most so many days from now, before or after; a date counts whole days."""
    at, present = moment(left), moment(now)
    if at is None or present is None or not isinstance(days, int):
        return False
    if is_date(left):
        return abs((at.date() - present.date()).days) <= days
    return abs(at - present) <= timedelta(days=min(days, MAX_DAYS))


# What is asked of a value that is not blank.
ASKED: Mapping[Op, Callable[[object, object], bool]] = {
    Op.ANSWERED: lambda _left, _right: True,
    Op.BLANK: lambda _left, _right: False,
    Op.EQ: _equal,
    Op.NE: lambda left, right: not _equal(left, right),
    Op.IN: _one_of,
    Op.NOT_IN: lambda left, right: not _one_of(left, right),
    Op.LT: _ordered(operator.lt),
    Op.LE: _ordered(operator.le),
    Op.GT: _ordered(operator.gt),
    Op.GE: _ordered(operator.ge),
    Op.CONTAINS: _contains,
    Op.STARTS_WITH: _folded(str.startswith),
    Op.MATCHES_DOMAIN: _folded(_in_domain),
}
