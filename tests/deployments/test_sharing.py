"""What the letters of a run share is asked for once, and soon again."""

from __future__ import annotations

import pytest

from deployments.invitations.sharing import FRESH, Shared
from deployments.models import Deployment, FollowUp, Invitation, SenderDomain
from deployments.suppression import suppress
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
)

pytestmark = pytest.mark.django_db


class Clock:
    at = 100.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shared(survey, clock):
    deployment = make_deployment(survey)
    FollowUp.objects.create(deployment=deployment)
    for number in range(3):
        make_invitation(deployment, email=f"p{number}@example.com")
    return Shared(list(Invitation.objects.all()), {}, clock)


def test_many_letters_ask_once(shared, django_assert_num_queries):
    deployment = Deployment.objects.get()

    with django_assert_num_queries(0):
        for number in range(3):
            assert shared.why_suppressed(f"p{number}@example.com") == ""
            assert shared.deployment(deployment.pk).survey.live_version
            assert not shared.is_limited(deployment.sender_email)
            assert len(shared.reminders(deployment.pk)) == 1


def test_what_changes_meanwhile_is_seen_a_moment_later(shared, clock):
    suppress(email="p1@example.com", reason="opted_out", now=NOW)
    SenderDomain.objects.create(domain="example.com", per_hour=5)
    Deployment.objects.update(name="Other")
    clock.at += FRESH

    assert shared.why_suppressed("p1@example.com") == "Opted out"
    assert shared.why_suppressed("p2@example.com") == ""
    assert shared.is_limited("me@example.com")
    assert shared.deployment(Deployment.objects.get().pk).name == "Other"


def test_an_address_that_was_changed_is_looked_up_by_itself(shared):
    suppress(email="new@example.com", reason="opted_out", now=NOW)

    assert shared.why_suppressed("new@example.com") == "Opted out"
