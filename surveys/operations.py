"""The operations of this room, for every protocol."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any

from rest_framework.exceptions import NotFound

from surveys import drafting, picture_store, sharing, sparse
from surveys.api.surveys import Filters
from surveys.contract import Json, Operation, Texts
from surveys.models import Survey
from surveys.pages import check_limit, cut, read_cursor

LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSurveys:
    status: Annotated[str | None, "Only these: draft, live or closed."] = None
    after: Annotated[
        str | None, "The cursor of the last page; without it, the first."
    ] = None
    limit: Annotated[int | None, "Surveys on a page, 1 to 500; 50 when unsaid."] = None
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySummary:
    key: str
    title: Annotated[Texts, "Language to text."]
    status: Annotated[str, "draft, live or closed."]
    version: Annotated[int | None, "Number of the live version, if there is one."]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPage:
    surveys: tuple[SurveySummary, ...]
    cursor: Annotated[
        str | None, "Send it as `after` for the next page; none: the last."
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSurvey:
    survey: Annotated[str, "Key of the survey."]
    fields: Annotated[str | None, sparse.HELP] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    key: str
    label: str
    open: Annotated[bool, "Whoever follows a link may set it in its query."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: Annotated[str, "As it is kept in answers."]
    label: Texts
    score: float | None
    exclusive: Annotated[bool | None, "Of a multiple choice: chosen alone."]
    image: Annotated[str | None, "Of a single choice: its picture, a data address."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    key: Annotated[str, "Its name in answers."]
    kind: str
    text: Texts
    help: Texts
    required: bool
    choices: tuple[Choice, ...]
    show_if: Annotated[Json | None, "The rule under which it is shown."]
    min: float | None
    max: float | None
    min_label: Texts
    max_label: Texts
    max_length: int | None
    more: Annotated[Json | None, "What else questions of this kind have."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    key: str
    title: Texts
    show_if: Annotated[Json | None, "The rule under which it is shown."]
    questions: tuple[Question, ...]
    more: Annotated[Json | None, "Where it leads, and in which order it stands."]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDetail:
    key: str
    title: Texts
    default_language: str
    variables: tuple[Variable, ...]
    pages: tuple[Page, ...]
    thanks: Annotated[Texts, "Shown behind the last page."]
    screened_out: Annotated[Texts, "Shown to who is screened out."]
    quotas: Annotated[Json | None, "How many are wanted of which kind."]
    theme: Annotated[str | None, "The key of a theme."]
    status: Annotated[str, "draft, live or closed."]
    version: Annotated[int | None, "Number of the live version, if there is one."]


TYPED = {field.name for field in fields(Question)}
TYPED_OF_PAGE = {field.name for field in fields(Page)}


def list_surveys(asked: ListSurveys, _now: datetime) -> SurveyPage:
    filters = Filters(data={"status": asked.status} if asked.status else {})
    filters.is_valid(raise_exception=True)
    rows = sharing.seen(Survey.objects.select_related("live_version")).order_by("-pk")
    rows = rows.filter(**filters.validated_data)
    if after := read_cursor(asked.after):
        rows = rows.filter(pk__lt=after)
    page, cursor = cut(rows, check_limit(asked.limit, most=LIMIT, default=50))
    return SurveyPage(
        surveys=tuple(
            SurveySummary(
                key=survey.key,
                title=Texts(survey.title),
                status=survey.status,
                version=_version(survey),
            )
            for survey in page
        ),
        cursor=cursor,
    )


def get_survey(asked: GetSurvey, _now: datetime) -> SurveyDetail:
    rows = sharing.seen(Survey.objects.select_related("live_version", "theme"))
    found = None if "\x00" in asked.survey else rows.filter(key=asked.survey).first()
    if found is None:
        raise NotFound
    document = picture_store.give_out(drafting.draft_document(found))
    return SurveyDetail(
        key=document["key"],
        title=document["title"],
        default_language=document["default_language"],
        variables=tuple(
            Variable(
                key=variable["key"],
                label=variable.get("label", ""),
                open=variable.get("open", False),
            )
            for variable in document.get("variables", [])
        ),
        pages=tuple(_page(page) for page in document["pages"]),
        thanks=document.get("thanks", {}),
        screened_out=document.get("screened_out", {}),
        quotas=document.get("quotas"),
        theme=found.theme.key if found.theme else None,
        status=found.status,
        version=_version(found),
    )


def _version(survey: Survey) -> int | None:
    return survey.live_version.number if survey.live_version else None


def _page(page: dict[str, Any]) -> Page:
    return Page(
        key=page["key"],
        title=page.get("title", {}),
        show_if=page.get("show_if"),
        questions=tuple(_question(question) for question in page["questions"]),
        more=_rest(page, TYPED_OF_PAGE),
    )


def _rest(document: dict[str, Any], typed: set[str]) -> Json | None:
    """What a document has beyond the members that have types."""
    rest = {name: value for name, value in document.items() if name not in typed}
    return Json(rest) if rest else None


def _question(question: dict[str, Any]) -> Question:
    return Question(
        key=question["key"],
        kind=question["kind"],
        text=question.get("text", {}),
        help=question.get("help", {}),
        required=question.get("required", False),
        choices=tuple(
            Choice(
                key=choice["key"],
                label=choice["label"],
                score=choice.get("score"),
                exclusive=choice.get("exclusive"),
                image=choice.get("image"),
            )
            for choice in question.get("choices", [])
        ),
        show_if=question.get("show_if"),
        min=question.get("min"),
        max=question.get("max"),
        min_label=question.get("min_label", {}),
        max_label=question.get("max_label", {}),
        max_length=question.get("max_length"),
        more=_rest(question, TYPED),
    )


OPERATIONS = (
    Operation(
        name="listSurveys",
        summary="List surveys, newest first",
        scope="surveys:read",
        parameters=ListSurveys,
        result=SurveyPage,
        run=list_surveys,
        errors={},
        rest="GET surveys/",
        sparse=SurveySummary,
    ),
    Operation(
        name="getSurvey",
        summary="Read the draft of a survey: pages, questions, choices",
        scope="surveys:read",
        parameters=GetSurvey,
        result=SurveyDetail,
        run=get_survey,
        errors={"not-found": "There is no survey with this key."},
        rest="GET surveys/{survey}/",
        sparse=SurveyDetail,
    ),
)
