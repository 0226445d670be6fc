"""The outline of a draft: its pages and questions, and where each is edited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from surveys.admin import drafts
from surveys.admin.conditions import in_words
from surveys.definition import OPTIONS, Kind, Problem, say
from surveys.models import Page, Question, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page or a question, with its place among its kind."""

    id: int
    key: str
    name: str
    url: str
    rule: str
    first: bool
    last: bool
    kind: str = ""
    required: bool = False
    choices: str = ""
    # Whether a list of choices can be pasted for it.
    pastes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    page: Entry
    questions: tuple[Entry, ...]


def outline(survey: Survey) -> list[PageEntry]:
    pages, questions = drafts.pages_of(survey), drafts.questions_of(survey)
    groups = drafts.groups(survey, questions)
    entries = []
    for number, page in enumerate(pages, 1):
        here = [question for question in questions if question.page_id == page.pk]
        entry = Entry(
            id=page.pk,
            key=page.key,
            name=drafts.page_name(page, number, survey.default_language),
            url=edit_url(page),
            rule=in_words(page.show_if, groups),
            first=number == 1,
            last=number == len(pages),
        )
        asked = tuple(
            Entry(
                id=question.pk,
                key=question.key,
                name=question_name(question, survey.default_language),
                url=edit_url(question),
                rule=in_words(question.show_if, groups),
                first=entry.first and question == here[0],
                last=entry.last and question == here[-1],
                kind=question.get_kind_display(),
                required=question.required,
                choices=_choices(question, survey.default_language),
                pastes="choices" in OPTIONS.get(Kind(question.kind), ()),
            )
            for question in here
        )
        entries.append(PageEntry(page=entry, questions=asked))
    return entries


def question_name(question: Question, language: str) -> str:
    return say(question.text, language, language) or question.key


def _choices(question: Question, language: str) -> str:
    if "choices" not in OPTIONS[Kind(question.kind)]:
        return ""
    choices = sorted(question.choices.all(), key=lambda one: (one.position, one.pk))
    return ", ".join(say(one.label, language, language) or one.key for one in choices)


def edit_url(row: Survey | Page | Question) -> str:
    name = type(row).__name__.lower()
    return reverse(f"admin:surveys_{name}_change", args=[row.pk])


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A problem of the draft, and the row where it is put right."""

    where: str
    url: str
    message: str


PLACE = re.compile(r"pages\[(\d+)\](?:\.questions\[(\d+)\])?(?:\.choices\[(\d+)\])?")


def obstacles(survey: Survey, problems: Sequence[Problem]) -> list[Obstacle]:
    pages, questions = drafts.pages_of(survey), drafts.questions_of(survey)
    return [_obstacle(survey, pages, questions, problem) for problem in problems]


def _obstacle(
    survey: Survey, pages: list[Page], questions: list[Question], problem: Problem
) -> Obstacle:
    row: Survey | Page | Question = survey
    where = str(survey)
    match = PLACE.match(problem.path)
    if match:
        page = pages[int(match[1])]
        row = page
        where = drafts.page_name(page, int(match[1]) + 1, survey.default_language)
    if match and match[2]:
        here = [question for question in questions if question.page_id == row.pk]
        row = here[int(match[2])]
        where = f"{where} › {question_name(row, survey.default_language)}"
    rest = problem.path[match.end() :] if match else problem.path
    part = rest.strip(".").replace("_", " ")
    return Obstacle(
        where=where,
        url=edit_url(row),
        message=f"{part}: {problem.message}" if part else problem.message,
    )
