"""Owns the look ahead: what a response would write, with the org as it is, without
writing anything."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_mappings import connections, facts
from crm_mappings.delivery import asking
from crm_mappings.models import Connection
from crm_mappings.plan import rules
from crm_mappings.plan.planner import WritePlan, lookups, plan
from crm_mappings.plan.schema import ObjectSchema
from responses.models import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A plan, and what it would change: the current values are in its writes."""

    plan: WritePlan
    schemas: MappingOf[str, ObjectSchema]


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
    spec = rules.parse(document)
    org = connections.client(connection)
    names = dict.fromkeys(step.object for step in spec.steps)
    schemas = {
        name: connections.describe(connection=connection, object=name, now=now, org=org)
        for name in names
    }
    known = facts.read(response)
    found = asking.ask(org, lookups(known, spec, schemas))
    connections.note_usage(connection=connection, org=org)
    return Preview(plan=plan(known, spec, schemas, found), schemas=schemas)
