"""Each person is asked once for each event, whoever asks and however often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django_q.models import OrmQ

from deployments.invitations import (
    UnusableInvitation,
    invite,
    invite_many,
    tracking_url,
)
from deployments.links import hash_token
from deployments.models import Invitation
from deployments.rules import Invitee
from deployments.signals import invitation_changed
from tests.factories.deployments import NOW, make_deployment, make_invitation


def test_an_invitation_keeps_who_and_what_it_is_about(survey, settings):
    settings.BASE_URL = "https://tellback.example"
    deployment = make_deployment(survey, valid_days=10)

    invited = invite(
        deployment=deployment,
        email=" Ada@Example.com ",
        name="Ada\n Lovelace",
        language="de",
        records={"Case": "500000000000001AAA"},
        variables={"agent": "E-17"},
        record_key="Case:500",
        event_key="once",
        now=NOW,
        send=False,
    )

    stored = Invitation.objects.get()
    assert invited.created
    assert invited.url == f"https://tellback.example/s/{invited.token}/"
    assert stored.token == invited.token
    assert stored.token_hash == hash_token(invited.token)
    assert stored.email == "ada@example.com"
    assert stored.name == "Ada Lovelace"
    assert stored.records == {"Case": "500000000000001AAA"}
    assert stored.variables == {"agent": "E-17"}
    assert stored.expires_at == NOW + timedelta(days=10)
    assert stored.mail == Invitation.Mail.NONE


def test_the_token_is_ciphertext_in_the_database(survey):
    invited = make_invitation(make_deployment(survey))

    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM deployments_invitation")
        (stored,) = cursor.fetchone()
    assert invited.token not in stored


def test_the_same_event_again_gives_the_same_link(survey):
    deployment = make_deployment(survey)
    first = make_invitation(deployment, record_key="Case:1", event_key="once")

    again = make_invitation(
        deployment, record_key="Case:1", event_key="once", records={"Case": "2"}
    )

    assert (first.created, again.created) == (True, False)
    assert again.token == first.token
    assert again.invitation.pk == first.invitation.pk
    assert Invitation.objects.get().records == {}


@pytest.mark.parametrize(
    "other", [{"record_key": "Case:2"}, {"event_key": "closed again"}]
)
def test_another_record_or_event_is_another_invitation(survey, other):
    deployment = make_deployment(survey)
    keys = {"record_key": "Case:1", "event_key": "once"}
    make_invitation(deployment, **keys)

    assert make_invitation(deployment, **keys | other).created


def test_another_deployment_asks_for_itself(survey):
    keys = {"record_key": "Case:1", "event_key": "once"}
    make_invitation(make_deployment(survey), **keys)

    assert make_invitation(make_deployment(survey), **keys).created


def test_without_an_event_key_every_call_asks_anew(survey):
    deployment = make_deployment(survey)

    assert make_invitation(deployment).token != make_invitation(deployment).token
    assert Invitation.objects.count() == 2


def test_one_call_that_names_an_event_twice_invites_once(survey):
    invitee = Invitee(email="ada@example.com", record_key="r", event_key="e")

    one, other = invite_many(
        deployment=make_deployment(survey),
        invitees=[invitee, invitee],
        now=NOW,
        send=False,
    )

    assert (one.created, other.created) == (True, False)
    assert one.token == other.token


def test_a_thousand_are_invited_in_one_call_in_their_order(survey):
    invitees = [
        Invitee(email=f"p{number}@example.com", event_key=f"e{number}", record_key="r")
        for number in range(1000)
    ]

    invited = invite_many(
        deployment=make_deployment(survey), invitees=invitees, now=NOW, send=False
    )

    assert [item.invitation.email for item in invited] == [
        invitee.email for invitee in invitees
    ]
    assert Invitation.objects.count() == 1000


def test_nobody_is_invited_when_one_cannot_be(survey):
    invitees = [
        Invitee(email="ada@example.com"),
        Invitee(email="bob@example.com", event_key="x" * 201),
    ]

    with pytest.raises(UnusableInvitation, match="event_key has more than 200"):
        invite_many(
            deployment=make_deployment(survey), invitees=invitees, now=NOW, send=False
        )
    assert not Invitation.objects.exists()


def test_what_no_database_can_keep_is_taken_out_or_refused(survey):
    deployment = make_deployment(survey)
    make_invitation(
        deployment, name="A\x00da", records={"Case": "5\x00"}, variables={"n": 3}
    )

    stored = Invitation.objects.get()
    assert (stored.name, stored.records, stored.variables) == (
        "Ada",
        {"Case": "5"},
        {"n": 3},
    )
    with pytest.raises(UnusableInvitation, match="event_key has control characters"):
        make_invitation(deployment, event_key="a\x00")


def test_mail_to_nobody_is_refused(survey):
    with pytest.raises(UnusableInvitation, match="Without an e-mail address"):
        make_invitation(make_deployment(survey), email="", send=True)


def test_an_invitation_to_be_mailed_waits_and_rings_once(survey):
    make_invitation(make_deployment(survey), send=True)

    stored = Invitation.objects.get()
    assert (stored.mail, stored.mail_due_at) == (Invitation.Mail.WAITING, NOW)
    (wake_up,) = OrmQ.objects.all()
    assert wake_up.func() == "deployments.tasks.send_invitations"


def test_a_second_call_for_the_same_event_rings_nobody(survey):
    deployment = make_deployment(survey)
    make_invitation(deployment, send=True, record_key="r", event_key="e")

    make_invitation(deployment, send=True, record_key="r", event_key="e")

    assert OrmQ.objects.count() == 1


def test_a_deployment_without_an_end_makes_links_without_an_end(survey):
    invited = make_invitation(make_deployment(survey, valid_days=0))

    assert invited.invitation.expires_at is None


def test_the_news_of_an_invitation_is_told_once(survey):
    heard = []

    def listen(sender, invitation, milestone, **_):
        heard.append((invitation.pk, milestone))

    invitation_changed.connect(listen)
    try:
        deployment = make_deployment(survey)
        invited = make_invitation(deployment, record_key="r", event_key="e")
        make_invitation(deployment, record_key="r", event_key="e")
    finally:
        invitation_changed.disconnect(listen)

    assert heard == [(invited.invitation.pk, "invited")]


def test_a_listener_that_fails_takes_the_invitation_back(survey):
    def fail(sender, **_):
        raise RuntimeError("no")

    invitation_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            make_invitation(make_deployment(survey))
    finally:
        invitation_changed.disconnect(fail)

    assert not Invitation.objects.exists()


def test_two_callers_at_the_same_moment_get_the_same_link(survey, in_parallel):
    deployment = make_deployment(survey)

    invited = in_parallel(
        lambda: make_invitation(
            deployment, record_key="Case:1", event_key="once", send=True
        )
    )

    assert len({item.token for item in invited}) == 1
    assert sum(item.created for item in invited) == 1
    assert Invitation.objects.count() == 1


def test_a_tracking_url_is_absolute(settings):
    settings.BASE_URL = "https://t.example"

    assert tracking_url("abc") == "https://t.example/s/abc/"
