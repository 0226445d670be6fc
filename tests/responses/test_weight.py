"""What the first page weighs: all that a browser fetches for it, as it is sent."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.conf import settings

from surveys.models import Survey
from tests.factories.deployments import make_deployment
from tests.factories.kinds import every_kind
from tests.factories.responses import link_to, pages
from tests.factories.surveys import (
    csat,
    nps,
    publish_survey,
    survey_document,
    topics,
    why,
)
from tests.factories.themes import make_theme

pytestmark = pytest.mark.django_db
MOST = 15 * 1024
TEN = [csat, nps, topics, why, csat, csat, topics, nps, csat, why]
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


def unpacked(answer: Any) -> Any:
    answer.content = gzip.decompress(answer.content)
    return answer


def fetched(page: Any) -> list[str]:
    """Every address that a browser asks for by itself."""
    return page.all(
        "//link[@rel='stylesheet']/@href | //script/@src | //img/@src"
        " | //link[@rel='icon' and not(starts-with(@href, 'data:'))]/@href"
        " | //link[@rel='preload' or @rel='font']/@href"
    )


def weight(client: Any, read: Any, address: str) -> int:
    """The bytes of the page and of all that comes with it."""
    answer = client.get(address, headers=BROWSER)
    assert answer.headers["Content-Encoding"] == "gzip"
    sent = len(answer.content)
    addresses = fetched(read(unpacked(answer)))
    assert addresses
    for one in addresses:
        if one.startswith(("/pictures/", "/look/")):
            sent += len(client.get(one, headers=BROWSER).content)
            continue
        # Nobody else is asked, and files are sent compressed as well.
        assert one.startswith("/static/"), one
        file = settings.ROOT / one.removeprefix("/")
        sent += len(gzip.compress(file.read_bytes()))
    return sent


@pytest.mark.parametrize(
    "questions",
    [[part(key=f"q{number}") for number, part in enumerate(TEN)], every_kind()],
    ids=["ten questions", "every kind"],
)
def test_first_page_with_all_that_it_fetches_weighs_at_most_15_kb(
    client, read, questions
):
    link = link_to(survey_document(pages=pages(questions)))

    assert weight(client, read, link) <= MOST


def test_so_does_a_page_with_all_that_can_stand_around_it(client, read):
    survey = publish_survey(survey_document(pages=pages(every_kind()))).survey
    Survey.objects.update(theme=make_theme())
    make_deployment(
        survey,
        key="heavy",
        channel="web",
        embed_sites=["https://www.example.com"],
        kiosk=True,
        purpose={"en": "To do it better. " * 5},
        privacy_notice={"en": "Kept for a year. " * 30},
        asks_consent=True,
        asks_sum=True,
    )

    assert weight(client, read, "/embed/heavy/") <= MOST


def test_a_browser_that_unpacks_nothing_gets_the_page_as_it_is(client, link):
    answer = client.get(link)

    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.content.startswith(b"<!doctype html>")


def test_style_downloads_no_font_and_asks_no_other_site(client):
    style = (settings.ROOT / "static/respondent/style.css").read_text()

    assert "@font-face" not in style
    assert "@import" not in style
    assert "url(" not in style
