"""Hears of deliveries, bounces, complaints and opt-outs from mail providers, each in
its own form and with its own proof: django-anymail reads and checks them."""

from __future__ import annotations

import re
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from anymail.exceptions import (
    AnymailError,
    AnymailNotSupportedWarning,
    AnymailWebhookValidationFailure,
)
from anymail.signals import EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailBaseWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from deployments.addresses import is_address, normal_address
from deployments.bounces import proofs
from deployments.bounces.reports import Bounce, Kind, Report
from deployments.bounces.taking import find, take
from deployments.invitations import mark_delivered, mark_read, opt_out
from surveys.texts import tidy

# SendGrid still tells what it always told; anymail only sends no mail by it any more.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, AnymailError)


class Proved:
    """Whoever calls proves himself, and what cannot be read is his mistake."""

    warn_if_no_basic_auth = False

    def parse_events(self, request: HttpRequest) -> Any:
        try:
            return super().parse_events(request)  # type: ignore[misc]
        except UNREADABLE as error:
            raise BadRequest("The report cannot be read.") from error


class Brevo(Proved, BrevoTrackingWebhookView): ...  # type: ignore[misc]


class Mailjet(Proved, MailjetTrackingWebhookView): ...  # type: ignore[misc]


class Postmark(Proved, PostmarkTrackingWebhookView): ...  # type: ignore[misc]


class SparkPost(Proved, SparkPostTrackingWebhookView): ...  # type: ignore[misc]


class Mailgun(Proved, MailgunTrackingWebhookView): ...  # type: ignore[misc]


class SendGrid(Proved, SendGridTrackingWebhookView): ...  # type: ignore[misc]


class Resend(Proved, ResendTrackingWebhookView):  # type: ignore[misc]
    """Signed by Svix, which is checked here: anymail needs a library of its own."""

    svix_secret = ""
    _svix_webhook = None

    def __init__(self, **kwargs: Any) -> None:
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        try:
            proofs.check_svix(
                request.headers, request.body, self.svix_secret, timezone.now()
            )
        except proofs.Unproved as error:
            raise AnymailWebhookValidationFailure(str(error)) from error


class AmazonSES(Proved, AmazonSESTrackingWebhookView):  # type: ignore[misc]
    """A name and a password prove whose topic it is, the signature that Amazon calls.

    A subscription is confirmed at its address: no key of Amazon's is needed.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.auto_confirm_enabled = True
        AnymailBaseWebhookView.__init__(self, **kwargs)

    def validate_request(self, request: HttpRequest) -> None:
        try:
            proofs.check_sns(self._parse_sns_message(request))
        except (proofs.Unproved, *UNREADABLE) as error:
            raise AnymailWebhookValidationFailure(str(error)) from error

    def auto_confirm_sns_subscription(self, sns_message: Mapping[str, object]) -> None:
        try:
            proofs.confirm_sns(sns_message)
        except proofs.Unproved as error:
            raise AnymailWebhookValidationFailure(str(error)) from error


# Provider -> its view, and how the secret proves who calls: a key that signs, or a
# name and a password.
VIEWS: Mapping[str, tuple[Any, str]] = {
    "amazon_ses": (AmazonSES, "basic_auth"),
    "brevo": (Brevo, "basic_auth"),
    "mailgun": (Mailgun, "webhook_signing_key"),
    "mailjet": (Mailjet, "basic_auth"),
    "postmark": (Postmark, "basic_auth"),
    "resend": (Resend, "svix_secret"),
    "sendgrid": (SendGrid, "tracking_webhook_verification_key"),
    "sparkpost": (SparkPost, "basic_auth"),
}
GONE = frozenset({RejectReason.BOUNCED, RejectReason.INVALID})
# How they call it in their own words, which are lost on the way.
WORDS = (
    ("Type",),
    ("event",),
    ("bounce", "bounceType"),
    ("data", "bounce", "type"),
)
HARD_WORDS = frozenset({"hardbounce", "permanent"})
SOFT_WORDS = frozenset({"softbounce", "transient", "undetermined"})
OURS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def view_of(provider: str, secret: str) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the view of a provider; it refuses whoever does not prove himself."""
    view, proof = VIEWS[provider]
    made: Callable[[HttpRequest], HttpResponseBase] = view.as_view(
        **{proof: [secret] if proof == "basic_auth" else secret}
    )
    return made


def hear(*, event: Any, **_signal: Any) -> None:
    """Take one event that a provider told."""
    now = timezone.now()
    bounce = _bounce(event)
    ids = _message_ids(event)
    if bounce:
        take(report=Report(bounces=(bounce,), message_ids=ids), now=now)
        return
    act = ACTS.get(event.event_type)
    invitation = find(_address(event), ids) if act else None
    if act and invitation:
        act(invitation=invitation, now=now)


def _bounce(event: Any) -> Bounce | None:
    kind = _kind(event)
    if kind is None:
        return None
    said = tidy(str(event.mta_response or event.description or ""))
    return Bounce(email=_address(event), kind=kind, said=said[:500])


def _kind(event: Any) -> Kind | None:
    """An address is given up only where the provider says that it is no good."""
    if event.event_type == EventType.COMPLAINED:
        return Kind.COMPLAINT
    if event.event_type in {EventType.BOUNCED, EventType.REJECTED}:
        return Kind.HARD if _is_gone(event) else Kind.SOFT
    return Kind.SOFT if event.event_type == EventType.DEFERRED else None


def _is_gone(event: Any) -> bool:
    told = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    words = set(_words(told))
    if words & SOFT_WORDS or told.get("hard_bounce") is False:
        return False
    if told.get("event") == "bounce" and "sg_event_id" in told:
        return bool(told.get("type") == "bounce")  # else it was only blocked
    return event.reject_reason in GONE or bool(words & HARD_WORDS)


def _words(told: Mapping[str, Any]) -> Iterator[str]:
    for path in WORDS:
        found: Any = told
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            yield found.lower().replace("_", "")


def _address(event: Any) -> str:
    email = normal_address(str(event.recipient or ""))
    return email if is_address(email) else ""


def _message_ids(event: Any) -> tuple[str, ...]:
    """The id as it was sent along, else the one of the mail."""
    ours = str((event.metadata or {}).get("invitation", "")).lower()
    if OURS.match(ours):
        return (f"<{uuid.UUID(ours)}@>",)
    told = str(event.message_id or "").strip("<> ")
    return (f"<{told}>",) if told else ()


ACTS: Mapping[str, Callable[..., object]] = {
    EventType.DELIVERED: mark_delivered,
    EventType.OPENED: mark_read,
    EventType.UNSUBSCRIBED: opt_out,
}
