"""Acts that make a copy of a survey, a page or a question, finished or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils.translation import gettext as _

from surveys import history
from surveys.definition.nodes import LONGEST_LABEL
from surveys.keys import propose
from surveys.models import Page, Question, Survey

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def duplicate_survey(*, survey: Survey, user: AbstractBaseUser | None = None) -> Survey:
    """A draft that says the same; versions and answers stay with the first."""
    taken = set(Survey.objects.values_list("key", flat=True))
    key = propose(survey.key, taken, fallback="survey", separator="-", longest=50)
    made = _copy(
        survey,
        key=key,
        title=_marked(survey.title),
        status=Survey.Status.DRAFT,
        live_version=None,
        owner_id=user.pk if user else None,
    )
    for page in _pages(survey):
        _copy_page(page, made, {}, key=page.key)
    history.tell(user, made, _("Copied from “%(key)s”.") % {"key": survey.key})
    return made


@transaction.atomic
def duplicate_page(*, page: Page, user: AbstractBaseUser | None = None) -> Page:
    """A page behind this one; its rules read the copies of its own questions."""
    survey = Survey.objects.select_for_update().get(pk=page.survey_id)
    pages = _pages(survey)
    taken = _taken(survey)
    keys = {}
    for question in _questions(page):
        keys[question.key] = propose(question.key, taken, fallback="question")
        taken.add(keys[question.key])
    key = propose(page.key, {one.key for one in pages}, fallback="page")
    made = _copy_page(page, survey, keys, key=key)
    _number(_behind(pages, page, made))
    survey.save(update_fields=["updated_at"])
    history.tell(user, survey, _("Page “%(key)s” copied.") % {"key": page.key})
    return made


@transaction.atomic
def duplicate_question(
    *, question: Question, user: AbstractBaseUser | None = None
) -> Question:
    """A question behind this one, with its choices and its rule."""
    survey = Survey.objects.select_for_update().get(pk=question.page.survey_id)
    siblings = _questions(question.page)
    key = propose(question.key, _taken(survey), fallback="question")
    made = _copy_question(question, question.page, {}, key=key)
    _number(_behind(siblings, question, made))
    survey.save(update_fields=["updated_at"])
    history.tell(user, survey, _("Question “%(key)s” copied.") % {"key": question.key})
    return made


def _taken(survey: Survey) -> set[str]:
    keys = Question.objects.filter(page__survey=survey).values_list("key", flat=True)
    return {*keys, *(one["key"] for one in survey.variables or [])}


def _pages(survey: Survey) -> list[Page]:
    return list(survey.pages.order_by("position", "pk"))


def _questions(page: Page) -> list[Question]:
    return list(page.questions.order_by("position", "pk"))


def _copy_page(
    page: Page, survey: Survey, keys: Mapping[str, str], *, key: str
) -> Page:
    made = _copy(page, survey=survey, key=key, next=_renamed(page.next, keys))
    for question in _questions(page):
        new = keys.get(question.key, question.key)
        _copy_question(question, made, keys, key=new)
    return made


def _copy_question(
    question: Question, page: Page, keys: Mapping[str, str], *, key: str
) -> Question:
    rule = _renamed(question.show_if, keys)
    made = _copy(question, page=page, key=key, show_if=rule)
    for choice in question.choices.order_by("position", "pk"):
        _copy(choice, question=made)
    return made


def _copy(row: Row, **changes: Any) -> Row:
    """The row once more; columns that are added later come along."""
    fields = row._meta.concrete_fields  # noqa: SLF001 - Django's own way
    values = {
        field.name: getattr(row, field.name)
        for field in fields
        if not field.primary_key
    }
    made = type(row)(**values | changes)
    made.save(force_insert=True)
    return made


def _renamed(rule: Any, keys: Mapping[str, str]) -> Any:
    """The rule with the copies' keys in place of those they were copied from."""
    if isinstance(rule, list):
        return [_renamed(part, keys) for part in rule]
    if not isinstance(rule, dict):
        return rule
    return {
        name: keys.get(part, part) if name == "question" else _renamed(part, keys)
        for name, part in rule.items()
    }


def _behind(rows: list[Row], row: Row, made: Row) -> list[Row]:
    place = rows.index(row) + 1
    return [*rows[:place], made, *rows[place:]]


def _number(rows: list[Any]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def _marked(title: Mapping[str, str]) -> dict[str, str]:
    ending = " (" + _("copy") + ")"
    longest = LONGEST_LABEL - len(ending)
    return {code: f"{text[:longest]}{ending}" for code, text in title.items()}
