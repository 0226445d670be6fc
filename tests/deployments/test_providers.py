"""What mail providers tell, each in its own form and with its own proof."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import warnings
from contextlib import contextmanager
from email import message_from_bytes

import pytest
from anymail.exceptions import AnymailInsecureWebhookWarning
from django.core.exceptions import ImproperlyConfigured

from config.mail import PROVIDERS, provider_settings
from deployments.invitations import send_waiting
from deployments.models import Invitation, Suppression
from tests.factories.deployments import NOW, make_deployment, make_invitation

PASSWORD = "postmark:a-long-secret"
KEY = "key-that-signs-all"


@pytest.fixture
def invitation(survey):
    made = make_invitation(make_deployment(survey), send=True)
    send_waiting(now=NOW)
    return Invitation.objects.get(pk=made.invitation.pk)


@pytest.fixture(autouse=True)
def hooks(settings):
    settings.EMAIL_HOOK_SECRETS = {"postmark": PASSWORD, "mailgun": KEY}


def postmark(client, *events, password=PASSWORD):
    proof = base64.b64encode(password.encode()).decode()
    answers = [
        client.post(
            "/hooks/email/postmark/",
            json.dumps(event),
            content_type="application/json",
            headers={"Authorization": f"Basic {proof}"},
        )
        for event in events
    ]
    return answers[0].status_code


def told(kind, invitation, **more):
    return {
        "RecordType": kind,
        "Recipient": "ada@example.com",
        "Email": "ada@example.com",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"invitation": str(invitation.public_id)},
        **more,
    }


def test_a_delivery_and_an_opening_are_noted(client, invitation):
    assert postmark(client, told("Delivery", invitation)) == 200
    assert postmark(client, told("Open", invitation)) == 200

    row = Invitation.objects.get()
    assert row.delivered_at
    assert row.read_at
    assert not Suppression.objects.exists()


def test_a_hard_bounce_gives_the_address_up(client, invitation):
    event = told("Bounce", invitation, Type="HardBounce", Description="No such box")

    assert postmark(client, event) == 200

    assert Invitation.objects.get().bounced_at
    assert Suppression.objects.get().reason == "bounced"


def test_a_full_mailbox_does_not(client, invitation):
    event = told("Bounce", invitation, Type="SoftBounce", Description="Full")

    postmark(client, event)

    assert Invitation.objects.get().bounce == "soft"
    assert not Suppression.objects.exists()


def test_a_complaint_and_an_opt_out_end_it(client, invitation):
    postmark(client, told("SpamComplaint", invitation, Type="SpamComplaint"))
    assert Suppression.objects.get().reason == "complained"

    Suppression.objects.all().delete()
    event = told("SubscriptionChange", invitation, SuppressSending=True)
    postmark(client, {**event, "SuppressionReason": "ManualSuppression"})
    assert Suppression.objects.get().reason == "opted_out"
    assert Invitation.objects.get().opted_out_at


def test_without_our_id_the_address_tells_which_mail_it_was(client, invitation):
    event = {**told("Delivery", invitation), "Metadata": {}}

    postmark(client, event)

    assert Invitation.objects.get().delivered_at


def test_who_does_not_prove_himself_is_refused(client, invitation):
    event = told("Bounce", invitation, Type="HardBounce")

    assert postmark(client, event, password="postmark:wrong-secret!") == 400
    assert client.post("/hooks/email/brevo/", {}).status_code == 404
    assert not Suppression.objects.exists()


def test_no_warning_is_given_where_there_is_a_password(client, invitation):
    with warnings.catch_warnings():
        warnings.simplefilter("error", AnymailInsecureWebhookWarning)
        postmark(client, told("Delivery", invitation))


def mailgun(client, invitation, key=KEY):
    stamp, token = str(int(NOW.timestamp())), "t" * 50
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256)
    body = {
        "signature": {
            "timestamp": stamp,
            "token": token,
            "signature": digest.hexdigest(),
        },
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "recipient": "ada@example.com",
            "timestamp": NOW.timestamp(),
            "id": "1",
            "message": {"headers": {"message-id": invitation.message_id.strip("<>")}},
            "delivery-status": {"code": 550, "message": "No such user"},
        },
    }
    return client.post(
        "/hooks/email/mailgun/", json.dumps(body), content_type="application/json"
    ).status_code


def test_a_signature_is_checked(client, invitation):
    assert mailgun(client, invitation, key="another-key-altogether") == 400
    assert not Suppression.objects.exists()

    assert mailgun(client, invitation) == 200

    assert Invitation.objects.get().bounced_at


@pytest.mark.parametrize("scheme", PROVIDERS)
def test_a_provider_is_named_by_its_address(scheme):
    found = provider_settings(f"{scheme}://k%2Fey:secret@mg.example.com")

    assert found["EMAIL_BACKEND"] == f"anymail.backends.{scheme}.EmailBackend"
    assert "k/ey" in found["ANYMAIL"].values()


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("amazon-ses://AKIA:s%2Fe+c@eu-central-1", ("AKIA", "s/e+c")),
        ("amazon-ses://us-gov-west-1", (None, None)),
    ],
)
def test_amazon_is_named_by_its_region_and_called_once(address, keys):
    found = provider_settings(address)

    client = found["ANYMAIL"]["AMAZON_SES_CLIENT_PARAMS"]
    assert found["EMAIL_BACKEND"] == "anymail.backends.amazon_ses.EmailBackend"
    assert keys == tuple(
        client.get(name) for name in ("aws_access_key_id", "aws_secret_access_key")
    )
    assert client["region_name"] in address
    assert client["config"]["retries"] == {"total_max_attempts": 1}


@pytest.mark.parametrize(
    "address", ["", "AKIA@eu-west-1", "AKIA:s@", "AKIA:s@eu", "AKIA:s/e@eu-west-1"]
)
def test_a_wrong_address_of_amazon_is_refused_without_its_secret(address):
    with pytest.raises(ImproperlyConfigured, match="KEY:SECRET@REGION") as refusal:
        provider_settings(f"amazon-ses://{address}")

    assert "AKIA" not in str(refusal.value)


def test_smtp_is_no_provider_and_a_missing_part_is_named():
    assert provider_settings("smtp://localhost:25") is None
    with pytest.raises(ImproperlyConfigured, match="postmark://KEY@"):
        provider_settings("postmark://")


@contextmanager
def serving(handler):
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def provider(status, body):
    """A provider's API on this machine."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            seen.append((self, json.loads(self.rfile.read(length))))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_args):
            pass

    with serving(Handler) as address:
        yield address, seen


@contextmanager
def silent():
    """Takes calls, and hangs up without an answer."""
    calls = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            calls.append(self.rfile.read(int(self.headers["Content-Length"])))

    with serving(Handler) as address:
        yield address, calls


def use(settings, address, url="postmark://token@"):
    found = provider_settings(f"{url}?api_url={address}")
    settings.EMAIL_BACKEND, settings.ANYMAIL = found["EMAIL_BACKEND"], found["ANYMAIL"]


def test_a_mail_goes_out_by_the_api_of_a_provider(survey, settings):
    taken = {"ErrorCode": 0, "Message": "OK", "MessageID": "1", "To": "ada@example.com"}
    with provider(200, [taken]) as (address, seen):
        use(settings, address)
        make_invitation(make_deployment(survey), send=True)
        assert send_waiting(now=NOW) == 1

    [(_call, body)] = seen
    [sent] = [body] if isinstance(body, dict) else body
    assert sent["Metadata"] == {"invitation": str(Invitation.objects.get().public_id)}
    headers = {one["Name"]: one["Value"] for one in sent["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("status", "state"),
    [(401, "waiting"), (422, "failed"), (429, "waiting"), (500, "unknown")],
)
def test_what_a_provider_refuses_is_told_by_its_kind(survey, settings, status, state):
    with provider(status, {"ErrorCode": 10, "Message": "No"}) as (address, _seen):
        use(settings, address)
        make_invitation(make_deployment(survey), send=True)
        send_waiting(now=NOW)

    assert Invitation.objects.get().mail == state


AMAZON = "amazon-ses://AKIA:secret@eu-central-1"


def test_a_mail_goes_out_by_the_api_of_amazon(survey, settings):
    with provider(200, {"MessageId": "0107018c"}) as (address, seen):
        use(settings, address, AMAZON)
        make_invitation(make_deployment(survey), send=True)
        assert send_waiting(now=NOW) == 1

    [(call, body)] = seen
    row = Invitation.objects.get()
    assert (row.mail, call.path) == ("sent", "/v2/email/outbound-emails")
    signed = call.headers["Authorization"]
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
    assert "/eu-central-1/ses/aws4_request" in signed
    assert body["Destination"] == {"ToAddresses": ["ada@example.com"]}
    sent = message_from_bytes(base64.b64decode(body["Content"]["Raw"]["Data"]))
    # By it the reports of Amazon SNS name the mail: Amazon gives it an id of its own.
    assert json.loads(sent["X-Metadata"]) == {"invitation": str(row.public_id)}
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in sent.walk()] == [
        *("multipart/alternative", "text/plain", "text/html"),
    ]


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (400, "MessageRejected", "failed"),
        (400, "BadRequestException", "failed"),
        (400, "LimitExceededException", "waiting"),
        (400, "SendingPausedException", "waiting"),
        (400, "AccountSuspendedException", "waiting"),
        (400, "MailFromDomainNotVerifiedException", "waiting"),
        (403, "SignatureDoesNotMatch", "waiting"),
        (429, "TooManyRequestsException", "waiting"),
        (500, "InternalFailure", "unknown"),
        (503, "ServiceUnavailable", "unknown"),
    ],
)
def test_what_amazon_refuses_is_told_by_its_kind(survey, settings, status, code, state):
    answer = {"__type": code, "message": "Amazon's own words"}
    with provider(status, answer) as (address, seen):
        use(settings, address, AMAZON)
        make_invitation(make_deployment(survey), send=True)
        send_waiting(now=NOW)

    row = Invitation.objects.get()
    assert row.mail == state
    assert "Amazon's own words" in row.mail_error
    assert len(seen) == 1  # a second call might be a second mail


@pytest.mark.parametrize("url", ["postmark://token@", AMAZON])
def test_mails_wait_while_a_provider_cannot_be_reached(survey, settings, url):
    with provider(200, {}) as (address, _seen):
        pass  # nobody listens there any more
    use(settings, address, url)
    make_invitation(make_deployment(survey), send=True)

    send_waiting(now=NOW)

    assert Invitation.objects.get().mail == "waiting"


@pytest.mark.parametrize("url", ["postmark://token@", AMAZON])
def test_an_answer_that_is_lost_leaves_a_doubt(survey, settings, url):
    with silent() as (address, calls):
        use(settings, address, url)
        make_invitation(make_deployment(survey), send=True)
        send_waiting(now=NOW)

    assert Invitation.objects.get().mail == "unknown"
    assert len(calls) == 1


def test_mails_wait_for_a_key_of_amazon(survey, settings, monkeypatch):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    use(settings, "http://127.0.0.1:9", "amazon-ses://eu-central-1")
    make_invitation(make_deployment(survey), send=True)

    send_waiting(now=NOW)

    row = Invitation.objects.get()
    assert row.mail == "waiting"
    assert "NoCredentialsError" in row.mail_error
