"""A link is found by its token, and each milestone happens once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deployments.invitations import (
    InvitationCancelled,
    InvitationExpired,
    UnknownToken,
    cancel,
    expire_due,
    find,
    mark_completed,
    mark_opened,
    mark_started,
)
from deployments.models import Invitation
from deployments.signals import invitation_changed
from tests.factories.deployments import NOW, make_deployment, make_invitation

LATER = NOW + timedelta(hours=1)
AFTER_THE_END = NOW + timedelta(days=31)


@pytest.fixture
def invited(survey):
    return make_invitation(make_deployment(survey))


@pytest.fixture
def heard():
    news = []

    def listen(sender, invitation, milestone, **_):
        news.append((invitation.pk, milestone))

    invitation_changed.connect(listen)
    yield news
    invitation_changed.disconnect(listen)


def test_a_token_finds_its_invitation(invited):
    assert find(invited.token, NOW) == invited.invitation


def test_a_lost_key_breaks_no_link(invited, settings):
    settings.FIELD_KEYS = ["uOGGAfUhcB1Qm2G6_Yp9XJ5bsdDvnLOTrBLgEbTq4T4="]

    assert find(invited.token, NOW).email == "ada@example.com"


@pytest.mark.parametrize("token", ["", "nothing", "x" * 500, "\x00", "\udcff"])
def test_a_token_that_was_never_given_is_unknown(db, token):
    with pytest.raises(UnknownToken):
        find(token, NOW)


def test_the_hash_is_no_token(invited):
    with pytest.raises(UnknownToken):
        find(invited.invitation.token_hash, NOW)


def test_an_expired_link_says_so(invited):
    with pytest.raises(InvitationExpired) as caught:
        find(invited.token, AFTER_THE_END)

    assert caught.value.invitation == invited.invitation


def test_a_link_works_until_its_last_moment(invited):
    end = invited.invitation.expires_at

    assert find(invited.token, end - timedelta(microseconds=1))
    with pytest.raises(InvitationExpired):
        find(invited.token, end)


def test_a_cancelled_link_says_so(invited):
    assert cancel(invitation=invited.invitation, now=NOW)

    with pytest.raises(InvitationCancelled):
        find(invited.token, NOW)


def test_a_completed_invitation_is_found_for_good(invited):
    mark_completed(invitation=invited.invitation, now=NOW)

    assert find(invited.token, AFTER_THE_END).completed_at == NOW


@pytest.mark.parametrize("milestone", ["opened", "started", "completed"])
def test_a_milestone_happens_once(invited, heard, milestone):
    mark = {
        "opened": mark_opened,
        "started": mark_started,
        "completed": mark_completed,
    }[milestone]
    same = Invitation.objects.get()

    assert mark(invitation=invited.invitation, now=NOW) is True
    assert mark(invitation=same, now=LATER) is False

    assert getattr(Invitation.objects.get(), f"{milestone}_at") == NOW
    assert getattr(invited.invitation, f"{milestone}_at") == NOW
    assert heard == [(invited.invitation.pk, milestone)]


def test_a_listener_that_fails_takes_the_milestone_back(invited):
    def fail(sender, **_):
        raise RuntimeError("no")

    invitation_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            mark_opened(invitation=invited.invitation, now=NOW)
    finally:
        invitation_changed.disconnect(fail)

    assert Invitation.objects.get().opened_at is None


def test_what_has_ended_is_marked_and_told_once(invited, heard):
    assert expire_due(now=NOW) == 0
    assert expire_due(now=AFTER_THE_END) == 1
    assert expire_due(now=AFTER_THE_END) == 0

    assert Invitation.objects.get().expired_at == AFTER_THE_END
    assert heard == [(invited.invitation.pk, "expired")]


@pytest.mark.parametrize("act", [mark_completed, cancel])
def test_what_is_over_already_does_not_expire(invited, act):
    act(invitation=invited.invitation, now=NOW)

    assert expire_due(now=AFTER_THE_END) == 0


def test_a_listener_that_fails_holds_up_no_other_expiry(survey):
    deployment = make_deployment(survey)
    bad = make_invitation(deployment).invitation
    make_invitation(deployment)

    def fail(sender, invitation, **_):
        if invitation.pk == bad.pk:
            raise RuntimeError("no")

    invitation_changed.connect(fail)
    try:
        assert expire_due(now=AFTER_THE_END) == 1
    finally:
        invitation_changed.disconnect(fail)

    assert Invitation.objects.filter(expired_at=None).get().pk == bad.pk
