"""Who has not answered is reminded once a day at most; and what else the doors tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from deployments.invitations import NoReminder, remind, send_waiting
from deployments.models import (
    Cap,
    Deployment,
    FollowUpMail,
    Invitation,
    Suppression,
)
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import NOW, make_deployment, make_invitation
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture
def deployment():
    return make_deployment(publish_survey().survey, key="case-closed")


@pytest.fixture
def sent(deployment):
    make_invitation(deployment, send=True)
    send_waiting(now=NOW)
    return Invitation.objects.select_related("deployment").get()


@pytest.fixture
def api():
    return Client(headers=bearer(make_api_key()))


def test_the_mail_goes_out_again_under_its_own_id(sent):
    remind(invitation=sent, now=LATER)

    assert send_waiting(now=LATER) == 1
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first != second
    assert mail.outbox[0].to == mail.outbox[1].to
    assert mail.outbox[1].extra_headers["In-Reply-To"] == first
    assert mail.outbox[1].subject.startswith("A reminder: ")
    assert Invitation.objects.get().sent_at == NOW
    assert FollowUpMail.objects.get().sent_at == LATER


def test_two_callers_remind_once(sent):
    stale = Invitation.objects.select_related("deployment").get()
    remind(invitation=sent, now=LATER)

    with pytest.raises(NoReminder):
        remind(invitation=stale, now=LATER)


def test_a_day_must_pass_between_two_reminders(sent):
    remind(invitation=sent, now=LATER)
    send_waiting(now=LATER)

    with pytest.raises(NoReminder, match="less than a day"):
        remind(invitation=sent, now=LATER + timedelta(hours=23))
    remind(invitation=sent, now=LATER + timedelta(hours=25))


def test_the_words_of_the_schedule_are_used(sent):
    sent.deployment.follow_ups.create(subject={"en": "Still there?"}, after_hours=200)

    remind(invitation=sent, now=LATER)
    send_waiting(now=LATER)

    assert mail.outbox[1].subject == "Still there?"


def test_a_reminder_that_is_asked_for_counts_in_the_limits(sent):
    Cap.objects.create(name="Quiet", most=1, span=30, counts_reminders=True)

    remind(invitation=sent, now=LATER)
    send_waiting(now=LATER)

    assert len(mail.outbox) == 1
    stopped = FollowUpMail.objects.get()
    assert stopped.mail == Invitation.Mail.STOPPED
    assert "The limit “Quiet” is reached" in stopped.mail_error


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"completed_at": NOW}, "answered"),
        ({"cancelled_at": NOW}, "cancelled"),
        ({"expired_at": NOW}, "ended"),
        ({"expires_at": NOW}, "ended"),
        ({"mail": "waiting"}, "on its way"),
        ({"mail": "none", "sent_at": None}, "not mailed"),
        ({"sent_at": LATER - timedelta(hours=23)}, "less than a day"),
    ],
)
def test_a_reminder_that_is_wrong_is_refused_with_the_reason(sent, change, why):
    Invitation.objects.update(**change)

    with pytest.raises(NoReminder, match=why):
        remind(
            invitation=Invitation.objects.select_related("deployment").get(), now=LATER
        )


def test_who_opted_out_is_left_alone(sent):
    Suppression.objects.create(email=sent.email, reason="opted_out", created_at=NOW)

    with pytest.raises(NoReminder, match="not to be asked"):
        remind(invitation=sent, now=LATER)


def test_a_deployment_that_is_paused_reminds_nobody(sent):
    Deployment.objects.update(status="paused")
    sent.deployment.refresh_from_db()

    with pytest.raises(NoReminder, match="not live"):
        remind(invitation=sent, now=LATER)


def test_the_api_invites_by_mail(api, deployment):
    body = {"deployment": "case-closed", "email": "ada@example.com", "name": "Ada"}

    answer = api.post("/api/v1/invitations/", body, content_type="application/json")

    assert answer.status_code == 201
    assert answer.json()["mail"] == "waiting"
    assert "token" not in answer.json()
    assert Invitation.objects.get().mail == Invitation.Mail.WAITING


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "3", "{}", '{"links": []}'])
def test_a_senseless_body_is_refused(api, deployment, body):
    answer = api.post("/api/v1/invitations/", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_mistakes_are_told_at_their_place(api, deployment):
    body = {"deployment": "case-closed", "email": "x", "variables": {"unknown": "1"}}

    answer = api.post("/api/v1/invitations/", body, content_type="application/json")

    assert [error["path"] for error in answer.json()["errors"]] == ["email"]


def test_statistics_count_by_what_became_of_them(api, sent):
    told = api.get("/api/v1/deployments/case-closed/statistics/").json()

    assert (told["invited"], told["sent"], told["completed"]) == (1, 1, 0)
    assert api.get("/api/v1/deployments/nothing/statistics/").status_code == 404


def test_an_address_is_unsubscribed_over_the_api(api):
    url = "/api/v1/unsubscribed-addresses/"
    body = {"email": "ADA@example.com", "note": "by phone"}

    first = api.post(url, body, content_type="application/json")
    again = api.post(url, {**body, "reason": "added"}, content_type="application/json")
    wrong = api.post(url, {"email": "x"}, content_type="application/json")

    assert (first.status_code, again.status_code) == (201, 201)
    assert wrong.status_code == 400
    row = Suppression.objects.get()
    assert (row.email, row.reason) == ("ada@example.com", "opted_out")


def test_unsubscribed_addresses_are_read_page_by_page(api):
    for number in range(3):
        Suppression.objects.create(
            email=f"p{number}@example.com", reason="opted_out", created_at=NOW
        )

    seen, url = [], "/api/v1/unsubscribed-addresses/?limit=2"
    while url:
        page = api.get(url).json()
        seen += [row["email"] for row in page["results"]]
        url = page["next"]

    assert seen == [f"p{number}@example.com" for number in range(3)]
