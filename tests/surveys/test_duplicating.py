from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client

from surveys import definition, drafting, duplicating, publishing
from surveys.models import Page, Question, Survey
from tests.factories.surveys import (
    NOW,
    csat,
    make_survey,
    publish_survey,
    survey_document,
    why,
)

pytestmark = pytest.mark.django_db


def test_a_survey_is_copied_as_a_draft_that_says_the_same() -> None:
    survey = publish_survey().survey

    made = duplicating.duplicate_survey(survey=survey)

    document = drafting.draft_document(made)
    assert (made.key, made.status, made.live_version) == (
        "support-csat-2",
        "draft",
        None,
    )
    assert made.title["en"] == "How did we do? (copy)"
    assert document["pages"] == drafting.draft_document(survey)["pages"]
    assert Question.objects.count() == 8
    assert publishing.publish(survey=made, now=NOW).number == 1


def test_an_unfinished_draft_is_copied_too() -> None:
    survey = make_survey()
    survey.pages.get(key="p2").questions.all().delete()
    Survey.objects.update(title={})
    survey.refresh_from_db()

    made = duplicating.duplicate_survey(survey=survey)

    assert made.pages.count() == 2


def test_a_page_is_copied_with_rules_that_read_its_own_copies() -> None:
    rule = {
        "any": [
            {"question": "csat", "op": "le", "value": 2},
            {"variable": "agent", "op": "blank"},
        ]
    }
    survey = make_survey(
        survey_document(
            pages=[
                {"key": "p1", "questions": [csat(), why(show_if=rule)]},
                {"key": "p2", "questions": [why(key="end")]},
            ]
        )
    )

    made = duplicating.duplicate_page(page=survey.pages.get(key="p1"))

    document = drafting.draft_document(survey)
    assert [page["key"] for page in document["pages"]] == ["p1", "p1_2", "p2"]
    copies = document["pages"][1]["questions"]
    assert [one["key"] for one in copies] == ["csat_2", "why_2"]
    assert copies[1]["show_if"]["any"][0]["question"] == "csat_2"
    assert copies[1]["show_if"]["any"][1] == {"variable": "agent", "op": "blank"}
    assert made.position == 1
    definition.parse(document)


def test_a_question_is_copied_behind_itself_with_its_choices() -> None:
    survey = make_survey()

    made = duplicating.duplicate_question(question=Question.objects.get(key="topics"))
    again = duplicating.duplicate_question(question=Question.objects.get(key="csat"))

    keys = [
        one["key"] for one in drafting.draft_document(survey)["pages"][0]["questions"]
    ]
    assert keys == ["csat", "csat_2", "nps", "topics", "topics_2"]
    assert made.choices.count() == 2
    assert again.options == {"min": 1, "max": 5}


def test_the_copy_of_a_question_takes_no_variable_s_key() -> None:
    survey = make_survey()
    Survey.objects.update(variables=[{"key": "nps_2", "label": "x", "open": False}])

    made = duplicating.duplicate_question(question=Question.objects.get(key="nps"))

    assert made.key == "nps_3"
    assert made.page.survey_id == survey.pk


def test_the_buttons_of_the_outline_copy(designer: Client) -> None:
    survey = make_survey()
    address = f"/admin/surveys/survey/{survey.pk}/duplicate/"
    page, question = Page.objects.get(key="p2"), Question.objects.get(key="nps")

    shown = designer.get(f"/admin/surveys/survey/{survey.pk}/change/").content.decode()
    designer.post(address, {"copy": f"page:{page.pk}"})
    designer.post(address, {"copy": f"question:{question.pk}"})
    answer = designer.post(address, {"copy": f"survey:{survey.pk}"}, follow=True)

    assert f'value="question:{question.pk}" formaction="{address}"' in shown
    assert "This is the copy, a draft" in answer.content.decode()
    assert Survey.objects.count() == 2
    assert Page.objects.filter(survey=survey).count() == 3
    told = LogEntry.objects.filter(object_id=survey.pk).values_list(
        "change_message", flat=True
    )
    assert {"Page “p2” copied.", "Question “nps” copied."} <= set(told)


@pytest.mark.parametrize("what", ["", "page:x", "page:999", "question:999", "user:1"])
def test_what_is_not_there_is_not_copied(designer: Client, what: str) -> None:
    survey = make_survey()

    answer = designer.post(
        f"/admin/surveys/survey/{survey.pk}/duplicate/", {"copy": what}
    )

    assert answer.status_code == 404
    assert (Survey.objects.count(), Page.objects.count()) == (1, 2)


def test_parts_of_another_survey_are_not_copied(designer: Client) -> None:
    survey = make_survey()
    other = make_survey(survey_document(key="other"))
    page = other.pages.get(key="p1")

    answer = designer.post(
        f"/admin/surveys/survey/{survey.pk}/duplicate/", {"copy": f"page:{page.pk}"}
    )

    assert answer.status_code == 404


def test_who_may_not_change_copies_nothing() -> None:
    survey = make_survey()
    user = get_user_model().objects.create_user("bob", is_staff=True)
    client = Client()
    client.force_login(user)

    answer = client.post(
        f"/admin/surveys/survey/{survey.pk}/duplicate/", {"copy": f"survey:{survey.pk}"}
    )

    assert answer.status_code == 403
