"""Owns the preview of a mapping: what one response, or a made-up one, would write.
It asks the org and writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm_mappings import delivery
from crm_mappings.admin.write_backs.story import say
from crm_mappings.documents import mapping_document
from crm_mappings.models import Mapping
from crm_mappings.plan.planner import StepRef, Write
from crm_mappings.plan.rules import MappingError
from crm_mappings.plan.schema import ObjectSchema, is_id
from crm_mappings.salesforce.errors import OrgError
from responses.models import Response
from surveys import answers, logic, publishing

TEMPLATE = "admin/crm_mappings/mapping/preview.html"
LATEST = 20
MADE_UP = "made-up"
SPENT = timedelta(seconds=90)


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
    latest = latest_responses(mapping)
    chosen = asked.get("response") or (str(latest[0].key) if latest else MADE_UP)
    references = {name: asked.get(f"record-{name}", "") for name in named(document)}
    return {
        "latest": latest,
        "chosen": chosen,
        "made_up": MADE_UP,
        "references": references,
        **_answer(mapping, document, chosen, references, now),
    }


def latest_responses(mapping: Mapping) -> list[Response]:
    done = Response.objects.filter(
        survey=mapping.survey, status=Response.Status.COMPLETED
    )
    return list(
        done.select_related("invitation", "version").order_by("-completed_at")[:LATEST]
    )


def named(document: Dict[str, Any]) -> list[str]:
    """Return the record references that the mapping reads."""
    sources = [
        source
        for step in document["steps"]
        for source in (*step["find"], *(rule["value"] for rule in step["fields"]))
    ]
    inner = [source["value"] for source in sources if "value" in source]
    names = [source["record"] for source in (*sources, *inner) if "record" in source]
    return list(dict.fromkeys(names))


def _answer(
    mapping: Mapping,
    document: Dict[str, Any],
    chosen: str,
    references: Dict[str, str],
    now: datetime,
) -> dict[str, Any]:
    response = (
        made_up(mapping, references, now)
        if chosen == MADE_UP
        else find(mapping, chosen)
    )
    if response is None and chosen == MADE_UP:
        return {"trouble": _("Publish the survey first: there is nothing to try.")}
    if response is None:
        return {"trouble": _("There is no such response to this survey.")}
    try:
        seen = delivery.preview(
            response=response,
            document=document,
            connection=mapping.connection,
            now=now,
        )
    except MappingError as error:
        wrong = "; ".join(problem.message for problem in error.problems)
        return {"trouble": _("The mapping is not finished: %(why)s") % {"why": wrong}}
    except OrgError as error:
        return {"trouble": error.refusal.message}
    return {
        "answers": list(told(response)),
        "records": response.records,
        "writes": [record(mapping, write, seen.schemas) for write in seen.plan.writes],
        "skipped": seen.plan.skipped,
        "problems": seen.plan.problems,
    }


def find(mapping: Mapping, key: str) -> Response | None:
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        return None
    rows = Response.objects.filter(survey=mapping.survey, key=wanted)
    return rows.select_related("version", "deployment").first()


def made_up(
    mapping: Mapping, references: Dict[str, str], now: datetime
) -> Response | None:
    """Return a response that nobody gave: an example answer to each question."""
    version = mapping.survey.live_version
    if version is None:
        return None
    definition = publishing.compiled(version.pk)
    given = {one.key: answers.example(one) for one in definition.questions()}
    asked = {key: value for key, value in given.items() if value is not None}
    variables = {one.key: _("Example") for one in definition.variables}
    return Response(
        survey=mapping.survey,
        version=version,
        status=Response.Status.COMPLETED,
        answers=logic.reachable_answers(definition, asked, variables),
        variables=variables,
        records={name: id_ for name, id_ in references.items() if is_id(id_)},
        language=definition.default_language,
        started_at=now - SPENT,
        updated_at=now,
        completed_at=now,
    )


def told(response: Response) -> Iterator[tuple[str, str]]:
    """Yield each question with its answer, as a person reads them."""
    definition = publishing.compiled(response.version_id)
    for question in definition.questions():
        if question.key in response.answers:
            value = response.answers[question.key]
            text = ", ".join(map(str, value)) if isinstance(value, list) else say(value)
            yield question.key, text


def record(
    mapping: Mapping, write: Write, schemas: Dict[str, ObjectSchema]
) -> dict[str, Any]:
    """Return one record that would be written, as the template shows it."""
    schema = schemas.get(write.object)
    instance = mapping.connection.instance_url.rstrip("/")
    return {
        "write": write,
        "label": schema.label if schema else write.object,
        "url": f"{instance}/{write.record_id}" if instance and write.record_id else "",
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
    if isinstance(value, StepRef):
        return _("the record of step “%(step)s”") % {"step": value.step}
    return say(value)
