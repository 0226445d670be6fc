"""Twice, in two tabs, on another device: nothing changes twice."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment, Invitation
from responses.models import Response
from tests.factories.responses import pages
from tests.factories.surveys import (
    csat,
    publish_survey,
    survey_document,
)

pytestmark = pytest.mark.django_db


def test_another_device_resumes_where_it_was(link, read):
    Client().post(link, {"page": "p1", "csat": "4", "nps": "3"})

    page = read(Client().get(link))

    assert page.form["page"] == ["p2"]


def test_page_that_was_refused_is_resumed_with_what_was_valid(client, link, read):
    client.post(link, {"page": "p1", "nps": "3"})

    page = read(client.get(link))

    assert page.form["page"] == ["p1"]
    assert page.form["nps"] == ["3"]


def test_post_sent_again_changes_nothing(client, link):
    data = {"page": "p1", "csat": "5", "nps": "10"}
    client.post(link, data)
    before = Response.objects.values().get()
    completed = Invitation.objects.get().completed_at

    answer = client.post(link, {**data, "csat": "1"})

    assert answer.headers["Location"] == f"{link}thanks/"
    assert Response.objects.values().get() == before
    assert Invitation.objects.get().completed_at == completed


def test_completed_survey_says_that_it_was_answered(client, link, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})

    page = read(client.get(link))

    assert page.response.status_code == 200
    assert "already answered" in page.text
    assert not page.all("//form")


def test_thanks_before_the_end_lead_back_to_the_survey(client, link):
    assert client.get(link + "thanks/").headers["Location"] == link


def test_page_that_another_tab_took_off_the_path_leads_to_the_path(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    client.post(link, {"page": "p1", "csat": "9", "nps": "10"})

    answer = client.post(link, {"page": "p2", "why": "Slow"})

    assert answer.status_code == 303
    assert Response.objects.get().answers == {"csat": 5, "nps": 10}


def test_whoever_began_stays_on_that_version(client, link, version, read):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    changed = survey_document(pages=pages([csat(text={"en": "Happy?"})]))
    publish_survey(changed)

    assert read(client.get(link)).form["page"] == ["p2"]
    client.post(link, {"page": "p2", "why": "Slow"})
    assert Response.objects.get().version == version


def test_whoever_comes_later_gets_the_new_version(client, link):
    version = publish_survey(survey_document(pages=pages([csat(max=7)])))

    client.post(link, {"page": "p1", "csat": "7"})

    assert Response.objects.get().version == version


HALF = {"csat": "4", "nps": "3"}


def said(page):
    """What stands at the foot of the page, if anything does."""
    return " ".join("".join(page.all("//footer//text()")).split())


def test_the_page_says_how_one_comes_back(client, link, web, read):
    first = read(client.get(web))
    begun = read(client.post(web, {**first.form, **HALF}, follow=True))

    assert "come back by the same link" in said(read(client.get(link)))
    # A web link begins anew; only the page's own address leads back.
    assert said(first) == "Each page is saved when you continue."
    assert "keep the address of this page" in said(begun)
    assert read(client.get(begun.action)).form["page"] == ["p2"]


def test_on_a_kiosk_nobody_comes_back(client, web, read):
    Deployment.objects.update(kiosk=True)
    first = read(client.get(web))
    begun = read(client.post(web, {**first.form, **HALF}, follow=True))

    assert not first.all("//footer")
    assert said(begun) == "Erase my answers"


def test_who_is_half_way_can_erase_what_was_answered(client, link, read):
    assert not read(client.get(link)).all("//footer//a")
    page = read(client.post(link, {"page": "p1", **HALF}, follow=True))

    asked = read(client.get(page.one("//footer//a").get("href")))
    assert asked.one("//main//a").get("href") == link
    done = [read(client.post(asked.action)) for _click in range(2)]

    for page in (*done, read(client.get(link))):
        assert "Your answers are erased" in page.text
    assert Response.objects.get().answers == {}
