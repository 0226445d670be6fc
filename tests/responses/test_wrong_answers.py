"""What is wrong is said beside its field, and nothing typed is lost."""

from __future__ import annotations

import pytest

from responses.models import Response
from tests.factories.responses import link_to, pages
from tests.factories.surveys import (
    csat,
    nps,
    survey_document,
    topics,
    why,
)

pytestmark = pytest.mark.django_db


def test_missing_answer_is_said_and_the_rest_is_kept(client, link, read):
    page = read(client.post(link, {"page": "p1", "nps": "7", "topics": ["speed"]}))

    assert page.response.status_code == 422
    assert page.one("//title").text.startswith("Error:")
    summary = page.one("//div[@role='alert']")
    target = summary.xpath(".//a/@href")
    assert target == ["#q-csat-1"]
    assert page.one(f"//*[@id='{target[0][1:]}']").get("name") == "csat"
    assert "q-csat-error" in page.one("//fieldset[@id='q-csat']/@aria-describedby")
    assert "Choose an answer." in page.one("//p[@id='q-csat-error']").text_content()
    assert page.form["nps"] == ["7"]
    assert page.form["topics"] == ["speed"]
    assert Response.objects.get().answers == {"nps": 7, "topics": ["speed"]}


@pytest.mark.parametrize(
    ("field", "values", "words"),
    [
        ("csat", ["6"], "from 1 to 5"),
        ("csat", ["-1"], "from 1 to 5"),
        ("csat", ["many"], "Choose one of the numbers"),
        ("csat", ["1e3"], "Choose one of the numbers"),
        ("csat", ["2", "3"], "one answer only"),
        ("nps", ["99999999999999999999999"], "from 0 to 10"),
        ("nps", ["\x00"], "cannot be kept"),
        ("topics", ["speed", "price"], "that are listed"),
        ("why", ["x" * 1_000_000], "Shorten it to 2,000"),
        ("why", ["a\x00b"], "cannot be kept"),
    ],
)
def test_wrong_value_is_an_error_beside_its_field(client, field, values, words, read):
    document = survey_document(
        pages=pages([csat(required=False), nps(), topics(), why()])
    )
    link = link_to(document)

    page = read(client.post(link, {"page": "p1", field: values}))

    assert page.response.status_code == 422
    assert words in page.one(f"//p[@id='q-{field}-error']").text_content()
    assert Response.objects.get().answers == {}


def test_wrong_value_leaves_the_stored_answer_alone(client, link):
    client.post(link, {"page": "p1", "csat": "4", "nps": "3"})
    client.post(link, {"page": "p1", "csat": "77", "nps": "3"})

    assert Response.objects.get().answers == {"csat": 4, "nps": 3}


def test_overlong_text_stays_in_the_form(client, read):
    link = link_to(survey_document(pages=pages([why(max_length=5)])))

    page = read(client.post(link, {"page": "p1", "why": "\n far <too> long"}))

    assert page.form["why"] == ["\n far <too> long"]


def test_naughty_text_comes_back_as_it_was(client, link):
    text = "Ω≈ç √∫ \u202etest\u202e 田中さん 👩‍👩‍👧 ' OR 1=1 -- <b>"
    client.post(link, {"page": "p1", "csat": "1", "nps": "1"})
    client.post(link, {"page": "p2", "why": text})

    assert Response.objects.get().answers["why"] == text


def test_page_ahead_of_a_gap_cannot_be_opened(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()], [why()])))

    page = read(client.get(link + "?page=p3"))

    assert page.form["page"] == ["p1"]


def test_last_page_sent_alone_leads_to_what_is_missing(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()])))

    page = read(client.post(link, {"page": "p2", "nps": "9"}, follow=True))

    assert page.form["page"] == ["p1"]
    assert "There is a problem" in page.text
    response = Response.objects.get()
    assert response.status == Response.Status.IN_PROGRESS
    assert response.answers == {"nps": 9}
