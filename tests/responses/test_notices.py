"""Links that lead to no survey say why."""

from __future__ import annotations

import pytest
from django.utils import timezone

from deployments.invitations import cancel
from deployments.models import Invitation
from responses.models import Response
from surveys.models import Survey
from tests.factories.deployments import make_invitation
from tests.factories.responses import link_to
from tests.factories.surveys import (
    csat,
    survey_document,
)

pytestmark = pytest.mark.django_db


def test_unknown_link_is_said_kindly(client, read):
    page = read(client.get("/s/nobody-was-asked/"))

    assert page.response.status_code == 404
    assert "This link does not work" in page.text


def test_expired_link_is_gone(client, link, read):
    Invitation.objects.update(expires_at=timezone.now())

    for page in (read(client.get(link)), read(client.post(link, {"page": "p1"}))):
        assert page.response.status_code == 410
        assert "has ended" in page.text
    assert not Response.objects.exists()


def test_cancelled_invitation_is_gone(client, link, invited, read):
    cancel(invitation=invited.invitation, now=timezone.now())

    page = read(client.get(link))

    assert page.response.status_code == 410
    assert "withdrawn" in page.text


def test_survey_that_was_never_published_is_not_open(client, link, read):
    Survey.objects.update(live_version=None, status=Survey.Status.DRAFT)

    page = read(client.get(link))

    assert page.response.status_code == 404
    assert "not open" in page.text


def test_closed_survey_takes_no_new_answers_but_those_begun(client, link):
    client.post(link, {"page": "p1", "csat": "5", "nps": "1"})
    deployment = Invitation.objects.get().deployment
    invited = make_invitation(deployment, email="b@example.com", now=timezone.now())
    late = f"/s/{invited.token}/"
    Survey.objects.update(status=Survey.Status.CLOSED)

    assert client.get(late).status_code == 410
    assert client.get(link).status_code == 200
    client.post(link, {"page": "p2", "why": "Slow"})
    assert Response.objects.get().status == Response.Status.COMPLETED


def test_survey_without_a_question_for_this_person_says_so(client, read):
    never = {"variable": "agent", "op": "eq", "value": "nobody"}
    document = survey_document(
        pages=[{"key": "p1", "show_if": never, "questions": [csat()]}]
    )
    link = link_to(document)

    page = read(client.get(link))

    assert page.response.status_code == 200
    assert "nothing to ask you" in page.text
    assert client.post(link, {"page": "p1", "csat": "1"}).status_code == 303
    assert not Response.objects.filter(status=Response.Status.COMPLETED).exists()
