"""Mail that comes back is read as what it is, and never costs a good address."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.bounces import Bounce, Kind, Report, read, take
from deployments.email_hook import sign
from deployments.models import Invitation, Suppression
from deployments.signals import invitation_changed
from deployments.suppression import is_suppressed
from tests.factories.deployments import NOW, make_deployment, make_invitation

MAILS = Path(__file__).parents[3] / "shared/data/email"
SECRET = "a-secret-of-the-forwarder"

# Where our reading differs, knowingly. The first four say in plain words that there
# is no such user, while the list calls them filtered; the next three are not told as
# permanent or about the address; the last two hold no address in a form of mail.
OTHERWISE = {
    "lhost-amazonses-02": ["hard"],
    "lhost-postfix-03": ["hard"],
    "lhost-postfix-07": ["hard"],
    "lhost-sendmail-02": ["hard", "hard"],
    "lhost-postfix-01": ["hard"],
    "lhost-outlook-03": ["soft"],
    "lhost-postfix-05": ["soft"],
    "lhost-yahoo-09": ["soft"],
    "rfc3464-06": [],
    "lhost-amazonses-09": [],
    "lhost-exim-07": [],
}


def returned():
    if not MAILS.exists():
        return []
    return sorted((MAILS / "bounces").glob("*.eml"))


@pytest.mark.parametrize("path", returned(), ids=lambda path: path.stem)
def test_real_mails_that_came_back(path):
    expected = json.loads((MAILS / "bounces_expected.json").read_text())[path.stem]
    kinds = [
        "complaint"
        if one["reason"] == "feedback"
        else "hard"
        if one["hardbounce"]
        else "soft"
        for one in expected
    ]

    found = sorted(bounce.kind.value for bounce in read(path.read_bytes()).bounces)

    if path.stem == "arf-16":
        assert set(found) == {"complaint"}
    assert found == sorted(OTHERWISE.get(path.stem, kinds))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_report(raw):
    prefix = b"From: MAILER-DAEMON@x.org\nReturn-Path: <>\nSubject: failure\n\n"

    for each in (raw, prefix + raw):
        for bounce in read(each).bounces:
            assert bounce.kind in Kind


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: Hello\nFrom: bo@example.com\n\n<ada@example.com>: user unknown\n",
        b"Subject: Out of office\nFrom: ada@example.com\n\nI am away. ada@example.com\n",
    ],
)
def test_ordinary_mail_is_no_bounce(raw):
    assert read(raw).bounces == ()


def dsn(message_id, email="ada@example.com", status="5.1.1"):
    return (
        "From: MAILER-DAEMON@mx.example.com\nReturn-Path: <>\n"
        "Message-ID: <report@mx.example.com>\nSubject: Undelivered\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; {email}\nAction: failed\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 No such user here\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {message_id}\n"
        "Subject: How did we do?\n\nHello\n--b--\n"
    ).encode()


@pytest.fixture
def invitation(survey):
    invitation = make_invitation(make_deployment(survey), send=True).invitation
    Invitation.objects.filter(pk=invitation.pk).update(
        mail="sent",
        sent_at=NOW,
        message_id=f"<{invitation.public_id}@tellback.example>",
    )
    invitation.refresh_from_db()
    return invitation


@pytest.fixture
def heard():
    seen = []

    def hear(sender, invitation, milestone, **_):
        seen.append(milestone)

    invitation_changed.connect(hear)
    yield seen
    invitation_changed.disconnect(hear)


def test_a_hard_bounce_ends_it(invitation, heard):
    report = read(dsn(invitation.message_id, email="forwarded@example.net"))

    assert take(report=report, now=NOW) == {"hard": 1}
    assert take(report=report, now=NOW + timedelta(days=1)) == {"hard": 1}

    invitation.refresh_from_db()
    assert (invitation.bounce, invitation.bounced_at) == ("hard", NOW)
    assert "No such user" in invitation.bounce_said
    assert Suppression.objects.get().email == "ada@example.com"
    assert Suppression.objects.get().reason == "bounced"
    assert heard == ["bounced"]


def test_a_reminder_that_came_back_is_told_by_its_id(invitation):
    reminder = invitation.message_id.replace("@", ".f12@")

    assert take(report=read(dsn(reminder, email="x@example.net")), now=NOW) == {
        "hard": 1
    }


def test_a_soft_bounce_costs_nothing(invitation, heard):
    report = read(dsn(invitation.message_id, status="4.2.2"))

    assert take(report=report, now=NOW) == {"soft": 1}

    invitation.refresh_from_db()
    assert (invitation.bounce, invitation.bounced_at) == ("soft", None)
    assert not is_suppressed("ada@example.com")
    assert heard == ["bounced"]


def test_a_soft_bounce_after_a_hard_one_hides_nothing(invitation):
    take(report=read(dsn(invitation.message_id)), now=NOW)
    take(report=read(dsn(invitation.message_id, status="4.2.2")), now=NOW)

    invitation.refresh_from_db()
    assert invitation.bounce == "hard"


@pytest.mark.parametrize("mail", ["sending", "unknown"])
def test_what_was_perhaps_sent_can_come_back(invitation, mail):
    Invitation.objects.update(mail=mail, sent_at=None)

    assert take(report=read(dsn(invitation.message_id)), now=NOW) == {"hard": 1}

    assert is_suppressed("ada@example.com")


def test_a_test_that_comes_back_costs_nobody_the_address(invitation):
    Invitation.objects.update(is_test=True)

    assert take(report=read(dsn(invitation.message_id)), now=NOW) == {"hard": 1}

    assert not is_suppressed("ada@example.com")


def test_a_complaint_without_an_address_is_found_by_its_id(invitation):
    report = Report(
        bounces=(Bounce(email="", kind=Kind.COMPLAINT),),
        message_ids=("<other@example.com>", invitation.message_id),
    )

    assert take(report=report, now=NOW) == {"complaint": 1}
    assert Suppression.objects.get().reason == "complained"


def test_a_report_about_a_stranger_does_nothing(invitation):
    report = read(dsn("<x@example.com>", email="ceo@example.com"))

    assert take(report=report, now=NOW) == {"unknown": 1}
    assert not Suppression.objects.exists()


def test_an_invitation_that_was_never_mailed_cannot_come_back(survey):
    make_invitation(make_deployment(survey))

    report = Report(bounces=(Bounce(email="ada@example.com", kind=Kind.HARD),))
    assert take(report=report, now=NOW) == {"unknown": 1}


def post(client, body, *, secret=SECRET, provider="forwarder", age=0, **more):
    at = timezone.now() - timedelta(seconds=age)
    return client.post(
        f"/hooks/email/{provider}/",
        body,
        content_type=more.get("content_type", "application/json"),
        headers={"X-Tellback-Signature": sign(body, secret, at)},
    )


@pytest.fixture
def hook(settings):
    settings.EMAIL_HOOK_SECRETS = {"forwarder": SECRET}


def events(*some):
    return json.dumps({"events": list(some)}).encode()


def test_a_signed_report_is_taken(client, hook, invitation):
    event = {"type": "bounce", "message_id": invitation.message_id, "reason": "gone"}

    answer = post(
        client, events(event, {"type": "complaint", "email": "x@example.com"})
    )

    assert answer.status_code == 200
    assert answer.json() == {"taken": {"hard": 1, "unknown": 1}}
    assert is_suppressed("ada@example.com")


def test_a_mail_that_came_back_can_be_forwarded_whole(client, hook, invitation):
    body = dsn(invitation.message_id)

    answer = post(client, body, content_type="message/rfc822")

    assert answer.json() == {"taken": {"hard": 1}}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"secret": "another-secret-altogether"}, 403),
        ({"age": 301}, 403),
        ({"age": -400}, 403),
        ({"provider": "nobody"}, 404),
    ],
)
def test_what_is_not_signed_is_refused(client, hook, invitation, changes, status):
    event = {"type": "bounce", "email": "ada@example.com"}

    assert post(client, events(event), **changes).status_code == status
    assert not Suppression.objects.exists()


def test_a_signature_of_another_body_is_refused(client, hook, db):
    answer = client.post(
        "/hooks/email/forwarder/",
        events(),
        content_type="application/json",
        headers={"X-Tellback-Signature": sign(b"{}", SECRET, timezone.now())},
    )
    assert answer.status_code == 403
    assert (
        client.post("/hooks/email/forwarder/", b"{}", content_type="x/y").status_code
        == 403
    )
    assert client.get("/hooks/email/forwarder/").status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"events": 3}',
        b'{"events": [3]}',
        b'{"events": [{"type": "party", "email": "x@example.com"}]}',
        b'{"events": [{"type": "bounce"}]}',
        b"[" * 100_000,
    ],
)
def test_bad_bodies_are_said_to_be_bad(client, hook, db, body):
    answer = post(client, body)

    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_mailbox_file_is_read(invitation, tmp_path, capsys):
    box = tmp_path / "box"
    mail = dsn(invitation.message_id).decode()
    box.write_text(
        f"From x Mon Mar  2 09:00:00 2026\n{mail}\nFrom y Mon Mar  2 09:00:00 2026\n{mail}\n"
    )
    (tmp_path / "one.eml").write_bytes(dsn(invitation.message_id))

    call_command("read_bounces", str(box), str(tmp_path / "one.eml"))

    assert json.loads(capsys.readouterr().out) == {"mails": 3, "hard": 3}
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("read_bounces", str(tmp_path / "none"))
