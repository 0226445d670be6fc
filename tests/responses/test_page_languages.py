"""Pages in the respondent's language, and in its direction."""

from __future__ import annotations

import pytest

from responses.models import Response
from tests.factories.responses import link_to, pages
from tests.factories.surveys import (
    csat,
    nps,
    survey_document,
)

pytestmark = pytest.mark.django_db


def test_language_of_the_invitation_comes_before_the_browser(client, read):
    link = link_to(survey_document(), language="de-AT")

    page = read(client.get(link, headers={"Accept-Language": "en"}))

    assert page.one("/html/@lang") == "de"
    assert page.one("//h1").text_content() == "Wie war's?"
    assert page.response.headers["Content-Language"] == "de"


def test_language_of_the_browser_comes_before_the_default(client, link, read):
    page = read(client.get(link, headers={"Accept-Language": "fr, de-CH;q=0.8"}))

    assert page.one("/html/@lang") == "de"


def test_language_can_be_changed_without_losing_a_word(client, link, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})

    answer = client.post(link, {"page": "p2", "why": "Slow", "lang": "de"})

    page = read(client.get(answer.headers["Location"]))
    assert page.one("/html/@lang") == "de"
    assert page.form["why"] == ["Slow"]
    assert Response.objects.get().language == "de"


def test_language_of_the_address_wins(client, read):
    link = link_to(survey_document(), language="en")

    assert read(client.get(link + "?lang=de")).one("/html/@lang") == "de"
    assert read(client.get(link + "?lang=xx")).one("/html/@lang") == "en"


def test_right_to_left_survey_marks_the_words_of_the_interface(client, read):
    document = survey_document(
        default_language="ar",
        title={"ar": "كيف كانت الخدمة؟"},
        pages=pages([csat(text={"ar": "هل أنت راضٍ؟"})]),
    )

    page = read(client.get(link_to(document)))

    assert page.one("/html/@dir") == "rtl"
    assert page.one("/html/@lang") == "ar"
    assert page.one("//div[@class='buttons']/@lang") == "en"
    assert page.one("//div[@class='buttons']/@dir") == "ltr"


def test_text_without_translation_is_marked_with_its_language(client, read):
    document = survey_document(pages=pages([csat(text={"en": "Happy?"}), nps()]))

    page = read(client.get(link_to(document, language="de")))

    assert page.one("//legend/span[@lang='en']").text == "Happy?"
