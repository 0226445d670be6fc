"""Owns the preview of a mapping: what one response, or a made-up one, would write.
It asks the org and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm_mappings import delivery, samples
from crm_mappings.admin.write_backs.story import say
from crm_mappings.documents import mapping_document
from crm_mappings.models import Mapping
from crm_mappings.plan.planner import FileContent, StepRef, Write
from crm_mappings.plan.rules import MappingError
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.writes import Sighting
from crm_mappings.salesforce.errors import OrgError
from responses.models import Response
from surveys import publishing

TEMPLATE = "admin/crm_mappings/mapping/preview.html"
ALL = "latest"
MADE_UP = "made-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One field of a record: what is there and what would be."""

    field: str
    label: str
    before: str | None  # None: not known, or a new record
    after: str
    same: bool


def context(mapping: Mapping, asked: QueryDict, now: datetime) -> dict[str, Any]:
    """Return the preview that was asked for: by default the latest response's."""
    document = mapping_document(mapping)
    latest = samples.latest(mapping)
    chosen = asked.get("response") or (str(latest[0].key) if latest else MADE_UP)
    references = {
        name: asked.get(f"record-{name}", "") for name in samples.references(document)
    }
    drawn = {
        "latest": latest,
        "chosen": chosen,
        "made_up": MADE_UP,
        "all": ALL,
        "references": references,
    }
    if chosen == ALL:
        return {**drawn, **_all(mapping, document, latest, now)}
    return {**drawn, **_answer(mapping, document, chosen, references, now)}


def _all(
    mapping: Mapping,
    document: Dict[str, Any],
    latest: list[Response],
    now: datetime,
) -> dict[str, Any]:
    seen = _seen(mapping, document, latest, now)
    if isinstance(seen, str):
        return {"trouble": seen}
    return {"many": list(map(_short, seen))}


def _short(seen: delivery.Preview) -> dict[str, Any]:
    """Return one response of many, as a row."""
    plan = seen.plan
    held = [problem.message for problem in plan.problems]
    return {
        "response": seen.response,
        "held": held,
        "skipped": [] if held else [skip.reason for skip in plan.skipped],
        "writes": []
        if held
        else [f"{write.action} {write.object}" for write in plan.writes],
    }


def _seen(
    mapping: Mapping,
    document: Dict[str, Any],
    responses: list[Response],
    now: datetime,
) -> list[delivery.Preview] | str:
    """Return what responses would write, or why that cannot be told."""
    try:
        return delivery.previews(
            responses=responses,
            document=document,
            connection=mapping.connection,
            now=now,
        )
    except MappingError as error:
        wrong = "; ".join(problem.message for problem in error.problems)
        return _("The mapping is not finished: %(why)s") % {"why": wrong}
    except OrgError as error:
        return error.refusal.message


def _answer(
    mapping: Mapping,
    document: Dict[str, Any],
    chosen: str,
    references: Dict[str, str],
    now: datetime,
) -> dict[str, Any]:
    response = (
        samples.made_up(mapping, references, now)
        if chosen == MADE_UP
        else samples.find(mapping, chosen)
    )
    if response is None and chosen == MADE_UP:
        return {"trouble": _("Publish the survey first: there is nothing to try.")}
    if response is None:
        return {"trouble": _("There is no such response to this survey.")}
    answer = _seen(mapping, document, [response], now)
    if isinstance(answer, str):
        return {"trouble": answer}
    (seen,) = answer
    return {
        "answers": list(told(response)),
        "records": response.records,
        "writes": [record(mapping, write, seen.schemas) for write in seen.plan.writes],
        "skipped": seen.plan.skipped,
        "found": [sighted(mapping, one, seen.schemas) for one in seen.plan.found],
        "problems": seen.plan.problems,
        "reads": seen.reads,
        "calls": [(call, json.dumps(call.body, indent=2)) for call in seen.writes],
    }


def told(response: Response) -> Iterator[tuple[str, str]]:
    """Yield each question with its answer, as a person reads them."""
    definition = publishing.compiled(response.version_id)
    for question in definition.questions():
        if question.key in response.answers:
            value = response.answers[question.key]
            text = ", ".join(map(str, value)) if isinstance(value, list) else say(value)
            yield question.key, text


def sighted(
    mapping: Mapping, one: Sighting, schemas: Dict[str, ObjectSchema]
) -> dict[str, Any]:
    """Return a record that was only found, as the template shows it."""
    schema = schemas.get(one.object)
    return {
        "sighting": one,
        "label": schema.label if schema else one.object,
        "url": record_url(mapping, one.record_id),
    }


def record_url(mapping: Mapping, record_id: str | None) -> str:
    instance = mapping.connection.instance_url.rstrip("/")
    return f"{instance}/{record_id}" if instance and record_id else ""


def record(
    mapping: Mapping, write: Write, schemas: Dict[str, ObjectSchema]
) -> dict[str, Any]:
    """Return one record that would be written, as the template shows it."""
    schema = schemas.get(write.object)
    return {
        "write": write,
        "label": schema.label if schema else write.object,
        "url": record_url(mapping, write.record_id),
        "lines": [
            line(name, value, write, schema) for name, value in write.fields.items()
        ],
    }


def line(name: str, value: object, write: Write, schema: ObjectSchema | None) -> Line:
    described = schema.fields.get(name) if schema else None
    known = write.previous is not None and name in write.previous
    before = say(write.previous[name]) if write.previous and known else None
    after = worded(value)
    return Line(
        field=name,
        label=described.label if described else name,
        before=before,
        after=after,
        same=known and before == after,
    )


def worded(value: object) -> str:
    if isinstance(value, FileContent):
        return _("the file")
    if isinstance(value, StepRef):
        return _("the record of step “%(step)s”") % {"step": value.step}
    return say(value)
