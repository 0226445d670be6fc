from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from surveys import arranging
from surveys.models import Page, Question, Survey
from tests.factories.surveys import make_survey, survey_document

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


def test_a_question_is_put_at_a_place_of_any_page() -> None:
    survey = make_survey()
    first, second = survey.pages.order_by("position")

    assert arranging.place_question(question=question("topics"), page=first, place=0)
    assert order(survey) == [["topics", "csat", "nps"], ["why"]]
    assert arranging.place_question(question=question("csat"), page=second, place=1)
    assert order(survey) == [["topics", "nps"], ["why", "csat"]]
    assert arranging.place_question(question=question("nps"), page=second, place=0)
    assert order(survey) == [["topics"], ["nps", "why", "csat"]]
    assert not arranging.place_question(question=question("why"), page=second, place=1)
    assert arranging.place_question(question=question("nps"), page=second, place=99)
    assert order(survey) == [["topics"], ["why", "csat", "nps"]]


def test_a_question_is_not_put_into_another_survey() -> None:
    survey = make_survey()
    other = make_survey(survey_document(key="other"))

    target = other.pages.first()

    assert not arranging.place_question(
        question=Question.objects.select_related("page").get(
            key="nps", page__survey=survey
        ),
        page=target,
        place=0,
    )
    assert order(survey) == [["csat", "nps", "topics"], ["why"]]


def test_a_page_is_put_at_a_place() -> None:
    survey = make_survey()

    assert arranging.place_page(page=survey.pages.get(key="p2"), place=0)
    assert order(survey) == [["why"], ["csat", "nps", "topics"]]
    assert not arranging.place_page(page=survey.pages.get(key="p2"), place=0)


@pytest.mark.parametrize(
    "place", ["", "page:1", "page:x:0", "question:1:0", "page:1:0:0", "page:1:-1", "x"]
)
def test_nonsense_is_not_put_anywhere(designer: Client, place: str) -> None:
    survey = make_survey()
    address = reverse("admin:surveys_survey_place", args=[survey.pk])

    assert designer.post(address, {"place": place}).status_code == 404


def test_what_is_dragged_stays_there_and_is_told(designer: Client) -> None:
    survey = make_survey()
    first, second = survey.pages.order_by("position")
    address = reverse("admin:surveys_survey_place", args=[survey.pk])
    why = question("why")

    answer = designer.post(address, {"place": f"question:{why.pk}:{first.pk}:0"})
    designer.post(address, {"place": f"page:{second.pk}:0"})

    assert answer["Location"].endswith("#outline")
    assert order(survey) == [[], ["why", "csat", "nps", "topics"]]
    told = LogEntry.objects.values_list("change_message", flat=True)
    assert "“why” moved." in told
