"""What the page sends by itself while somebody answers: kept, and never turned."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client

from deployments.signals import invitation_changed
from responses.models import Response
from tests.factories.kinds import of_kind
from tests.factories.responses import link_to, pages
from tests.factories.surveys import csat, nps, survey_document, why

pytestmark = pytest.mark.django_db
SAVE = {"page": "p1", "go": "save"}


def test_answers_are_kept_and_the_page_stays_open(client, link, read):
    answer = client.post(link, {**SAVE, "nps": "7", "topics": ["speed"]})

    assert answer.status_code == 204
    response = Response.objects.get()
    assert response.answers == {"nps": 7, "topics": ["speed"]}
    assert response.last_page == ""
    page = read(Client().get(link))
    assert page.form["page"] == ["p1"]
    assert page.form["nps"] == ["7"]


def test_all_required_answers_complete_nothing_before_a_person_sends_them(client, link):
    client.post(link, {**SAVE, "csat": "5", "nps": "10"})

    assert Response.objects.get().status == Response.Status.IN_PROGRESS


def test_what_is_wrong_so_far_is_left_out_and_not_complained_of(client, link):
    client.post(link, {**SAVE, "nps": "7"})
    answer = client.post(link, {**SAVE, "csat": "77", "nps": "x"})

    assert answer.status_code == 204
    assert Response.objects.get().answers == {"nps": 7}


def test_a_completed_response_stays_as_it_is(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "10"})
    before = Response.objects.values().get()

    assert client.post(link, {**SAVE, "csat": "1"}).status_code == 204
    assert Response.objects.values().get() == before


@pytest.mark.parametrize("page", ["", "p9", "-1", "\x00"])
def test_an_unknown_page_keeps_nothing(client, link, page):
    answer = client.post(link, {"page": page, "go": "save", "csat": "5"})

    assert answer.status_code == 204
    assert not Response.objects.exists()


def test_a_web_link_begins_once_however_often_it_saves(client, web, read):
    form = read(client.get(web)).form

    client.post(web, {**form, "go": "save", "nps": "7"})
    client.post(web, {**form, "go": "save", "nps": "8"})
    answer = client.post(web, {**form, "csat": "4", "nps": "2"})

    assert answer.headers["Location"].endswith("?page=p2")
    assert Response.objects.get().answers == {"csat": 4, "nps": 2}


def test_nothing_is_kept_by_itself_before_the_consent_that_the_page_asks_for(client):
    consent = of_kind("consent", "agreed", required=True)
    link = link_to(survey_document(pages=pages([consent, nps()], [why()])))

    client.post(link, {**SAVE, "nps": "7"})
    assert not Response.objects.exists()
    client.post(link, {**SAVE, "nps": "7", "agreed": "true"})

    assert Response.objects.get().answers == {"agreed": True, "nps": 7}


def test_a_save_of_another_site_is_refused(client, link):
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert client.post(link, {**SAVE, "csat": "5"}, headers=headers).status_code == 403
    assert not Response.objects.exists()


def test_a_database_in_trouble_is_told_to_the_page(client, link):
    def trouble(**_signal):
        raise DatabaseError("The disk is full.")

    invitation_changed.connect(trouble)
    try:
        answer = client.post(link, {**SAVE, "csat": "5"})
    finally:
        invitation_changed.disconnect(trouble)

    assert answer.status_code == 503
    assert not Response.objects.exists()


def test_an_older_save_of_a_page_does_not_turn_the_survey_back(client):
    link = link_to(survey_document(pages=pages([csat()], [nps()], [why()])))
    client.post(link, {"page": "p1", "csat": "4"})
    client.post(link, {"page": "p2", "nps": "9"})

    client.post(link, {**SAVE, "csat": "4"})

    assert Response.objects.get().last_page == "p2"
