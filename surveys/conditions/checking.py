"""Whether a rule can be asked where it stands: its names, operators and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from surveys.conditions.values import moment, number, truth
from surveys.wording import gettext as _

ValueType = Literal["number", "text", "boolean", "list", "date", "any"]

EQUALITY = (Op.EQ, Op.NE, *SEVERAL)
ORDER = (Op.LT, Op.LE, Op.GT, Op.GE)
OPS: Mapping[ValueType, tuple[Op, ...]] = {
    "number": (*EQUALITY, *ORDER, *PRESENCE),
    "text": (*EQUALITY, Op.CONTAINS, Op.STARTS_WITH, Op.MATCHES_DOMAIN, *PRESENCE),
    "boolean": (Op.EQ, Op.NE, *PRESENCE),
    "list": (Op.CONTAINS, *SEVERAL, *PRESENCE),
    "date": (*EQUALITY, *ORDER, Op.WITHIN_DAYS, *PRESENCE),
    "any": tuple(Op),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInfo:
    """What a name holds: its type, and its values where they are a closed list."""

    type: ValueType
    choices: tuple[str, ...] = ()
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
        if info.type == "number" and number(value) is None:
            return _("“%(name)s” is a number; “%(value)s” is not.") % {
                "name": name,
                "value": shown(value),
            }
        if info.type == "boolean" and truth(value) is None:
            return _("“%(name)s” is true or false; “%(value)s” is neither.") % {
                "name": name,
                "value": shown(value),
            }
        if info.type == "date" and moment(value) is None:
            return _("“%(name)s” is a date; “%(value)s” is none (2026-12-31).") % {
                "name": name,
                "value": shown(value),
            }
    return None


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
