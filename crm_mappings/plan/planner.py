"""From a response and a mapping to the records to write.

`lookups` says what must be asked of the org, `further` what must be asked when the
answers are there; `plan` takes them all. The same facts, mapping, object descriptions
and answers always give the same plan.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_mappings.plan.convert import FileContent
from crm_mappings.plan.draft import Draft
from crm_mappings.plan.finding import Found, Match
from crm_mappings.plan.lookups import Lookup, chain, is_chained, lookups
from crm_mappings.plan.results import StepRef
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.specs import MappingSpec
from crm_mappings.plan.values import Facts
from crm_mappings.plan.writes import (
    CREATE,
    UPDATE,
    UPSERT,
    Problem,
    Skip,
    Write,
    WritePlan,
    has_file,
    key_for,
)
from surveys.wording import gettext as _

__all__ = [
    "CREATE",
    "UPDATE",
    "UPSERT",
    "FileContent",
    "Found",
    "Lookup",
    "Match",
    "Problem",
    "Skip",
    "StepRef",
    "Write",
    "WritePlan",
    "further",
    "has_file",
    "key_for",
    "lookups",
    "plan",
]


def plan(
    facts: Facts,
    mapping: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
    found: Found,
) -> WritePlan:
    """Return what a response writes to the org."""
    draft = _drafted(facts, mapping, schemas, found)
    return WritePlan(
        writes=tuple(draft.writes),
        skipped=tuple(draft.skipped),
        problems=tuple(draft.problems),
        found=tuple(draft.sightings),
    )


def further(
    facts: Facts,
    mapping: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
    found: Found,
) -> tuple[Lookup, ...]:
    """Return what must be asked now that earlier steps have found their records: of
    the first step that waits for it. Nothing is left when it is empty."""
    chained = [step for step in mapping.steps if is_chained(step)]
    if not chained:
        return ()
    draft = _drafted(facts, mapping, schemas, found)
    for step in chained:
        if step.object in schemas and draft.asks(step.condition):
            ways = chain(step, facts, schemas, mapping, draft.results)
            asked = (one for one in ways if isinstance(one, Lookup))
            wanted = tuple(one for one in asked if one not in found.matches)
            if wanted:
                return wanted
    return ()


def _drafted(
    facts: Facts,
    mapping: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
    found: Found,
) -> Draft:
    draft = Draft(facts, mapping, schemas, found)
    if draft.asks(mapping.condition):
        for step in mapping.steps:
            draft.add(step)
    else:
        draft.skip(None, _("The condition of the mapping does not hold."))
    return draft
