"""Owns the look ahead: what responses would write, with the org as it is, without
writing anything."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_mappings import connections
from crm_mappings.delivery import calling, rounds
from crm_mappings.delivery.calling import Call
from crm_mappings.delivery.jobs import Job
from crm_mappings.models import Connection, Mapping, WriteBack
from crm_mappings.plan import rules
from crm_mappings.plan.planner import WritePlan, plan
from crm_mappings.plan.recognising import keyed
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.specs import MappingSpec
from responses.models import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan, and what it would change: the current values are in its writes."""

    response: Response
    plan: WritePlan
    schemas: MappingOf[str, ObjectSchema]
    # What was asked of the org for it, and what would be sent.
    reads: Sequence[Call] = ()
    writes: Sequence[Call] = ()


def preview(
    *,
    response: Response,
    document: MappingOf[str, Any],
    connection: Connection,
    now: datetime,
) -> Preview:
    """Plan a response by a mapping document; only reads from the org.

    Raises `MappingError` for the document and `OrgError` for the org.
    """
    (seen,) = previews(
        responses=[response], document=document, connection=connection, now=now
    )
    return seen


def previews(
    *,
    responses: Sequence[Response],
    document: MappingOf[str, Any],
    connection: Connection,
    now: datetime,
) -> list[Preview]:
    """Plan many responses with as many questions to the org as one takes."""
    spec = rules.parse(document)
    org = connections.client(connection)
    try:
        names = dict.fromkeys(step.object for step in spec.steps)
        schemas = {
            name: connections.describe(
                connection=connection, object=name, now=now, org=org
            )
            for name in names
        }
        spec = keyed(spec, schemas)
        mapping = Mapping(key=spec.key, connection=connection)
        rows = [WriteBack(response=one, mapping=mapping) for one in responses]
        jobs = [Job(row=row) for row in rows]
        answers = rounds.ask(org, spec, schemas, jobs)
        connections.note_usage(connection=connection, org=org)
    finally:
        org.close()
    return [
        _preview(job, spec, schemas, answers.get(job, rounds.Answers())) for job in jobs
    ]


def _preview(
    job: Job,
    spec: MappingSpec,
    schemas: MappingOf[str, ObjectSchema],
    answers: rounds.Answers,
) -> Preview:
    made = plan(job.read(), spec, schemas, answers.found)
    return Preview(
        response=job.row.response,
        plan=made,
        schemas=schemas,
        reads=calling.reads(answers.asked),
        writes=calling.writes(job.row, made),
    )
