"""Mail providers whose reports are signed: SendGrid, Resend and Amazon SES."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from django.utils import timezone

from deployments.invitations import send_waiting
from deployments.models import Invitation, Suppression
from tests.factories.deployments import NOW, make_deployment, make_invitation

ES_KEY = ec.generate_private_key(ec.SECP256R1())
SVIX = "whsec_" + base64.b64encode(b"a key of Svix, 24 bytes.").decode()
PASSWORD = "amazon:a-long-secret"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:mail"


@pytest.fixture
def invitation(survey):
    made = make_invitation(make_deployment(survey), send=True)
    send_waiting(now=NOW)
    return Invitation.objects.get(pk=made.invitation.pk)


@pytest.fixture(autouse=True)
def hooks(settings):
    public = ES_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    settings.EMAIL_HOOK_SECRETS = {
        "sendgrid": base64.b64encode(public).decode(),
        "resend": SVIX,
        "amazon_ses": PASSWORD,
    }


def state():
    row = Invitation.objects.get()
    return row.bounce, list(Suppression.objects.values_list("reason", flat=True))


# -- SendGrid


def sendgrid(client, *events, key=ES_KEY, at="1760000000"):
    body = json.dumps(events).encode()
    proof = key.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
    return client.post(
        "/hooks/email/sendgrid/",
        body,
        content_type="application/json",
        headers={
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(proof).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": at,
        },
    ).status_code


def grid(invitation, event, **more):
    return {
        "email": "ada@example.com",
        "timestamp": 1760000000,
        "smtp-id": invitation.message_id,
        "event": event,
        "sg_event_id": "ZGVsaXZlcmVkLTAtMjQ",
        "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv",
        "invitation": str(invitation.public_id),
        **more,
    }


def test_sendgrid_tells_of_deliveries_and_openings(client, invitation):
    told = [
        grid(invitation, "processed"),
        grid(invitation, "delivered", response="250 OK"),
        grid(invitation, "open", useragent="Mozilla/5.0"),
    ]

    assert sendgrid(client, *told) == 200

    row = Invitation.objects.get()
    assert row.delivered_at
    assert row.read_at


@pytest.mark.parametrize(
    ("kind", "found"), [("bounce", ("hard", ["bounced"])), ("blocked", ("soft", []))]
)
def test_sendgrid_tells_a_bounce_from_a_block(client, invitation, kind, found):
    event = grid(invitation, "bounce", type=kind, status="5.1.1", reason="550 No")

    assert sendgrid(client, event) == 200

    assert state() == found


def test_sendgrid_drops_what_bounced_before(client, invitation):
    sendgrid(client, grid(invitation, "dropped", reason="Bounced Address"))

    assert state() == ("hard", ["bounced"])


def test_who_does_not_sign_as_sendgrid_is_refused(client, invitation):
    other = ec.generate_private_key(ec.SECP256R1())
    event = grid(invitation, "spamreport")

    assert sendgrid(client, event, key=other) == 400
    assert client.post("/hooks/email/sendgrid/", {}).status_code == 400
    assert state() == ("", [])

    assert sendgrid(client, event) == 200
    assert state() == ("complaint", ["complained"])


def test_a_signed_report_that_cannot_be_read_is_a_bad_request(client, invitation):
    assert sendgrid(client, "not an event") == 400


# -- Resend


def resend(client, event, *, secret=SVIX, at=None, body=None):
    body = json.dumps(event).encode() if body is None else body
    stamp = str(int((at or timezone.now()).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"msg_1.{stamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return client.post(
        "/hooks/email/resend/",
        body,
        content_type="application/json",
        headers={
            "svix-id": "msg_1",
            "svix-timestamp": stamp,
            "svix-signature": f"v1,AAAA v1,{base64.b64encode(digest).decode()}",
        },
    ).status_code


def from_resend(invitation, kind, **data):
    metadata = json.dumps({"invitation": str(invitation.public_id)})
    return {
        "type": kind,
        "created_at": "2026-02-22T23:41:12.126Z",
        "data": {
            "created_at": "2026-02-22T23:41:11.894719+00:00",
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Acme <acme@example.com>",
            "to": ["ada@example.com"],
            "subject": "How did we do?",
            "headers": [{"name": "X-Metadata", "value": metadata}],
            **data,
        },
    }


def test_resend_tells_what_became_of_a_mail(client, invitation):
    assert resend(client, from_resend(invitation, "email.delivered")) == 200
    assert Invitation.objects.get().delivered_at

    assert resend(client, from_resend(invitation, "email.complained")) == 200
    assert state() == ("complaint", ["complained"])


@pytest.mark.parametrize(
    ("kind", "found"),
    [("Permanent", ("hard", ["bounced"])), ("Transient", ("soft", []))],
)
def test_resend_tells_for_good_from_for_now(client, invitation, kind, found):
    bounce = {
        "type": kind,
        "subType": "General",
        "message": "The recipient's email provider sent a bounce message.",
    }

    assert (
        resend(client, from_resend(invitation, "email.bounced", bounce=bounce)) == 200
    )

    assert state() == found


def test_a_signature_of_svix_is_checked(client, invitation):
    event = from_resend(invitation, "email.complained")
    other = "whsec_" + base64.b64encode(b"another key altogether..").decode()

    assert resend(client, event, secret=other) == 400
    assert resend(client, event, at=timezone.now() - timedelta(minutes=6)) == 400
    assert client.post("/hooks/email/resend/", {}).status_code == 400
    assert resend(client, None, body=b"{broken") == 400
    assert state() == ("", [])


# -- Amazon SES


@pytest.fixture(scope="module")
def amazon():
    """A stand-in of Amazon SNS: its certificate, and who confirmed a subscription."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(certificate.public_bytes(serialization.Encoding.PEM))

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", key, asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def sns(client, settings, amazon):
    origin, key, asked = amazon
    settings.SNS_EXTRA_HOSTS = [origin]
    asked.clear()

    def post(message, *, signer=key, version="2", password=PASSWORD, **spoiled):
        told = {
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Timestamp": "2026-05-02T00:54:06.655Z",
            "SignatureVersion": version,
            "SigningCertURL": f"{origin}/SimpleNotificationService-01.pem",
            **message,
        }
        names = [
            *("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp"),
            *("Token", "TopicArn", "Type"),
        ]
        text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
        kind = hashes.SHA256() if version == "2" else hashes.SHA1()
        proof = signer.sign(text.encode(), padding.PKCS1v15(), kind)
        told = {**told, "Signature": base64.b64encode(proof).decode(), **spoiled}
        basic = base64.b64encode(password.encode()).decode()
        return client.post(
            "/hooks/email/amazon_ses/",
            json.dumps(told),
            content_type="text/plain; charset=UTF-8",
            headers={
                "x-amz-sns-message-type": told["Type"],
                "x-amz-sns-message-id": told["MessageId"],
                "Authorization": f"Basic {basic}",
            },
        ).status_code

    return post


def from_ses(invitation, kind, **more):
    metadata = json.dumps({"invitation": str(invitation.public_id)})
    return {
        "Type": "Notification",
        "Message": json.dumps(
            {
                "notificationType": kind,
                "mail": {
                    "timestamp": "2026-01-27T14:59:38.237Z",
                    "messageId": "00000137860315fd-869464a4-8680-4114-98d3-716fe35851f9",
                    "destination": ["ada@example.com"],
                    "headers": [{"name": "X-Metadata", "value": metadata}],
                },
                **more,
            }
        ),
    }


def bounced(kind):
    return {
        "bounceType": kind,
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "ada@example.com",
                "status": "5.0.0",
                "diagnosticCode": "smtp; 550 user unknown",
            }
        ],
    }


@pytest.mark.parametrize("version", ["1", "2"])
def test_amazon_tells_of_a_delivery(sns, invitation, version):
    delivery = {"recipients": ["ada@example.com"], "smtpResponse": "250 ok"}

    told = from_ses(invitation, "Delivery", delivery=delivery)
    assert sns(told, version=version) == 200

    assert Invitation.objects.get().delivered_at


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("Permanent", ("hard", ["bounced"])),
        ("Transient", ("soft", [])),
        ("Undetermined", ("soft", [])),
    ],
)
def test_amazon_tells_for_good_from_for_now(sns, invitation, kind, found):
    assert sns(from_ses(invitation, "Bounce", bounce=bounced(kind))) == 200

    assert state() == found


def test_amazon_tells_of_a_complaint(sns, invitation):
    complaint = {"complainedRecipients": [{"emailAddress": "ada@example.com"}]}

    assert sns(from_ses(invitation, "Complaint", complaint=complaint)) == 200

    assert state() == ("complaint", ["complained"])


def test_a_subscription_is_confirmed_at_the_address_amazon_gives(sns, amazon):
    origin, _key, asked = amazon
    told = {
        "Type": "SubscriptionConfirmation",
        "Token": "2336412f37",
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": f"{origin}/?Action=ConfirmSubscription",
    }

    assert sns(told) == 200
    assert asked[-1] == "/?Action=ConfirmSubscription"

    asked.clear()
    elsewhere = "https://sns.eu-central-1.amazonaws.com.evil.example/"
    assert sns({**told, "SubscribeURL": elsewhere}) == 400
    assert not [one for one in asked if "Confirm" in one]


def test_what_amazon_has_not_signed_is_refused(sns, invitation):
    event = from_ses(invitation, "Bounce", bounce=bounced("Permanent"))
    other = rsa.generate_private_key(65537, 2048)

    assert sns(event, signer=other) == 400
    assert sns(event, password="amazon:wrong-secret") == 400
    assert sns(event, SignatureVersion="3") == 400
    assert sns(event, SigningCertURL="https://evil.example/x.pem") == 400
    assert sns(event, Signature="no base64!") == 400
    assert state() == ("", [])
