"""Acts on the order of a draft: its first page, and what moves, by steps or at once."""

from __future__ import annotations

from typing import Literal, TypeVar

from django.db import transaction

from surveys.models import Page, Question, Survey

Direction = Literal["up", "down"]
Row = TypeVar("Row", Page, Question)


@transaction.atomic
def move_page(*, page: Page, direction: Direction) -> bool:
    """Swap the page with its neighbour; False where there is none."""
    _lock(page.survey_id)
    pages = list(Page.objects.filter(survey=page.survey_id).order_by("position", "pk"))
    return _swap(pages, page, direction)


@transaction.atomic
def move_question(*, question: Question, direction: Direction) -> bool:
    """Swap the question with its neighbour, or move it to the neighbouring page."""
    _lock(question.page.survey_id)
    question.refresh_from_db(fields=["page"])
    if _swap(_questions(question.page), question, direction):
        return True
    target = _neighbour(question.page, direction)
    if target is None or target.questions.filter(key=question.key).exists():
        return False
    others = _questions(target)
    place = len(others) if direction == "up" else 0
    question.page = target
    question.save(update_fields=["page"])
    _number([*others[:place], question, *others[place:]])
    return True


@transaction.atomic
def place_page(*, page: Page, place: int) -> bool:
    """Put the page at this place among the others; False where it stands there."""
    _lock(page.survey_id)
    pages = list(Page.objects.filter(survey=page.survey_id).order_by("position", "pk"))
    return _put(pages, page, place)


@transaction.atomic
def place_question(*, question: Question, page: Page, place: int) -> bool:
    """Put the question at this place of a page of its survey; False if it cannot."""
    _lock(page.survey_id)
    question.refresh_from_db(fields=["page"])
    if question.page.survey_id != page.survey_id:
        return False
    rows = _questions(page)
    if question.page_id != page.pk:
        if page.questions.filter(key=question.key).exists():
            return False
        question.page = page
        question.save(update_fields=["page"])
        rows.append(question)
        # Whatever place it had on the other page, it is a new one here.
        _put(rows, question, place)
        return True
    return _put(rows, question, place)


def _put(rows: list[Row], row: Row, place: int) -> bool:
    before = rows.index(row)
    rows.insert(max(0, min(place, len(rows) - 1)), rows.pop(before))
    _number(rows)
    return rows.index(row) != before


def _lock(survey_id: int) -> None:
    Survey.objects.select_for_update().get(pk=survey_id)


def _questions(page: Page) -> list[Question]:
    return list(page.questions.order_by("position", "pk"))


def _neighbour(page: Page, direction: Direction) -> Page | None:
    pages = list(Page.objects.filter(survey=page.survey_id).order_by("position", "pk"))
    place = pages.index(page) + (-1 if direction == "up" else 1)
    return pages[place] if 0 <= place < len(pages) else None


def _swap(rows: list[Row], row: Row, direction: Direction) -> bool:
    place = rows.index(row)
    other = place + (-1 if direction == "up" else 1)
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    _number(rows)
    return True


def _number(rows: list[Row]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


def first_page(*, survey: Survey) -> Page:
    """Every new survey has a page to put questions on."""
    return Page.objects.create(survey=survey, key="page_1", position=0)
