"""The operations of this room, for every protocol."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from rest_framework.exceptions import NotFound

from responses.api.documents import rows
from responses.api.dump import Filters
from responses.api.responses import SurveyFilter, counted
from responses.dump import cursors, writing
from responses.dump.columns import GROUPS, prune
from responses.dump.positions import number_all
from responses.dump.reading import Entry, Part
from responses.dump.words import Wording
from responses.erasure import erase
from responses.models import Response
from surveys import sparse
from surveys.contract import Operation, Texts, Values
from surveys.pages import check_limit

MOST_RESPONSES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CountOf:
    survey: Annotated[str, "Key of the survey."]
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCount:
    survey: str
    completed: int
    in_progress: int
    screened_out: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneResponse:
    response: Annotated[str, "Key of the response."]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfResponse(OneResponse):
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    key: str
    survey: str
    version: int
    status: Annotated[str, "in_progress, completed, screened_out or erased."]
    test: Annotated[bool, "Given to try the survey."]
    language: str
    deployment: str | None
    invitation: str | None
    email: str | None
    answers: Annotated[Values, "Question key to canonical answer."]
    records: Annotated[Texts, "What it is about: object to record id."]
    variables: Values
    quality: Annotated[
        tuple[str, ...],
        "Signs that nobody thought: too_fast, straight_lining, bot, duplicate.",
    ]
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpOf:
    survey: Annotated[str, "Key of the survey."]
    after: Annotated[str | None, "The last cursor that you saw; without it, all."] = (
        None
    )
    limit: Annotated[int | None, "Entries on a page, 1 to 1000; 100 when unsaid."] = (
        None
    )
    changes: Annotated[
        bool | None, "True: what was erased, edited, reopened or deleted since, too."
    ] = None
    tests: Annotated[bool | None, "True: answers of tests as well."] = None
    completed_after: Annotated[datetime | None, "Only what was completed later."] = None
    status: Annotated[
        str | None, "completed, screened_out or all; completed when unsaid."
    ] = None
    fields: Annotated[
        str | None,
        "Only these, with commas between, such as `key,email,answer.csat`; `answers` "
        "and `variables` are all of them.",
    ] = None
    labels: Annotated[bool | None, "True: choices in words, not keys."] = None
    language: Annotated[str | None, "Of the words."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpEntry:
    cursor: str
    change: Annotated[str, "completed, edited, reopened, erased or deleted."]
    key: Annotated[str, "Of the response."]
    at: Annotated[datetime, "When that happened."]
    response: Annotated[Answered | None, "As it is now; None when it is no more."]


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpPage:
    entries: Annotated[tuple[DumpEntry, ...], "Oldest first."]
    cursor: Annotated[str, "Send it as `after` for what comes next."]
    more: Annotated[bool, "True: there is a next page already."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    response: Annotated[str, "Key of the response."]
    erased: Annotated[bool, "False: it had been erased before."]


def get_response_count(asked: CountOf, _now: datetime) -> ResponseCount:
    question = SurveyFilter(data={"survey": asked.survey})
    question.is_valid(raise_exception=True)
    return ResponseCount(**counted(question.validated_data["survey"]))


def dump_responses(asked: DumpOf, _now: datetime) -> DumpPage:
    said = {
        "survey": asked.survey,
        "after": asked.after or "",
        "changes": bool(asked.changes),
        "tests": bool(asked.tests),
        "completed_after": asked.completed_after,
        "status": asked.status,
        "fields": asked.fields,
        "labels": bool(asked.labels),
        "language": asked.language,
    }
    question = Filters(data={k: v for k, v in said.items() if v is not None})
    question.is_valid(raise_exception=True)
    values = question.validated_data
    limit = check_limit(asked.limit, most=MOST_RESPONSES, default=100)
    part = Part(
        survey_id=values["survey"].pk,
        after=values["after"],
        until=number_all(),
        completed_after=values["completed_after"],
        statuses=values["statuses"],
        changes=values["changes"],
        tests=values["tests"],
        limit=limit + 1,
    )
    wording = Wording(labels=values["labels"], language=values["language"])
    looks = writing.Looks(wording=wording)
    found = list(writing.told(part, values["survey"], looks))
    page = found[:limit]
    return DumpPage(
        entries=tuple(dump_entry(entry, values["fields"]) for entry in page),
        cursor=cursors.write(page[-1].position if page else part.after),
        more=len(found) > limit,
    )


def dump_entry(entry: Entry, fields: Collection[str] = ()) -> DumpEntry:
    document = entry.document
    response = None
    if "answers" in document:
        # Some answers, where some are asked for; the other members go later.
        some = prune(document, fields) if fields else {}
        parts = {name: some[name] for name in GROUPS if name in some}
        response = answered({**document, **parts})
    return DumpEntry(
        cursor=document["cursor"],
        change=document.get("change", "completed"),
        key=document["key"],
        at=moment(document.get("at") or document["completed_at"]),
        response=response,
    )


def members(fields: Collection[str]) -> Collection[str]:
    """The members of a response that hold the columns of the dump."""
    whole = {prefix: name for name, prefix in GROUPS.items()}
    heads = {(one, f"{one.partition('.')[0]}.") for one in fields}
    return {whole.get(prefix, one) for one, prefix in heads}


def answered(document: dict[str, Any]) -> Answered:
    names = Answered.__dataclass_fields__
    values = {name: document[name] for name in names}
    values["quality"] = tuple(values["quality"])
    for name in ("started_at", "updated_at", "completed_at"):
        values[name] = moment(values[name]) if values[name] else None
    return Answered(**values)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def get_response(asked: PartOfResponse, _now: datetime) -> Answered:
    row = find(asked.response)
    invitation = row.invitation
    return Answered(
        key=str(row.key),
        survey=row.survey.key,
        version=row.version.number,
        status=row.status,
        test=row.is_test,
        language=row.language,
        deployment=row.deployment.key if row.deployment else None,
        invitation=str(invitation.public_id) if invitation else None,
        email=invitation.email if invitation else None,
        answers=row.answers,
        records=row.records,
        variables=row.variables,
        quality=row.flags,
        started_at=row.started_at,
        updated_at=row.updated_at,
        completed_at=row.completed_at,
    )


def delete_response(asked: OneResponse, now: datetime) -> Erased:
    row = find(asked.response)
    return Erased(response=str(row.key), erased=erase(response=row, now=now))


def find(key: str) -> Response:
    try:
        row = rows().filter(key=UUID(key)).first()
    except ValueError as error:
        raise NotFound from error
    if row is None:
        raise NotFound
    return row


UNKNOWN = {"not-found": "There is no response with this key."}

OPERATIONS = (
    Operation(
        name="getResponseCount",
        summary="Count the responses of a survey by status",
        scope="responses:read",
        parameters=CountOf,
        result=ResponseCount,
        run=get_response_count,
        errors={},
        rest="GET responses/count/",
        sparse=ResponseCount,
    ),
    Operation(
        name="dumpResponses",
        summary="Read the completed responses of a survey, oldest first",
        detail=(
            "Who goes on with the last cursor that they saw misses none and repeats "
            "none, however many respondents are completing meanwhile."
        ),
        scope="responses:read",
        parameters=DumpOf,
        result=DumpPage,
        run=dump_responses,
        errors={},
        rest="GET responses/dump/",
        sparse=Answered,
        members=members,
    ),
    Operation(
        name="getResponse",
        summary="Read one response",
        scope="responses:read",
        parameters=PartOfResponse,
        result=Answered,
        run=get_response,
        errors=UNKNOWN,
        rest="GET responses/{response}/",
        sparse=Answered,
    ),
    Operation(
        name="deleteResponse",
        summary="Erase one response",
        detail=(
            "Answers, variables, record references and the person of the invitation "
            "are gone for good. What stays is the row, with the status `erased`, and "
            "a line in the changes of the dump."
        ),
        scope="responses:erase",
        parameters=OneResponse,
        result=Erased,
        run=delete_response,
        errors=UNKNOWN,
        rest="DELETE responses/{response}/",
    ),
)
