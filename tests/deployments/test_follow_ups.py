"""Reminders go to who has not finished, thank-yous to who has, and to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from deployments import counting
from deployments.bounces import Bounce, Kind, Report, take
from deployments.invitations import cancel, mark_completed, send_waiting
from deployments.models import (
    Ask,
    Cap,
    Deployment,
    FollowUp,
    FollowUpMail,
    Invitation,
)
from deployments.suppression import suppress
from tests.deployments.smtp import mail_server
from tests.factories.deployments import NOW, make_deployment, make_invitation

DAY = timedelta(days=1)
LATE = NOW + 5 * DAY


@pytest.fixture
def server(settings):
    with mail_server(settings) as server:
        yield server


@pytest.fixture
def deployment(survey):
    deployment = make_deployment(survey)
    for hours in (72, 168):
        FollowUp.objects.create(deployment=deployment, after_hours=hours)
    FollowUp.objects.create(deployment=deployment, kind="thanks", after_hours=1)
    FollowUp.objects.update(created_at=NOW)
    return deployment


@pytest.fixture
def invitation(deployment, server):
    invitation = make_invitation(deployment, name="Ada", send=True).invitation
    assert send_waiting(now=NOW) == 1
    invitation.refresh_from_db()
    return invitation


def states():
    return list(FollowUpMail.objects.order_by("pk").values_list("mail", flat=True))


def test_two_reminders_and_no_third(invitation, server):
    for day in range(12):
        send_waiting(now=NOW + day * DAY)

    first, *reminders = server.mails
    assert len(reminders) == 2
    assert states() == ["sent", "sent"]
    assert reminders[0]["Subject"] == "A reminder: How did we do?"
    assert reminders[0]["In-Reply-To"] == first["Message-ID"]
    ids = {mail["Message-ID"] for mail in server.mails}
    assert len(ids) == 3
    link = f"/s/{Invitation.objects.get().token}/"
    assert all(link in mail.get_body(("plain",)).get_content() for mail in server.mails)
    assert all(mail["List-Unsubscribe-Post"] for mail in server.mails)


def test_own_words_in_the_language_of_the_person(deployment, server):
    FollowUp.objects.update(
        subject={"de": "Noch einmal"}, body={"de": "Hier: {{ link }}"}
    )
    make_invitation(deployment, language="de", send=True)
    send_waiting(now=NOW)

    send_waiting(now=NOW + 3 * DAY)

    assert server.mails[-1]["Subject"] == "Noch einmal"
    text = server.mails[-1].get_body(("plain",)).get_content()
    assert text.startswith("Hier: http")


def test_who_has_answered_is_thanked_and_not_reminded(invitation, server):
    mark_completed(invitation=invitation, now=NOW + DAY)
    for day in range(12):
        send_waiting(now=NOW + day * DAY + timedelta(hours=2))

    assert len(server.mails) == 2
    assert states() == ["stopped", "stopped", "sent"]
    thanks = server.mails[-1].get_body(("plain",)).get_content()
    assert "thank you for your answers" in thanks
    assert (
        invitation.token not in thanks.split("unsubscribe")[0].split("opt-out")[0][:60]
    )


def test_who_has_answered_without_a_name_is_thanked_with_the_others_of_the_day(
    deployment, server
):
    Deployment.objects.update(anonymous=True)
    FollowUp.objects.update(created_at=NOW - 2 * DAY)
    day = NOW.replace(hour=0, minute=0)
    first, second = (
        make_invitation(deployment, email=f"{name}@example.com").invitation
        for name in ("ada", "grace")
    )
    mark_completed(invitation=second, now=day)
    send_waiting(now=NOW + timedelta(hours=2))
    assert states() == []
    mark_completed(invitation=first, now=day)

    send_waiting(now=NOW + DAY)

    asked = FollowUpMail.objects.order_by("pk").values_list("invitation", flat=True)
    assert list(asked) == [first.pk, second.pk]
    assert states() == ["sent", "sent"]


def test_thanks_are_put_on_the_schedule_once(invitation):
    mark_completed(invitation=invitation, now=NOW + DAY)
    mark_completed(invitation=invitation, now=NOW + 2 * DAY)
    for _ in range(2):
        send_waiting(now=NOW + 2 * DAY)

    assert FollowUpMail.objects.filter(follow_up__kind="thanks").count() == 1


def test_who_answered_before_there_was_a_thank_you_is_not_thanked(invitation, server):
    mark_completed(invitation=invitation, now=NOW + DAY)
    FollowUp.objects.update(created_at=NOW + 2 * DAY)

    send_waiting(now=NOW + 3 * DAY)

    assert len(server.mails) == 1


@pytest.mark.parametrize("what", ["opted out", "bounced", "complained", "cancelled"])
def test_what_stops_the_reminders(invitation, server, what):
    if what == "opted out":
        suppress(email=invitation.email, reason="opted_out", now=NOW)
    elif what == "cancelled":
        cancel(invitation=invitation, now=NOW)
    else:
        kind = Kind.HARD if what == "bounced" else Kind.COMPLAINT
        take(
            report=Report(bounces=(Bounce(email=invitation.email, kind=kind),)), now=NOW
        )

    for day in range(12):
        send_waiting(now=NOW + day * DAY)

    assert len(server.mails) == 1
    assert states() == ["stopped", "stopped"]
    assert all(FollowUpMail.objects.values_list("mail_error", flat=True))


def test_nobody_is_reminded_when_the_link_has_ended(invitation, server):
    Invitation.objects.update(expires_at=NOW + 2 * DAY)

    send_waiting(now=NOW + 4 * DAY)

    assert states() == ["stopped", "waiting"]


def test_a_follow_up_that_was_switched_off_stops(invitation, server):
    FollowUp.objects.update(is_active=False)

    send_waiting(now=NOW + 4 * DAY)

    assert states() == ["stopped", "waiting"]


def test_a_paused_deployment_holds_its_reminders(invitation, server):
    Deployment.objects.update(status="paused")
    send_waiting(now=NOW + 4 * DAY)
    assert states() == ["waiting", "waiting"]

    Deployment.objects.update(status="live")
    send_waiting(now=NOW + 5 * DAY)
    assert states() == ["sent", "waiting"]


def test_a_reminder_keeps_to_the_window(deployment, server):
    Deployment.objects.update(
        send_days=[1, 2, 3, 4, 5], send_from=time(8), send_until=time(17)
    )
    make_invitation(deployment, now=NOW, send=True)
    send_waiting(now=NOW)

    first = FollowUpMail.objects.order_by("mail_due_at").first()
    assert first.mail_due_at == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
    sunday = datetime(2026, 3, 8, 9, 0, tzinfo=UTC)
    assert send_waiting(now=sunday) == 0
    first.refresh_from_db()
    assert first.mail_due_at == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def test_reminders_count_where_the_limit_says_so(invitation, server):
    Cap.objects.create(name="Two mails", most=2, span=90, counts_reminders=True)

    for day in range(12):
        send_waiting(now=NOW + day * DAY)

    assert states() == ["sent", "stopped"]
    assert "Two mails" in FollowUpMail.objects.get(mail="stopped").mail_error
    assert Ask.objects.filter(is_follow_up=True).count() == 1


def test_reminders_do_not_count_elsewhere(invitation, server):
    Cap.objects.create(name="One invitation", most=1, span=90)

    for day in range(12):
        send_waiting(now=NOW + day * DAY)

    assert states() == ["sent", "sent"]


def test_a_reminder_is_tried_again_and_counted_once(invitation, server):
    server.data["ada@example.com"] = "451 Later"
    send_waiting(now=NOW + 3 * DAY)
    assert FollowUpMail.objects.first().mail == "waiting"
    server.data.clear()

    send_waiting(now=NOW + 4 * DAY)

    assert states() == ["sent", "waiting"]
    assert Ask.objects.filter(is_follow_up=True).count() == 1


def test_a_reminder_that_waited_for_the_hour_is_counted_once(
    invitation, server, deployment
):
    server.data["ada@example.com"] = "451 Later"
    send_waiting(now=NOW + 3 * DAY)
    server.data.clear()
    Cap.objects.create(name="Two mails", most=2, span=90, counts_reminders=True)
    Deployment.objects.update(send_from=time(12), send_until=time(13))
    send_waiting(now=NOW + 4 * DAY)
    assert FollowUpMail.objects.first().mail_attempts == 1

    send_waiting(now=NOW + 4 * DAY + timedelta(hours=3, minutes=30))

    assert states()[0] == "sent"


@pytest.mark.parametrize("became", ["failed", "stopped"])
def test_a_reminder_that_was_not_sent_after_all_does_not_count(
    invitation, server, deployment, became
):
    server.data["ada@example.com"] = "451 Later"
    send_waiting(now=NOW + 3 * DAY)
    cap = Cap.objects.create(name="All", most=9, span=90, counts_reminders=True)

    def times():
        [asked] = counting.count([cap], email=invitation.email, records={}, now=LATE)
        return asked.times

    assert times() == 2
    FollowUpMail.objects.update(mail=became)
    assert times() == 1
    FollowUp.objects.all().delete()
    assert Ask.objects.filter(is_follow_up=True).count() == 1


def test_thanks_count_where_the_limit_says_so(invitation, server):
    Cap.objects.create(name="One mail", most=1, span=90, counts_reminders=True)
    mark_completed(invitation=invitation, now=NOW)

    for hours in (2, 3):
        send_waiting(now=NOW + timedelta(hours=hours))

    thanks = FollowUpMail.objects.get(follow_up__kind="thanks")
    assert (thanks.mail, "One mail" in thanks.mail_error) == ("stopped", True)


def test_a_reminder_whose_worker_died_was_perhaps_sent(invitation, server):
    FollowUpMail.objects.update(mail="sending", mail_due_at=NOW)

    send_waiting(now=NOW + DAY)

    assert states() == ["unknown", "unknown"]


def test_many_workers_send_each_reminder_once(deployment, settings, in_parallel):
    with mail_server(settings) as server:
        for number in range(6):
            make_invitation(deployment, email=f"p{number}@example.com", send=True)
        send_waiting(now=NOW)
        server.mails.clear()

        in_parallel(lambda: send_waiting(now=NOW + 3 * DAY))

        assert sorted(mail["To"] for mail in server.mails) == [
            f"p{number}@example.com" for number in range(6)
        ]


def test_in_test_mode_everything_goes_to_the_safe_address(deployment, server):
    Deployment.objects.update(test_mode=True, test_address="safe@example.net")
    deployment.refresh_from_db()
    make_invitation(deployment, email="ada@example.com", send=True)

    for day in range(5):
        send_waiting(now=NOW + day * DAY)

    assert [mail["To"] for mail in server.mails] == ["safe@example.net"] * 2
    assert all(mail["Subject"].startswith("[Test] ") for mail in server.mails)
    assert Invitation.objects.get().is_test


def test_what_waits_for_people_waits_until_the_test_is_over(deployment, server):
    make_invitation(deployment, email="ada@example.com", send=True)
    Deployment.objects.update(test_mode=True, test_address="safe@example.net")

    send_waiting(now=NOW)
    assert server.mails == []
    Deployment.objects.update(test_mode=False)
    send_waiting(now=NOW + timedelta(minutes=30))

    assert [mail["To"] for mail in server.mails] == ["ada@example.com"]


@pytest.mark.parametrize("channel", Deployment.Channel.values)
def test_who_was_tried_out_on_can_still_be_asked(survey, channel):
    deployment = make_deployment(
        survey, channel=channel, test_mode=True, test_address="safe@example.net"
    )
    told = {"record_key": "case:1", "event_key": "once"}
    tried = make_invitation(deployment, **told)
    again = make_invitation(deployment, **told)
    deployment.test_mode = False
    asked = make_invitation(deployment, **told)

    assert (tried.created, again.created, asked.created) == (True, False, True)
    assert again.invitation == tried.invitation
    assert (tried.invitation.is_test, asked.invitation.is_test) == (True, False)


def test_without_a_safe_address_a_test_mails_nobody(deployment, server):
    Deployment.objects.update(test_mode=True, test_address="")
    deployment.refresh_from_db()
    make_invitation(deployment, send=True)

    send_waiting(now=NOW)

    assert server.mails == []
    assert Invitation.objects.get().mail == "failed"
