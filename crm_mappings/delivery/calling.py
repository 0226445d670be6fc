"""Owns how a plan goes over the wire: the very calls, before they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from crm_mappings.delivery import asking, graphs
from crm_mappings.delivery.jobs import Job, entries
from crm_mappings.delivery.parcels import Parcel
from crm_mappings.models import WriteBack
from crm_mappings.plan.planner import FileContent, Lookup, Write, WritePlan
from crm_mappings.salesforce import collections
from crm_mappings.salesforce import graphs as wire
from surveys.wording import gettext as _

VERBS = {"create": "POST", "update": "PATCH", "upsert": "PATCH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the org: a query, or what would be written."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] | None = None
    body: Any = None


def base() -> str:
    return f"/services/data/v{settings.SALESFORCE_API_VERSION}"


def reads(lookups: Iterable[Lookup]) -> list[Call]:
    """Return the queries by which the lookups are answered."""
    return [
        Call(method="GET", path=f"{base()}/query", query=soql)
        for soql in asking.queries(lookups)
    ]


def writes(row: WriteBack, plan: WritePlan) -> list[Call]:
    """Return the calls that carry a plan; with problems nothing is sent."""
    if plan.problems:
        return []
    job = Job(row=row, plan=plan, todo=list(plan.writes))
    for group in graphs.calls([job]):
        whole = [graphs.Graph(entries=_all(one)).nodes() for one in group]
        body = wire.body(whole, base())
        return [Call(method="POST", path=f"{base()}/composite/graph", body=body)]
    job.ids = {write.step: wire.reference(write.step) for write in plan.writes}
    return list(_waves(job))


def _all(job: Job) -> list[Any]:
    parts = [list(entries([_alone(job, write)])) for write in job.todo]
    return [entry for part in parts for entry in part]


def _alone(job: Job, write: Write) -> Job:
    return Job(row=job.row, plan=job.plan, todo=[write])


def _waves(job: Job) -> Iterator[Call]:
    for write in job.todo:
        (entry,) = entries([_with_ids(job, write)])
        place = "" if write.action != "upsert" else f"/{write.object}/{write.key_field}"
        yield Call(
            method=VERBS[write.action],
            path=f"{base()}/composite/sobjects{place}",
            headers=collections.SAVE_DUPLICATES if write.saves_duplicates else None,
            body=collections.body(
                write.object, [_readable(Parcel(entries=[entry]).payload())]
            ),
        )


def _with_ids(job: Job, write: Write) -> Job:
    alone = _alone(job, write)
    alone.ids = job.ids
    return alone


def _readable(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _("(the file, in base64)") if isinstance(value, FileContent) else value
        for name, value in record.items()
    }
