"""Two people at one form: the later save is stopped once, and loses nothing."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from surveys import publishing
from surveys.models import Page, Question, Survey
from tests.factories.surveys import NOW, make_survey

pytestmark = pytest.mark.django_db
BASE = "/admin/surveys"


@pytest.fixture
def colleague(db: None) -> Client:
    user = get_user_model().objects.create_superuser("grace", "grace@x.example")
    client = Client()
    client.force_login(user)
    return client


def opened(client: Client, address: str) -> str:
    """The fingerprint that the form carries."""
    page = client.get(address).content.decode()
    return html.unescape(re.search(r'name="seen" value="([^"]*)"', page)[1])


def question_form(question: Question, seen: str, **values: Any) -> dict[str, Any]:
    choices = list(question.choices.order_by("position"))
    rows = {"choices-TOTAL_FORMS": len(choices), "choices-INITIAL_FORMS": len(choices)}
    for number, choice in enumerate(choices):
        rows |= {
            f"choices-{number}-id": choice.pk,
            f"choices-{number}-question": question.pk,
            f"choices-{number}-label_en": choice.label["en"],
            f"choices-{number}-key": choice.key,
        }
    return {
        "page": question.page_id,
        "kind": question.kind,
        "text_en": question.text["en"],
        "show_if-join": "all",
        "key": question.key,
        "position": question.position,
        "seen": seen,
        **rows,
        **values,
    }


def test_the_later_of_two_is_told_and_saves_when_she_wants(
    designer: Client, colleague: Client
) -> None:
    make_survey()
    question = Question.objects.get(key="topics")
    address = f"{BASE}/question/{question.pk}/change/"
    seen = opened(designer, address)
    assert opened(colleague, address) == seen

    designer.post(address, question_form(question, seen, text_en="Hers"))
    told = colleague.post(address, question_form(question, seen, text_en="His"))

    page = html.unescape(told.content.decode())
    question.refresh_from_db()
    assert question.text["en"] == "Hers"
    assert "ada changed this meanwhile." in page
    assert "“Hers" in page
    assert ">His</textarea>" in page.replace("\n", "")
    again = html.unescape(re.search(r'name="seen" value="([^"]*)"', page)[1])
    colleague.post(address, question_form(question, again, text_en="His"))
    question.refresh_from_db()
    assert question.text["en"] == "His"


def test_choices_that_were_pasted_meanwhile_are_told(designer: Client) -> None:
    survey = make_survey()
    question = Question.objects.get(key="topics")
    address = f"{BASE}/question/{question.pk}/change/"
    form = question_form(question, opened(designer, address), text_en="New")
    paste = f"{BASE}/survey/{survey.pk}/questions/{question.pk}/paste/"
    designer.post(paste, {"list": "Price"})

    page = html.unescape(designer.post(address, form).content.decode())

    assert "Choices: “Tempo / Speed, Qualität / Quality, Price”" in page
    assert question.choices.count() == 3


def test_pages_and_surveys_tell_too(designer: Client) -> None:
    survey = make_survey()
    page = Page.objects.get(key="p2")
    for row, fields in (
        (
            page,
            {
                "survey": survey.pk,
                "title_en": "Mine",
                "key": "p2",
                "show_if-join": "all",
            },
        ),
        (survey, {"title_en": "Mine", "default_language": "en", "key": survey.key}),
    ):
        address = f"{BASE}/{type(row).__name__.lower()}/{row.pk}/change/"
        seen = opened(designer, address)
        type(row).objects.filter(pk=row.pk).update(title={"en": "Theirs"})

        told = designer.post(address, {**fields, "seen": seen})

        assert "Somebody changed this meanwhile" in told.content.decode()
        row.refresh_from_db()
        assert row.title == {"en": "Theirs"}


def test_publishing_and_other_rows_are_no_change_of_this_form(designer: Client) -> None:
    survey = make_survey()
    address = f"{BASE}/survey/{survey.pk}/change/"
    seen = opened(designer, address)
    Question.objects.filter(key="nps").update(text={"en": "Changed"})
    publishing.publish(survey=survey, now=NOW)

    designer.post(address, {"title_en": "Mine", "default_language": "en", "seen": seen})

    assert Survey.objects.get().title == {"en": "Mine"}


@pytest.mark.parametrize("seen", ["", "x", "[]", "null", json.dumps({"gone": "1"})])
def test_a_form_without_a_fingerprint_is_saved(designer: Client, seen: str) -> None:
    survey = make_survey()

    designer.post(
        f"{BASE}/survey/{survey.pk}/change/",
        {"title_en": "Mine", "default_language": "en", "seen": seen},
    )

    assert Survey.objects.get().title == {"en": "Mine"}
