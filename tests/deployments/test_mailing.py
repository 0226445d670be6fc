"""Mails go to a real mail server: taken once, or failed where people see it."""

from __future__ import annotations

import logging
import socket
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django_q.models import OrmQ

from deployments.invitations import (
    cancel,
    mark_completed,
    send_again,
    send_waiting,
)
from deployments.models import Deployment, Invitation
from deployments.signals import invitation_changed
from deployments.suppression import suppress
from deployments.tasks import decide_events, send_invitations
from surveys.models import SurveyVersion
from tests.deployments.smtp import SlowBackend, mail_server
from tests.factories.deployments import NOW, make_deployment, make_invitation

Mail = Invitation.Mail
ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def server(settings):
    with mail_server(settings) as script:
        yield script


@pytest.fixture
def deployment(survey):
    return make_deployment(survey)


@pytest.fixture
def waiting(deployment):
    return make_invitation(deployment, send=True).invitation


def ada():
    return Invitation.objects.get(email=ADA)


def send_daily(days):
    for day in range(days):
        send_waiting(now=NOW + timedelta(days=day))


def test_a_mail_is_sent_and_its_message_id_kept(server, waiting):
    heard = []

    def listen(sender, invitation, milestone, **_):
        heard.append(milestone)

    invitation_changed.connect(listen)
    try:
        assert send_waiting(now=NOW) == 1
    finally:
        invitation_changed.disconnect(listen)

    (sent,) = server.mails
    assert (ada().mail, ada().sent_at, ada().mail_error) == (Mail.SENT, NOW, "")
    assert sent["Message-ID"] == ada().message_id
    assert sent["To"] == ADA
    assert heard == ["sent"]


def test_a_mail_is_sent_once(server, waiting):
    send_daily(3)

    assert len(server.mails) == 1


def test_the_message_id_is_kept_before_the_mail_goes_out(server, waiting, deployment):
    def fail(sender, milestone, **_):
        if milestone == "sent":
            raise KeyboardInterrupt

    invitation_changed.connect(fail)
    try:
        with pytest.raises(KeyboardInterrupt):
            send_waiting(now=NOW)
    finally:
        invitation_changed.disconnect(fail)

    assert server.mails[0]["Message-ID"] == ada().message_id
    assert ada().mail == Mail.SENDING


def test_what_was_perhaps_sent_is_not_sent_again_by_itself(server, waiting):
    # What a claim leaves behind when its worker is killed.
    Invitation.objects.update(
        mail=Mail.SENDING, mail_due_at=NOW + timedelta(minutes=5), mail_attempts=1
    )

    send_waiting(now=NOW + timedelta(minutes=4))
    assert ada().mail == Mail.SENDING

    send_daily(3)
    assert ada().mail == Mail.UNKNOWN
    assert "send it again only when it is not there" in ada().mail_error
    assert server.mails == []


def test_a_person_may_send_again_what_was_perhaps_sent(server, waiting):
    Invitation.objects.update(mail=Mail.UNKNOWN, mail_error="?", mail_attempts=3)
    OrmQ.objects.all().delete()

    assert send_again(invitations=Invitation.objects.all(), now=NOW) == 1

    assert (ada().mail, ada().mail_attempts, ada().mail_error) == (Mail.WAITING, 0, "")
    assert OrmQ.objects.count() == 1
    assert send_waiting(now=NOW) == 1


@pytest.mark.parametrize("mail", [Mail.NONE, Mail.WAITING, Mail.SENDING, Mail.SENT])
def test_only_what_failed_or_is_unknown_is_sent_again(waiting, mail):
    Invitation.objects.update(mail=mail)

    assert send_again(invitations=Invitation.objects.all(), now=NOW) == 0
    assert ada().mail == mail


def test_a_passing_refusal_is_tried_again_later_and_later(server, waiting):
    server.rcpt[ADA] = "450 Mailbox busy"

    send_waiting(now=NOW)
    assert (ada().mail, ada().mail_attempts) == (Mail.WAITING, 1)
    assert ada().mail_error == "450 Mailbox busy"
    assert ada().mail_due_at == NOW + timedelta(minutes=1)

    later = NOW + timedelta(minutes=1)
    send_waiting(now=later)
    assert ada().mail_due_at == later + timedelta(minutes=2)

    del server.rcpt[ADA]
    assert send_waiting(now=later + timedelta(minutes=2)) == 1
    assert (ada().mail, ada().mail_attempts) == (Mail.SENT, 3)


def test_a_refusal_that_does_not_pass_is_given_up(server, waiting):
    server.rcpt[ADA] = "450 Mailbox busy"

    send_daily(12)

    assert (ada().mail, ada().mail_attempts) == (Mail.FAILED, 10)
    assert ada().mail_error == "Given up after 10 tries. 450 Mailbox busy"


def test_a_refused_recipient_is_failed_at_once_and_holds_up_nobody(
    server, waiting, deployment
):
    make_invitation(deployment, email=BOB, send=True)
    server.rcpt[ADA] = "550 No such user"

    assert send_waiting(now=NOW) == 1

    assert (ada().mail, ada().mail_error) == (Mail.FAILED, "550 No such user")
    assert [sent["To"] for sent in server.mails] == [BOB]


def test_a_refusal_of_the_text_is_an_answer_too(server, waiting, deployment):
    make_invitation(deployment, email=BOB, send=True)
    server.data = {ADA: "554 Spam", BOB: "451 Try later"}

    send_waiting(now=NOW)

    assert (ada().mail, ada().mail_error) == (Mail.FAILED, "554 Spam")
    assert Invitation.objects.get(email=BOB).mail == Mail.WAITING


def test_a_connection_lost_before_the_text_is_tried_again(server, waiting):
    server.drop_at = "rcpt"

    send_waiting(now=NOW)
    assert ada().mail == Mail.WAITING
    assert "SMTPServerDisconnected" in ada().mail_error

    server.drop_at = None
    assert send_waiting(now=NOW + timedelta(minutes=1)) == 1


def test_a_connection_lost_after_the_text_may_have_been_sent(server, waiting):
    server.drop_at = "data"

    send_daily(3)

    assert ada().mail == Mail.UNKNOWN
    assert ada().mail_error.startswith("The answer was lost: SMTPServerDisconnected")
    assert len(server.mails) == 1


def test_after_a_lost_connection_the_next_mail_gets_a_new_one(
    server, waiting, deployment
):
    make_invitation(deployment, email=BOB, send=True)
    server.drop_at = "data"

    def recover():
        server.drop_at = "data" if not server.mails else None

    server.on_data = recover
    assert send_waiting(now=NOW) == 1
    assert Invitation.objects.get(email=BOB).mail == Mail.SENT


def test_a_server_that_is_away_costs_one_try_of_one_mail(
    settings, waiting, deployment, caplog
):
    make_invitation(deployment, email=BOB, send=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        caplog.set_level(logging.WARNING)

        assert send_waiting(now=NOW) == 0

    assert "ConnectionRefusedError" in ada().mail_error
    assert ada().mail == Mail.WAITING
    bob = Invitation.objects.get(email=BOB)
    assert (bob.mail, bob.mail_attempts) == (Mail.WAITING, 0)
    assert "Mail cannot be handed over" in caplog.text


def test_somebody_who_opted_out_meanwhile_gets_no_mail(server, waiting):
    suppress(email=ADA, reason="opted_out", now=NOW)

    send_waiting(now=NOW)

    assert server.mails == []
    assert ada().mail == Mail.FAILED
    assert "not to be asked any more: Opted out." in ada().mail_error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: cancel(invitation=row, now=NOW), "cancelled"),
        (lambda row: mark_completed(invitation=row, now=NOW), "answered"),
        (lambda _row: Invitation.objects.update(expires_at=NOW), "link ended"),
        (lambda _row: Invitation.objects.update(email="x"), "no e-mail address"),
    ],
)
def test_what_makes_no_sense_any_more_is_not_mailed(server, waiting, change, words):
    change(waiting)

    send_waiting(now=NOW)

    row = Invitation.objects.get()
    assert row.mail == Mail.FAILED
    assert words in row.mail_error
    assert server.mails == []


def test_a_lost_key_is_said_on_the_invitation(server, waiting, settings):
    settings.FIELD_KEYS = ["uOGGAfUhcB1Qm2G6_Yp9XJ5bsdDvnLOTrBLgEbTq4T4="]

    send_waiting(now=NOW)

    row = Invitation.objects.defer("token").get()
    assert row.mail == Mail.FAILED
    assert "FIELD_KEYS" in row.mail_error


def test_a_mail_that_cannot_be_built_is_failed_and_holds_up_nobody(
    server, waiting, deployment
):
    make_invitation(deployment, email=BOB, send=True)
    Invitation.objects.filter(email=ADA).update(message_id="<a@b>\nBcc: x@example.com")

    assert send_waiting(now=NOW) == 1

    assert ada().mail == Mail.FAILED
    assert "BadHeaderError" in ada().mail_error


def test_a_survey_that_breaks_its_mail_is_said_on_the_invitation(server, waiting):
    SurveyVersion.objects.update(definition={})

    assert send_waiting(now=NOW) == 0

    assert (ada().mail, ada().mail_error) == (Mail.FAILED, "KeyError: 'title'")


def test_a_paused_deployment_holds_its_mails_back(server, waiting):
    Deployment.objects.update(status=Deployment.Status.PAUSED)
    assert send_waiting(now=NOW) == 0

    Deployment.objects.update(status=Deployment.Status.LIVE)
    assert send_waiting(now=NOW) == 1


def test_more_mails_than_one_run_takes_wake_the_next(server, waiting, deployment):
    make_invitation(deployment, email=BOB, send=True)
    OrmQ.objects.all().delete()

    assert send_waiting(now=NOW, limit=1) == 1
    assert OrmQ.objects.count() == 1
    assert send_waiting(now=NOW, limit=2) == 1
    assert OrmQ.objects.count() == 1


def test_a_worker_that_comes_back_late_cannot_undo_send_again(settings, waiting):
    def meanwhile():
        Invitation.objects.update(mail=Mail.UNKNOWN)
        send_again(invitations=Invitation.objects.all(), now=NOW)

    settings.EMAIL_BACKEND = "tests.deployments.smtp.SlowBackend"
    SlowBackend.meanwhile = meanwhile
    assert send_waiting(now=NOW) == 0

    assert ada().mail == Mail.WAITING


def test_a_worker_that_comes_back_late_still_tells_that_it_sent(settings, waiting):
    def meanwhile():
        send_waiting(now=NOW + timedelta(minutes=5))
        assert ada().mail == Mail.UNKNOWN
        SlowBackend.meanwhile = None

    settings.EMAIL_BACKEND = "tests.deployments.smtp.SlowBackend"
    SlowBackend.meanwhile = meanwhile
    assert send_waiting(now=NOW) == 1

    assert ada().mail == Mail.SENT


def test_another_mail_backend_is_used_as_it_is(settings, waiting):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert send_waiting(now=NOW) == 1
    assert [sent.to for sent in django_mail.outbox] == [[ADA]]


def test_many_workers_send_each_mail_once(server, deployment, in_parallel):
    for number in range(8):
        make_invitation(deployment, email=f"p{number}@example.com", send=True)

    sent = in_parallel(lambda: send_waiting(now=NOW))

    assert sum(sent) == 8
    assert len({mail["To"] for mail in server.mails}) == len(server.mails) == 8


def test_the_tasks_do_what_is_due(server, waiting):
    assert decide_events() is None
    assert send_invitations() is None

    # The link of this invitation has ended long before the clock of this machine.
    assert ada().expired_at is not None
    assert ada().mail == Mail.FAILED
