"""Owns the rounds of questions before responses are planned: what earlier steps find
says what later ones ask for, and what persons have chosen counts before all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from crm_mappings.delivery import asking, choosing, outcomes
from crm_mappings.delivery.jobs import Job
from crm_mappings.plan.planner import Found, Lookup, further, lookups
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.specs import MappingSpec
from crm_mappings.salesforce.client import OrgClient

log = logging.getLogger(__name__)

Asked = tuple[Lookup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was asked for a response, and what is known by that."""

    asked: Asked = ()
    found: Found = field(default_factory=Found)


def ask(
    org: OrgClient,
    spec: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
    jobs: Sequence[Job],
) -> dict[Job, Answers]:
    """Ask until nothing follows from the answers: once, unless steps find records by
    those of earlier ones. Jobs whose questions cannot be told end as our fault."""
    wanted = {job: _first(job, spec, schemas) for job in jobs if job.open}
    found = Found()
    while True:
        wanted = {job: asked for job, asked in wanted.items() if job.open}
        chosen = choosing.chosen(wanted, spec, schemas)
        questions = [
            one
            for job, asked in wanted.items()
            for one in (*asked, *chosen[job].questions)
            if one not in found.matches
        ]
        found = asking.ask(org, questions, found)
        known = {job: chosen[job].added_to(found, job.made) for job in wanted}
        more = {job: _next(job, spec, schemas, known[job]) for job in wanted}
        if not any(more.values()):
            return {
                job: Answers(asked=asked, found=known[job])
                for job, asked in wanted.items()
                if job.open
            }
        wanted = {job: (*asked, *more[job]) for job, asked in wanted.items()}


def _first(job: Job, spec: MappingSpec, schemas: Mapping[str, ObjectSchema]) -> Asked:
    return _guarded(job, lambda: lookups(job.read(), spec, schemas))


def _next(
    job: Job, spec: MappingSpec, schemas: Mapping[str, ObjectSchema], found: Found
) -> Asked:
    return _guarded(job, lambda: further(job.read(), spec, schemas, found))


def _guarded(job: Job, ask_for: Callable[[], Asked]) -> Asked:
    try:
        return ask_for()
    except Exception:  # one response must not hold up the others
        log.exception("Write-back %s cannot be planned", job.row.pk)
        job.outcome = outcomes.our_fault()
        return ()
