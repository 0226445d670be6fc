"""Hears of deliveries, bounces, complaints and opt-outs from mail providers, each in
its own form and with its own proof: django-anymail reads and checks them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from anymail.signals import EventType, RejectReason
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from deployments.addresses import is_address, normal_address
from deployments.bounces.reports import Bounce, Kind, Report
from deployments.bounces.taking import find, take
from deployments.invitations import mark_delivered, mark_opted_out, mark_read
from deployments.models import Invitation, Suppression
from deployments.suppression import suppress
from surveys.texts import tidy


class WithPassword:
    """The proof is a name and a password, and there is always one."""

    warn_if_no_basic_auth = False


class Brevo(WithPassword, BrevoTrackingWebhookView): ...  # type: ignore[misc]


class Mailjet(WithPassword, MailjetTrackingWebhookView): ...  # type: ignore[misc]


class Postmark(WithPassword, PostmarkTrackingWebhookView): ...  # type: ignore[misc]


class SparkPost(WithPassword, SparkPostTrackingWebhookView): ...  # type: ignore[misc]


class Mailgun(WithPassword, MailgunTrackingWebhookView): ...  # type: ignore[misc]


# Provider -> its view, and how the secret proves who calls: a key that signs, or a
# name and a password.
VIEWS: Mapping[str, tuple[Any, str]] = {
    "brevo": (Brevo, "basic_auth"),
    "mailgun": (Mailgun, "webhook_signing_key"),
    "mailjet": (Mailjet, "basic_auth"),
    "postmark": (Postmark, "basic_auth"),
    "sparkpost": (SparkPost, "basic_auth"),
}
GONE = frozenset({RejectReason.BOUNCED, RejectReason.INVALID})
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
    if event.event_type == EventType.BOUNCED:
        gone = event.reject_reason in GONE and not _says_soft(event.esp_event)
        return Kind.HARD if gone else Kind.SOFT
    if event.event_type in {EventType.DEFERRED, EventType.REJECTED}:
        return Kind.SOFT
    return None


def _says_soft(told: Any) -> bool:
    """Some call a bounce soft in their own words, which are lost on the way."""
    if not isinstance(told, Mapping):
        return False
    words = (str(told.get(name, "")).lower() for name in ("Type", "event"))
    soft = any(word.replace("_", "") == "softbounce" for word in words)
    return soft or told.get("hard_bounce") is False


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


@transaction.atomic
def _opt_out(*, invitation: Invitation, now: datetime) -> None:
    suppress(
        email=invitation.email,
        reason=Suppression.Reason.OPTED_OUT,
        survey=invitation.deployment.survey,
        now=now,
    )
    mark_opted_out(invitation=invitation, now=now)


ACTS: Mapping[str, Callable[..., object]] = {
    EventType.DELIVERED: mark_delivered,
    EventType.OPENED: mark_read,
    EventType.UNSUBSCRIBED: _opt_out,
}
