"""A survey's theme on the pages that respondents see."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from responses.models import Response
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey
from tests.factories.themes import make_theme

pytestmark = pytest.mark.django_db


def themed(**parts) -> str:
    survey = publish_survey().survey
    survey.theme = make_theme(**parts)
    survey.save(update_fields=["theme"])
    deployment = make_deployment(survey, channel="web", status="live")
    return f"/w/{deployment.key}/"


def test_a_page_wears_its_theme_and_holds_no_style(client: Client) -> None:
    page = client.get(themed(), HTTP_ACCEPT_LANGUAGE="de").content.decode()

    (style,) = re.findall(r'href="(/look/acme-[0-9a-f]{16}\.css)"', page)
    (logo,) = re.findall(r'src="(/look/acme-[0-9a-f]{16}\.png)" alt="Acme"', page)
    assert client.get(style).status_code == 200
    assert client.get(logo).status_code == 200
    assert "Acme GmbH, Musterweg 1" in page
    assert 'href="https://example.com/privacy"' in page
    assert ">Datenschutz</a>" in page
    assert "<style" not in page
    assert "style=" not in page


def test_a_dark_theme_tells_the_browser_so(client: Client) -> None:
    page = client.get(themed(appearance="dark", colours={})).content.decode()

    assert '<meta name="color-scheme" content="dark">' in page


@pytest.mark.parametrize(
    ("progress", "there", "not_there"),
    [
        ("bar", "<progress", 'class="steps"'),
        ("steps", 'class="steps"', "<progress"),
        ("words", 'class="progress"', "<progress"),
        ("none", "<form", 'class="progress"'),
    ],
)
def test_progress_is_shown_as_the_theme_says(
    client: Client, progress: str, there: str, not_there: str
) -> None:
    address = themed(progress=progress)
    answer = client.post(
        address,
        {
            "page": "p1",
            "go": "next",
            "csat": "5",
            "nps": "3",
            "start": re.findall(
                r'name="start" value="([^"]+)"', _text(client, address)
            )[0],
        },
    )

    page = _text(client, answer["Location"])

    assert there in page
    assert not_there not in page


def test_the_closing_page_wears_it_too(client: Client) -> None:
    address = themed()
    start = re.findall(r'name="start" value="([^"]+)"', _text(client, address))[0]
    filled = {"page": "p1", "go": "next", "csat": "5", "nps": "9", "start": start}
    answer = client.post(address, filled)

    page = _text(client, answer["Location"])

    assert "Thank you" in page
    assert "/look/acme-" in page
    assert "Acme Ltd, Sample Street 1" in page


def _text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_one_question_at_a_time_asks_and_keeps_each_by_itself(client: Client) -> None:
    address = themed(paging="questions")
    first = _text(client, address)
    assert "Page 1 of 3" in first
    assert 'name="csat"' in first
    assert 'name="nps"' not in first

    for filled in ({"csat": "5"}, {"nps": "3"}, {"topics": "speed"}, {"why": "Slow."}):
        page = _text(client, address)
        sent = dict(re.findall(r'name="(page|start)" value="([^"]+)"', page))
        address = client.post(_form(page, address), {**sent, **filled, "go": "next"})[
            "Location"
        ]

    assert "Thank you" in _text(client, address)
    response = Response.objects.get()
    assert response.status == Response.Status.COMPLETED
    assert response.answers == {
        "csat": 5,
        "nps": 3,
        "topics": ["speed"],
        "why": "Slow.",
    }


def test_one_question_at_a_time_says_what_is_missing_and_goes_back(
    client: Client,
) -> None:
    address = themed(paging="questions")
    page = _text(client, address)
    sent = dict(re.findall(r'name="(page|start)" value="([^"]+)"', page))

    wrong = client.post(address, {**sent, "go": "next"})
    on = client.post(address, {**sent, "csat": "5", "go": "next"})["Location"]
    second = _text(client, on)
    here = dict(re.findall(r'name="(page)" value="([^"]+)"', second))
    back = client.post(_form(second, on), {**here, "nps": "9", "go": "back"})

    assert wrong.status_code == 422
    assert 'name="csat"' in _text(client, back["Location"])
    assert Response.objects.get().answers == {"csat": 5, "nps": 9}


def test_a_page_of_another_paging_leads_to_where_it_goes_on(client: Client) -> None:
    address = themed(paging="questions")
    page = _text(client, address)
    sent = dict(re.findall(r'name="(page|start)" value="([^"]+)"', page))
    make_theme(paging="pages")

    answer = client.post(address, {**sent, "csat": "5", "go": "next"})

    assert answer.status_code == 303


def _form(page: str, address: str) -> str:
    return re.findall(r'<form[^>]* action="([^"]*)"', page)[0] or address
