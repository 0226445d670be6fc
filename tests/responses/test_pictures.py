"""Choices as pictures, on the page that a respondent sees."""

from __future__ import annotations

import pytest
from django.test import Client
from lxml import html

from responses.models import Response
from tests.factories.deployments import make_deployment
from tests.factories.kinds import CHOICES, of_kind
from tests.factories.pictures import pictured
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    shown = {"display": "image", "choices": pictured(CHOICES), "other": True}
    question = of_kind("single_choice", "colour", required=True, **shown)
    document = survey_document(pages=[{"key": "p1", "questions": [question]}])
    survey = publish_survey(document).survey
    return f"/w/{make_deployment(survey, channel='web', status='live').key}/"


def test_each_picture_is_a_file_and_its_label_is_read_beside_a_radio(
    client: Client, address: str
) -> None:
    answer = client.get(address)
    page = html.fromstring(answer.content)

    for tile, name in zip(page.xpath("//fieldset//img"), CHOICES, strict=True):
        assert client.get(tile.get("src")).status_code == 200
        assert (tile.get("loading"), tile.get("width")) == ("lazy", "400")
        radio = tile.getnext()
        assert (radio.get("type"), radio.get("value")) == ("radio", name["key"])
        label = page.xpath("//label[@for=$id]", id=radio.get("id"))[0]
        assert label.text_content() == name["label"]["en"]
    assert len(page.xpath("//input[@type='radio']")) == len(CHOICES) + 1
    assert b'src="data:' not in answer.content


@pytest.mark.parametrize("value", ["green", {"other": "Ash"}])
def test_a_picture_is_answered_by_its_key_without_javascript(
    client: Client, address: str, value: object
) -> None:
    page = html.fromstring(client.get(address).content)
    form = page.xpath("//form[@method='post']")[0]
    written = {"colour": "other", "colour.other": "Ash"}
    fields = {"colour": value} if isinstance(value, str) else written

    client.post(address, {**dict(form.form_values()), **fields, "go": "next"})

    assert Response.objects.get().answers == {"colour": value}


def test_a_missing_answer_leads_to_the_first_picture(
    client: Client, address: str
) -> None:
    page = html.fromstring(client.get(address).content)
    form = page.xpath("//form[@method='post']")[0]

    answer = client.post(address, {**dict(form.form_values()), "go": "next"})

    assert answer.status_code == 422
    assert b'href="#q-colour-red"' in answer.content
