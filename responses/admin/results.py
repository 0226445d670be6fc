"""The results pages: every survey's numbers, and one survey's questions in
pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from deployments.admin.showing import duration
from responses import charts
from responses.admin import wording
from responses.models import Response
from responses.results import QuestionResult, overview, results
from responses.tally import Groups
from surveys.answers import other_label
from surveys.definition import OTHER, Kind, Question, say
from surveys.definition.kinds import CHOOSING, NUMBERS
from surveys.models import Survey
from surveys.sharing import seen_by

LATEST = 20
PERIODS = (7, 30, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One possible answer with how many chose it."""

    label: str
    count: int
    percent: int
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NpsPicture:
    score: str
    low: str
    high: str
    interval: charts.Interval
    parts: tuple[charts.Part, ...]
    columns: tuple[charts.Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of counts: the rows of a matrix, or the choices of a ranking."""

    columns: tuple[str, ...]
    # Label, the counts, and the mean where there is one.
    rows: tuple[tuple[str, tuple[int, ...], float | None], ...]
    # What the mean is of: scores, or places.
    places: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The numbers that were given."""

    lowest: float
    highest: float
    mean: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One question's results as its template prints them."""

    key: str
    text: str
    kind: str
    answered: int
    skipped: int
    is_asked: bool
    several: bool
    mean: float | None
    highest: int | None
    rows: tuple[Row, ...]
    nps: NpsPicture | None
    grid: Grid | None
    spread: Spread | None
    texts: tuple[tuple[str, str], ...]


class ResultsPages:
    """The two pages, as views of the admin of responses."""

    def __init__(self, model_admin: admin.ModelAdmin[Response]) -> None:
        self.admin = model_admin

    def index(self, request: HttpRequest) -> TemplateResponse:
        self.allow(request)
        surveys = [
            (row, charts.percent(row.completed, row.started))
            for row in overview(self.surveys(request))
        ]
        return self.page(
            request, "admin/responses/results_index.html", _("Results"), surveys=surveys
        )

    def survey(self, request: HttpRequest, key: str) -> TemplateResponse:
        self.allow(request)
        survey = get_object_or_404(self.surveys(request), key=key)
        days = _days(request)
        since = timezone.now() - timedelta(days=days) if days else None
        tests, only_good = "tests" in request.GET, request.GET.get("quality") == "good"
        found = results(survey, since=since, tests=tests, only_good=only_good)
        return self.page(
            request,
            "admin/responses/results.html",
            _("Results of “%(survey)s”") % {"survey": survey},
            survey=survey,
            results=found,
            rate=charts.percent(found.completed, found.started),
            median=duration(found.median_seconds),
            pictures=[
                picture(result, survey.default_language, found.completed)
                for result in found.questions
            ],
            latest=self.latest(survey, tests=tests),
            tests=tests,
            test_count=Response.objects.filter(survey=survey, is_test=True).count(),
            periods=PERIODS,
            days=days,
            only_good=only_good,
            survey_url=wording.address("admin:surveys_survey_change", survey.pk),
            deployments_url=wording.address("admin:deployments_deployment_changelist"),
        )

    def surveys(self, request: HttpRequest) -> QuerySet[Survey]:
        return seen_by(request.user, Survey.objects.all())

    def latest(
        self, survey: Survey, *, tests: bool
    ) -> list[tuple[Response, str, str, SafeString]]:
        rows = (
            Response.objects.counted(tests=tests)
            .filter(survey=survey, status=Response.Status.COMPLETED)
            .select_related("invitation")
            .defer("invitation__token")
            .order_by("-completed_at", "-pk")[:LATEST]
        )
        return [
            (row, wording.respondent(row), wording.score(row), wording.records(row))
            for row in rows
        ]

    def allow(self, request: HttpRequest) -> None:
        if not self.admin.has_view_permission(request):
            raise PermissionDenied

    def page(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> TemplateResponse:
        meta = self.admin.opts
        return TemplateResponse(
            request,
            template,
            {
                **self.admin.admin_site.each_context(request),
                "opts": meta,
                "title": title,
                **context,
            },
        )


def _days(request: HttpRequest) -> int | None:
    """The period asked for; whatever is not offered means all of it."""
    asked = request.GET.get("days", "")
    return next((days for days in PERIODS if str(days) == asked), None)


def picture(result: QuestionResult, language: str, completed: int) -> Picture:
    question, count = result.question, result.count
    return Picture(
        key=question.key,
        text=say(question.text, language, ""),
        kind=question.kind.value,
        answered=count.answered,
        skipped=max(completed - count.answered, 0),
        is_asked=result.is_asked,
        several=question.kind is Kind.MULTIPLE_CHOICE,
        mean=count.mean if question.kind is Kind.RATING else None,
        highest=question.max,
        rows=_rows(result, language),
        nps=_nps(result, result.groups) if result.groups else None,
        grid=_grid(result, language) if count.parts else None,
        spread=_spread(result, language),
        texts=tuple(
            (text, reverse("admin:responses_response_change", args=[pk]))
            for pk, text in count.texts
        ),
    )


def _rows(result: QuestionResult, language: str) -> tuple[Row, ...]:
    if result.question.kind in NUMBERS:
        return ()
    values = result.count.values
    labels = _labels(result.question, language)
    labels |= {value: str(value) for value in values if value not in labels}
    answered = result.count.answered
    return tuple(
        Row(
            label=label,
            count=values[value],
            percent=charts.percent(values[value], answered),
            width=charts.number(100 * values[value] / answered if answered else 0),
        )
        for value, label in labels.items()
    )


def _labels(question: Question, language: str) -> dict[str | int | float, str]:
    """Every possible answer in order, in words."""
    if question.kind in CHOOSING:
        labels: dict[str | int | float, str] = {
            choice.key: say(choice.label, language, "") or choice.key
            for choice in question.choices
        }
        if question.other:
            labels[OTHER] = other_label(question, language)
        return labels
    if question.kind is Kind.CONSENT:
        return {"yes": _("Yes"), "no": _("No")}
    if question.kind not in {Kind.NPS, Kind.RATING}:
        return {}
    low, high = question.min or 0, question.max or 0
    ends = {low: question.min_label, high: question.max_label}
    return {
        number: " – ".join(
            part
            for part in (str(number), say(ends.get(number, {}), language, ""))
            if part
        )
        for number in range(low, high + 1)
    }


def _grid(result: QuestionResult, language: str) -> Grid:
    question, parts = result.question, result.count.parts
    if question.kind is Kind.RANKING:
        places = range(1, len(question.choices) + 1)
        return Grid(
            columns=tuple(str(place) for place in places),
            rows=tuple(
                (
                    say(choice.label, language, "") or choice.key,
                    tuple(parts.get(choice.key, Counter())[place] for place in places),
                    _mean({n: n for n in places}, parts.get(choice.key, Counter())),
                )
                for choice in question.choices
            ),
            places=True,
        )
    scores = {choice.key: choice.score for choice in question.choices}
    return Grid(
        columns=tuple(say(one.label, language, "") for one in question.choices),
        rows=tuple(
            (
                say(row.label, language, "") or row.key,
                tuple(
                    parts.get(row.key, Counter())[one.key] for one in question.choices
                ),
                _mean(scores, parts.get(row.key, Counter())),
            )
            for row in question.rows
        ),
        places=False,
    )


def _mean(
    scores: Mapping[Any, float | None], counts: Counter[str | int]
) -> float | None:
    scored = [
        (score, times)
        for value, times in counts.items()
        if (score := scores.get(value)) is not None
    ]
    total = sum(times for _score, times in scored)
    return sum(score * times for score, times in scored) / total if total else None


def _spread(result: QuestionResult, language: str) -> Spread | None:
    question, mean = result.question, result.count.mean
    if question.kind not in NUMBERS or mean is None:
        return None
    given = [value for value in result.count.values if isinstance(value, int | float)]
    return Spread(
        lowest=min(given),
        highest=max(given),
        mean=mean,
        unit=say(question.unit, language, ""),
    )


def _nps(result: QuestionResult, groups: Groups) -> NpsPicture:
    score = groups.score
    values = result.count.values
    return NpsPicture(
        score=signed(score.score),
        low=signed(score.low),
        high=signed(score.high),
        interval=charts.interval(score.score, score.low, score.high),
        parts=charts.stacked(
            [
                ("detractor", groups.detractors),
                ("passive", groups.passives),
                ("promoter", groups.promoters),
            ]
        ),
        columns=charts.columns(
            [
                (
                    "promoter" if n >= 9 else "passive" if n >= 7 else "detractor",
                    str(n),
                    values[n],
                )
                for n in range(11)
            ]
        ),
    )


def signed(value: float) -> str:
    """A score as it is spoken of: +32, 0, −8."""
    whole = round(value)
    return f"+{whole}" if whole > 0 else str(whole).replace("-", "−")
