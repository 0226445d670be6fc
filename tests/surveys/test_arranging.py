from __future__ import annotations

import pytest

from surveys import arranging
from surveys.models import Page, Question, Survey
from tests.factories.surveys import make_survey

pytestmark = pytest.mark.django_db


def order(survey: Survey) -> list[list[str]]:
    return [
        [question.key for question in page.questions.order_by("position", "pk")]
        for page in survey.pages.order_by("position", "pk")
    ]


def question(key: str) -> Question:
    return Question.objects.select_related("page").get(key=key)


def test_a_question_moves_within_its_page() -> None:
    survey = make_survey()

    assert arranging.move_question(question=question("nps"), direction="up")
    assert order(survey) == [["nps", "csat", "topics"], ["why"]]

    assert arranging.move_question(question=question("nps"), direction="down")
    assert order(survey) == [["csat", "nps", "topics"], ["why"]]


def test_a_question_moves_on_to_the_neighbouring_page() -> None:
    survey = make_survey()

    arranging.move_question(question=question("topics"), direction="down")
    assert order(survey) == [["csat", "nps"], ["topics", "why"]]

    arranging.move_question(question=question("topics"), direction="up")
    assert order(survey) == [["csat", "nps", "topics"], ["why"]]


def test_the_ends_stay_where_they_are() -> None:
    survey = make_survey()

    assert not arranging.move_question(question=question("csat"), direction="up")
    assert not arranging.move_question(question=question("why"), direction="down")
    page = Page.objects.get(key="p1")
    assert not arranging.move_page(page=page, direction="up")
    assert order(survey) == [["csat", "nps", "topics"], ["why"]]


def test_a_question_does_not_move_to_where_its_key_is() -> None:
    survey = make_survey()
    Question.objects.filter(key="why").update(key="topics")
    first = Question.objects.select_related("page").get(key="topics", page__key="p1")

    assert not arranging.move_question(question=first, direction="down")
    assert order(survey) == [["csat", "nps", "topics"], ["topics"]]


def test_pages_swap() -> None:
    survey = make_survey()

    assert arranging.move_page(page=Page.objects.get(key="p2"), direction="up")

    assert order(survey) == [["why"], ["csat", "nps", "topics"]]
