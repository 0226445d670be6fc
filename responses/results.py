"""Owns what a survey's answers say together: how many, how long, and each
question's counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import Count as Number
from django.db.models import Q, QuerySet

from responses.models import Response
from responses.tally import Answered, Count, Groups, groups, merged, tally
from surveys import publishing
from surveys.definition import Kind, Question
from surveys.models import Survey

CHUNK = 2000
Status = Response.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    question: Question
    count: Count
    # False: the live version no longer asks it.
    is_asked: bool
    groups: Groups | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    survey: Survey
    started: int
    completed: int
    # Completed, but by the look of it without thought.
    flagged: int
    # Half of the completed responses took less.
    median_seconds: float | None
    questions: tuple[QuestionResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    survey: Survey
    started: int
    completed: int


def results(
    survey: Survey,
    *,
    since: datetime | None = None,
    tests: bool = False,
    only_good: bool = False,
) -> Results:
    """Count what was begun since then and completed, of all versions together.

    `only_good` leaves out what `responses.quality` has flagged.
    """
    begun = Response.objects.counted(tests=tests).filter(survey=survey)
    begun = begun.exclude(status=Status.ERASED)
    if since is not None:
        begun = begun.filter(started_at__gte=since)
    completed = begun.filter(status=Response.Status.COMPLETED)
    flagged = completed.exclude(quality="").count()
    if only_good:
        completed = completed.filter(quality="")
    questions, asked = _questions(survey)
    durations: list[float] = []
    counts = tally(questions.values(), _answered(completed, durations))
    return Results(
        survey=survey,
        started=begun.count(),
        completed=len(durations),
        flagged=flagged,
        median_seconds=median(durations) if durations else None,
        questions=tuple(
            QuestionResult(
                question=questions[key],
                count=count,
                is_asked=key in asked,
                groups=groups(count) if questions[key].kind is Kind.NPS else None,
            )
            for key, count in counts.items()
            if key in asked or count.answered
        ),
    )


def _questions(survey: Survey) -> tuple[dict[str, Question], set[str]]:
    """All questions ever published by key, and the keys that are asked now."""
    versions = survey.versions.order_by("-number").values_list("pk", flat=True)
    definitions = [publishing.compiled(pk) for pk in versions]
    asked = (
        {question.key for question in definitions[0].questions()}
        if definitions
        else set()
    )
    return merged(definitions), asked


def _answered(
    completed: QuerySet[Response], durations: list[float]
) -> Iterator[Answered]:
    """Go through the responses newest first, noting how long each took."""
    rows = completed.order_by("-completed_at", "-pk").values_list(
        "pk", "answers", "started_at", "completed_at"
    )
    for pk, answers, started_at, completed_at in rows.iterator(chunk_size=CHUNK):
        if completed_at is not None:
            durations.append((completed_at - started_at).total_seconds())
        yield Answered(pk, answers)


def overview(surveys: QuerySet[Survey]) -> list[Overview]:
    """Each survey with how many began and how many completed it."""
    real = Q(responses__is_test=False)
    done = real & Q(responses__status=Response.Status.COMPLETED)
    there = real & Q(responses__status__in=[Status.IN_PROGRESS, Status.COMPLETED])
    rows = surveys.annotate(
        started=Number("responses", filter=there),
        completed=Number("responses", filter=done),
    )
    return [
        Overview(survey=row, started=row.started, completed=row.completed)
        for row in rows.order_by("key")
    ]
