"""Whether a rule can be asked where it stands: its names, operators and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol, cast

from surveys.conditions.rules import (
    PRESENCE,
    SEVERAL,
    Comparison,
    Condition,
    Op,
    comparisons,
    shown,
)
from surveys.conditions.values import clock, moment, number, truth
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

ValueType = Literal[
    "number", "text", "boolean", "list", "date", "time", "record", "any"
]

EQUALITY = (Op.EQ, Op.NE, *SEVERAL)
ORDER = (Op.LT, Op.LE, Op.GT, Op.GE)
OPS: Mapping[ValueType, tuple[Op, ...]] = {
    "number": (*EQUALITY, *ORDER, *PRESENCE),
    "text": (*EQUALITY, Op.CONTAINS, Op.STARTS_WITH, Op.MATCHES_DOMAIN, *PRESENCE),
    "boolean": (Op.EQ, Op.NE, *PRESENCE),
    "list": (Op.CONTAINS, *SEVERAL, *PRESENCE),
    "date": (*EQUALITY, *ORDER, Op.WITHIN_DAYS, *PRESENCE),
    "time": (*EQUALITY, *ORDER, *PRESENCE),
    "record": PRESENCE,
    "any": tuple(Op),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInfo:
    """What a name holds: its type, and its values where they are a closed list."""

    type: ValueType
    choices: tuple[str, ...] = ()
    # Between which numbers it lies, where that is known.
    low: float | None = None
    high: float | None = None
    facets: Mapping[str, NameInfo] = field(default_factory=dict)


class Names(Protocol):
    def kind(self, source: str, name: str) -> NameInfo | None: ...


def check(condition: Condition, names: Names) -> list[str]:
    """What is wrong with the rule where these names are known; empty when fine."""
    return [
        problem
        for comparison in comparisons(condition)
        if (problem := _problem(comparison, names)) is not None
    ]


def look_up(names: Names, comparison: Comparison) -> NameInfo | None:
    info = names.kind(comparison.source, comparison.name)
    if info is None or comparison.facet is None:
        return info
    return info.facets.get(comparison.facet)


def ops_for(info: NameInfo) -> tuple[Op, ...]:
    if info.choices and info.type == "text":
        return (*EQUALITY, *PRESENCE)
    return OPS[info.type]


def _problem(comparison: Comparison, names: Names) -> str | None:
    name = shown(comparison.name)
    info = names.kind(comparison.source, comparison.name)
    if info is None:
        return _("There is no %(source)s “%(name)s” to read here.") % {
            "source": comparison.source,
            "name": name,
        }
    if comparison.facet is not None:
        name = f"{name}.{shown(comparison.facet)}"
        if comparison.facet not in info.facets:
            known = ", ".join(info.facets) or _("none")
            return _("“%(name)s” does not exist. What there is: %(known)s.") % {
                "name": name,
                "known": known,
            }
        info = info.facets[comparison.facet]
    if comparison.op not in ops_for(info):
        possible = ", ".join(op.value for op in ops_for(info))
        return _("“%(name)s” cannot be asked “%(op)s”, but %(possible)s.") % {
            "name": name,
            "op": comparison.op.value,
            "possible": possible,
        }
    return _value_problem(name, comparison, info)


def _value_problem(name: str, comparison: Comparison, info: NameInfo) -> str | None:
    if comparison.op in PRESENCE or comparison.op is Op.WITHIN_DAYS:
        return None
    values = (
        cast(tuple[object, ...], comparison.value)
        if comparison.op in SEVERAL
        else (comparison.value,)
    )
    for value in values:
        if info.choices and value not in info.choices:
            known = ", ".join(info.choices)
            return _("“%(name)s” has no choice “%(value)s”, but %(known)s.") % {
                "name": name,
                "value": shown(value),
                "known": known,
            }
        reads = READS.get(info.type)
        if reads is not None and reads[0](value) is None:
            return _(reads[1]) % {"name": name, "value": shown(value)}
    return _impossible(name, comparison, info, values)


def _impossible(
    name: str, comparison: Comparison, info: NameInfo, values: Sequence[object]
) -> str | None:
    """Said of numbers that never are: a rule that cannot hold was meant otherwise."""
    numbers = [exact for value in values if (exact := number(value)) is not None]
    low = Decimal("-Infinity") if info.low is None else Decimal(repr(info.low))
    high = Decimal("Infinity") if info.high is None else Decimal(repr(info.high))
    never = NEVER.get(comparison.op)
    if info.type != "number" or never is None or not numbers:
        return None
    if not all(never(value, low, high) for value in numbers):
        return None
    if info.low is not None and info.high is not None:
        return _("“%(name)s” is from %(low)s to %(high)s: this can never be.") % {
            "name": name,
            "low": f"{low:f}",
            "high": f"{high:f}",
        }
    return _("“%(name)s” has a range of its own: this can never be.") % {"name": name}


READS: Mapping[str, tuple[Callable[[object], object], str]] = {
    "number": (number, gettext_noop("“%(name)s” is a number; “%(value)s” is not.")),
    "boolean": (
        truth,
        gettext_noop("“%(name)s” is true or false; “%(value)s” is neither."),
    ),
    "date": (
        moment,
        gettext_noop("“%(name)s” is a date; “%(value)s” is none (2026-12-31)."),
    ),
    "time": (
        clock,
        gettext_noop("“%(name)s” is a time of day; “%(value)s” is none (13:45)."),
    ),
}
NEVER: Mapping[Op, Callable[[Decimal, Decimal, Decimal], bool]] = {
    Op.EQ: lambda value, low, high: not low <= value <= high,
    Op.IN: lambda value, low, high: not low <= value <= high,
    Op.LT: lambda value, low, _high: value <= low,
    Op.LE: lambda value, low, _high: value < low,
    Op.GT: lambda value, _low, high: value >= high,
    Op.GE: lambda value, _low, high: value > high,
}


def names_of(infos: Mapping[tuple[str, str], NameInfo], *others: Names) -> Names:
    """Names from a table of (source, name), then from others in turn."""
    return _Table(infos, others)


@dataclass(frozen=True, slots=True)
class _Table:
    infos: Mapping[tuple[str, str], NameInfo]
    others: Sequence[Names] = ()

    def kind(self, source: str, name: str) -> NameInfo | None:
        info = self.infos.get((source, name))
        if info is not None:
            return info
        found = (other.kind(source, name) for other in self.others)
        return next((one for one in found if one is not None), None)
