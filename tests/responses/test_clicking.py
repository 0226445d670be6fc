"""An answer that was clicked in a mail: shown, and kept only by a person."""

from __future__ import annotations

from datetime import datetime

import pytest

from deployments.models import Deployment, Invitation
from responses.models import Response
from tests.factories.responses import link_to, pages
from tests.factories.surveys import csat, nps, survey_document, why

pytestmark = pytest.mark.django_db


def test_a_click_opens_the_page_with_its_answer_chosen(client, link, read):
    page = read(client.get(f"{link}?answer=csat.4"))

    assert page.response.status_code == 200
    assert page.form["csat"] == ["4"]
    assert page.all("//form[@data-chosen]")
    assert not Response.objects.exists()


def test_sending_the_page_keeps_it(client, link, read):
    page = read(client.get(f"{link}?answer=csat.4"))

    client.post(link, {**page.form, "nps": "10"})

    assert Response.objects.get().answers == {"csat": 4, "nps": 10}


def test_a_real_interaction_keeps_it(client, link, read):
    page = read(client.get(f"{link}?answer=csat.4"))

    client.post(link, {**page.form, "go": "save"})

    assert Response.objects.get().answers == {"csat": 4}


def test_a_later_click_shows_the_new_answer_and_what_was_given_beside_it(
    client, link, read
):
    client.post(link, {"page": "p1", "csat": "2", "nps": "3"})

    page = read(client.get(f"{link}?answer=csat.5"))

    assert (page.form["csat"], page.form["nps"]) == (["5"], ["3"])
    assert Response.objects.get().answers == {"csat": 2, "nps": 3}


@pytest.mark.parametrize(
    "answer",
    ["", "csat", "csat.", "csat.6", "csat.-1", "csat.x", "why.hello", "no.1", "%00.1"],
)
def test_what_no_mail_of_ours_asked_chooses_nothing(client, link, read, answer):
    page = read(client.get(f"{link}?answer={answer}"))

    assert page.response.status_code == 200
    assert "csat" not in page.form
    assert not page.all("//form[@data-chosen]")


def test_a_question_behind_a_gap_is_not_jumped_to(client, read):
    link = link_to(survey_document(pages=pages([csat()], [nps()], [why()])))

    page = read(client.get(f"{link}?answer=nps.9"))

    assert page.form["page"] == ["p1"]


# ------------------------------------------------------------------- machines


def invitation() -> Invitation:
    return Invitation.objects.get()


@pytest.mark.parametrize(
    ("method", "headers", "sign"),
    [
        ("head", {}, "head"),
        ("get", {"Sec-Purpose": "prefetch;prerender"}, "prefetch"),
        ("get", {"User-Agent": "Mozilla/5.0 HeadlessChrome/156.0"}, "agent"),
        ("get", {"User-Agent": "Slackbot-LinkExpanding 1.0"}, "agent"),
        ("get", {"User-Agent": "Mozilla/5.0 (compatible; BingPreview/1.0b)"}, "agent"),
        ("get", {"User-Agent": "facebookexternalhit/1.1"}, "agent"),
        ("get", {"User-Agent": "curl/8.5.0"}, "agent"),
    ],
)
def test_a_machine_records_nothing_and_is_marked(client, link, method, headers, sign):
    answer = getattr(client, method)(f"{link}?answer=csat.1", headers=headers)

    assert answer.status_code == 200
    assert b"data-chosen" not in answer.content
    assert invitation().machine_at is not None
    assert invitation().machine_sign == sign
    assert invitation().opened_at is None
    assert not Response.objects.exists()


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Linux; Android 15; CUBOT X90) Chrome/140 Mobile Safari/537.36",
        "",
    ],
)
def test_a_person_is_no_machine(client, link, agent):
    client.get(link, headers={"User-Agent": agent})

    assert invitation().machine_at is None
    assert invitation().opened_at is not None


def test_a_scanner_that_follows_every_answer_is_marked_and_records_nothing(
    client, link
):
    for value in range(1, 6):
        client.get(f"{link}?answer=csat.{value}")

    assert invitation().machine_sign == "burst"
    assert not Response.objects.exists()
    # The person who comes behind it is asked as everybody is.
    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_a_scanner_is_known_where_answers_are_anonymous_too(client, link):
    """By the day alone, as everything there."""
    Deployment.objects.update(anonymous=True)

    for value in range(1, 6):
        last = client.get(f"{link}?answer=csat.{value}")

    assert invitation().machine_sign == "burst"
    assert invitation().machine_at.time() == datetime.min.time()
    assert b"data-chosen" not in last.content
    assert not Response.objects.exists()


def test_a_person_who_clicks_twice_is_not(client, link):
    client.get(f"{link}?answer=csat.1")
    client.get(f"{link}?answer=csat.5")

    assert invitation().machine_at is None


def test_marked_invitations_are_found_in_the_admin(admin_client, client, link):
    client.head(link)

    path = "/admin/deployments/invitation/"
    assert "Fetched by a machine" in admin_client.get(path).content.decode()
    found = admin_client.get(f"{path}?milestone=machine")
    assert "ada@example.com" in found.content.decode()
