"""Owns which record a step is about: what the org's answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_mappings.plan.convert import ValueProblem, shown
from crm_mappings.plan.ids import id18
from crm_mappings.plan.lookups import Lookup, chain
from crm_mappings.plan.results import Results
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.specs import MappingSpec, NoMatch, Several, StepSpec
from crm_mappings.plan.values import Facts
from surveys.wording import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A record that answers a lookup."""

    id: str
    # Salesforce's CreatedDate, as it came: it says which is newest.
    created_at: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The org's answers; a lookup that is missing found nothing."""

    matches: Mapping[Lookup, tuple[Match, ...]] = field(default_factory=dict)
    # Step -> the record that a person has chosen for this response.
    chosen: Mapping[str, Match] = field(default_factory=dict)
    # The record that a person has chosen for whatever a lookup looks for.
    remembered: Mapping[Lookup, Match] = field(default_factory=dict)
    # The steps whose record an earlier try has made for this response.
    made: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The records that a step is about, and how they were chosen."""

    matches: tuple[Match, ...] = ()
    note: str = ""


def resolved(
    step: StepSpec,
    facts: Facts,
    schemas: Mapping[str, ObjectSchema],
    found: Found,
    mapping: MappingSpec,
    results: Results,
) -> Target | ValueProblem:
    """Return the records that the first matching finder of a step found."""
    tried = []
    for wanted in chain(step, facts, schemas, mapping, results):
        if isinstance(wanted, ValueProblem):
            return wanted
        if isinstance(wanted, str):
            tried.append(wanted)
            continue
        if wanted in found.remembered:
            return _recalled(wanted, found.remembered[wanted])
        matches = {id18(match.id): match for match in found.matches.get(wanted, ())}
        if matches:
            return _chosen(step, wanted, list(matches.values()))
        tried.append(
            _("none has %(field)s = %(value)s")
            % {"field": wanted.field, "value": shown(wanted.value)}
        )
    return _missing(step, tried)


def _recalled(wanted: Lookup, match: Match) -> Target:
    note = _("A person has chosen it for %(field)s = %(value)s.")
    values = {"field": wanted.field, "value": shown(wanted.value)}
    return Target(matches=(match,), note=note % values)


def _chosen(
    step: StepSpec, lookup: Lookup, matches: list[Match]
) -> Target | ValueProblem:
    how = _("Found by %(field)s = %(value)s") % {
        "field": lookup.field,
        "value": shown(lookup.value),
    }
    if len(matches) == 1:
        return Target(matches=tuple(matches), note=f"{how}.")
    if step.several is Several.FAIL:
        return ValueProblem(
            code="several_matches",
            message=_(
                "%(count)s records of %(object)s have %(field)s = %(value)s. A "
                "person must say which one is meant."
            )
            % {
                "count": len(matches),
                "object": step.object,
                "field": lookup.field,
                "value": shown(lookup.value),
            },
        )
    matches.sort(key=lambda match: (match.created_at, match.id))
    if step.several is Several.ALL:
        return Target(
            matches=tuple(matches),
            note=_("%(how)s: all %(count)s.") % {"how": how, "count": len(matches)},
        )
    if step.several is Several.NEWEST:
        match, note = matches[-1], _("%(how)s: the newest of %(count)s.")
    else:
        match, note = matches[0], _("%(how)s: the oldest of %(count)s.")
    return Target(matches=(match,), note=note % {"how": how, "count": len(matches)})


def _missing(step: StepSpec, tried: list[str]) -> Target | ValueProblem:
    note = (
        _("No %(object)s was found: %(tried)s.")
        % {"object": step.object, "tried": "; ".join(tried)}
        if tried
        else ""
    )
    if step.no_match is NoMatch.FAIL:
        return ValueProblem(code="no_match", message=note)
    return Target(note=note)
