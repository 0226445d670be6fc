"""The ready-made surveys are complete, in both languages, and begin with a click."""

from __future__ import annotations

import pytest
from django.test import Client

from surveys import beginning, definition, publishing, ready_made
from surveys.comparing import is_texts
from surveys.models import Survey
from surveys.ready_made import KEYS, ReadyMade
from tests.factories.surveys import NOW, make_survey

CATALOGUE = ready_made.catalogue()


def texts_in(value):
    if is_texts(value):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)


def test_there_is_one_for_each_use() -> None:
    files = {path.stem for path in ready_made.FOLDER.glob("*.yaml")}

    assert files == set(KEYS)
    assert len(KEYS) == 11


@pytest.mark.parametrize("one", CATALOGUE, ids=KEYS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_it_can_be_published_in_either_language(one: ReadyMade, language: str) -> None:
    document = one.document(key="mine", default_language=language)

    parsed = definition.parse(document)

    assert parsed.default_language == language
    assert set(parsed.languages) == {"en", "de"}


@pytest.mark.parametrize("one", CATALOGUE, ids=KEYS)
def test_every_text_is_there_in_both_languages_and_differs(one: ReadyMade) -> None:
    found = list(texts_in(dict(one.survey)))
    found += [one.name, one.summary, one.trigger, one.mapping]

    assert len(found) > 10
    for texts in found:
        assert set(texts) == {"en", "de"}
        assert all(text.strip() for text in texts.values())
        assert texts["en"] != texts["de"]


def test_what_is_begun_with_can_be_changed_without_changing_the_catalogue() -> None:
    document = CATALOGUE[0].document(key="x", default_language="de")
    document["pages"][0]["questions"].clear()

    assert CATALOGUE[0].survey["pages"][0]["questions"]


@pytest.mark.django_db
def test_a_free_key_is_found_and_nothing_is_written_over() -> None:
    found = ready_made.find("nps")
    first = beginning.begin(ready_made=found, language="de")
    second = beginning.begin(ready_made=found, language="fr")

    assert (first.key, second.key) == ("nps", "nps-2")
    assert (first.default_language, second.default_language) == ("de", "en")
    assert publishing.publish(survey=second, now=NOW).number == 1


@pytest.mark.django_db
def test_one_click_in_the_admin_makes_the_draft(designer: Client) -> None:
    address = "/admin/surveys/survey/ready-made/"
    shown = designer.get(address, headers={"accept-language": "de"}).content.decode()

    answer = designer.post(address, {"ready_made": "lost_deal"})

    survey = Survey.objects.get()
    assert "Verlorener Auftrag" in shown
    assert shown.count('name="ready_made"') == len(KEYS)
    assert answer.url == f"/admin/surveys/survey/{survey.pk}/change/"
    assert survey.key == "lost-deal"
    assert designer.get(answer.url).status_code == 200
    for wrong in ("", "../../etc/passwd"):
        assert designer.post(address, {"ready_made": wrong}).status_code == 404


@pytest.mark.django_db
def test_the_list_leads_to_the_ready_made_surveys(designer: Client) -> None:
    address = "/admin/surveys/survey/"
    empty = designer.get(address).content.decode()
    make_survey()

    assert "Or start from a ready-made survey" in empty
    assert "ready-made/" in designer.get(address).content.decode()
