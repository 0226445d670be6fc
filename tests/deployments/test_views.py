"""Whoever wants no more questions says so with one click, and only a click."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from deployments.invitations import cancel
from deployments.models import Invitation, Suppression
from deployments.suppression import is_suppressed, suppress, why_suppressed
from surveys.models import Survey
from tests.factories.deployments import NOW, make_deployment, make_invitation
from tests.factories.themes import make_theme


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def invited(survey):
    return make_invitation(make_deployment(survey))


def address(invited):
    return f"/s/{invited.token}/opt-out/"


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_unsubscribes_nobody(browser, invited, method):
    response = getattr(browser, method)(address(invited))

    assert response.status_code == 200
    assert not is_suppressed("ada@example.com")


def test_the_page_has_one_button_and_hides_the_address(browser, invited):
    page = browser.get(address(invited)).content.decode()

    assert page.count("<button") == 1
    assert "a***@example.com" in page
    assert "ada@" not in page
    assert "How did we do?" in page


def test_the_button_unsubscribes(browser, invited):
    response = browser.post(address(invited))

    assert response.status_code == 200
    assert "You are unsubscribed" in response.content.decode()
    entry = Suppression.objects.get()
    assert (entry.email, entry.reason) == ("ada@example.com", "opted_out")
    assert entry.note == "Survey support-csat"


def test_a_mail_client_unsubscribes_with_one_post_and_no_cookie(browser, invited):
    response = browser.post(
        address(invited), {"List-Unsubscribe": "One-Click"}, HTTP_COOKIE=""
    )

    assert response.status_code == 200
    assert not response.cookies
    assert is_suppressed("ada@example.com")


def test_unsubscribing_twice_is_no_error(browser, invited):
    browser.post(address(invited))

    assert browser.post(address(invited)).status_code == 200
    assert Suppression.objects.count() == 1


def test_who_tries_the_link_of_a_test_takes_nobody_off(browser, invited):
    Invitation.objects.update(is_test=True)

    page = browser.post(address(invited)).content.decode()

    assert "You are unsubscribed" in page
    assert Invitation.objects.get().opted_out_at
    assert not Suppression.objects.exists()


def test_who_is_unsubscribed_already_is_told_so(browser, invited):
    suppress(email="ada@example.com", reason="added", now=NOW)

    assert "You are unsubscribed" in browser.get(address(invited)).content.decode()


def test_an_old_link_still_unsubscribes(browser, invited):
    cancel(invitation=invited.invitation, now=NOW)
    Invitation.objects.update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert browser.post(address(invited)).status_code == 200
    assert is_suppressed("ada@example.com")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_link_gets_a_page_that_helps(browser, db, method):
    response = getattr(browser, method)("/s/nothing/opt-out/")

    assert response.status_code == 404
    assert "copy the whole link" in response.content.decode()
    assert not Suppression.objects.exists()


def test_a_link_for_nobody_suppresses_nobody(browser, survey):
    invited = make_invitation(make_deployment(survey), email="")

    assert browser.post(address(invited)).status_code == 404
    assert not Suppression.objects.exists()


def test_other_methods_are_refused(browser, invited):
    assert browser.delete(address(invited)).status_code == 405


def test_the_page_is_kept_by_nobody(browser, invited):
    response = browser.get(address(invited))

    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert " style=" not in response.content.decode()


def test_the_page_speaks_the_language_of_the_mail(browser, survey):
    german = make_invitation(make_deployment(survey), language="de-AT")
    french = make_invitation(make_deployment(survey), language="fr")

    assert '<html lang="de"' in browser.get(address(german)).content.decode()
    assert '<html lang="en"' in browser.get(address(french)).content.decode()


def test_the_list_knows_an_address_however_it_is_written(db):
    suppress(email=" Ada@Example.com", reason="bounced", now=NOW)

    assert is_suppressed("ada@example.COM ")
    assert why_suppressed("ADA@example.com") == "Mail came back"
    assert why_suppressed("bob@example.com") == ""


def test_the_first_reason_stays(db):
    suppress(email="ada@example.com", reason="complained", now=NOW)
    suppress(email="ada@example.com", reason="opted_out", now=NOW)

    assert Suppression.objects.get().reason == "complained"


@pytest.mark.parametrize("found_out", ["bounced", "added"])
def test_what_the_person_wants_replaces_what_was_found_out(db, found_out):
    suppress(email="ada@example.com", reason=found_out, note="was", now=NOW)
    later = NOW + timedelta(days=1)

    suppress(email="ada@example.com", reason="opted_out", now=later)

    entry = Suppression.objects.get()
    assert (entry.reason, entry.note, entry.created_at) == ("opted_out", "", later)


def test_what_the_person_said_is_told_before_what_the_crm_says(db):
    suppress(email="ada@example.com", reason="opted_out", now=NOW)
    suppress(email="ada@example.com", reason="crm", source="salesforce:a", now=NOW)

    assert why_suppressed("ada@example.com") == "Opted out"
    assert Suppression.objects.each_address().get().reason == "opted_out"


def test_the_page_wears_the_theme_of_its_survey(browser, invited):
    plain = browser.get(address(invited)).content.decode()
    theme = make_theme()
    Survey.objects.update(theme=theme)

    page = browser.get(address(invited)).content.decode()

    assert "/look/" not in plain
    assert f"/look/acme-{theme.fingerprint}.css" in page
    assert 'alt="Acme"' in page
    assert "Acme Ltd, Sample Street 1" in page
    assert 'href="https://example.com/privacy"' in page
    Invitation.objects.update(language="de")
    assert "Acme GmbH, Musterweg 1" in browser.get(address(invited)).content.decode()
