"""Delivers what is due: each webhook gets its share, and a slow one holds up nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from deployments.encryption import UnreadableSecret
from responses.webhooks import events, outbox, schedule, signing
from responses.webhooks.models import Delivery, DeliveryAttempt, Webhook
from responses.webhooks.posting import Answer, post

# How long the log is kept, and what waits for a webhook that takes nothing.
KEPT = timedelta(days=30)
GONE = 410
State = Delivery.State
Status = Webhook.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sent for one delivery."""

    delivery: Delivery
    body: bytes
    headers: dict[str, str]


def deliver_due(*, clock: Callable[[], datetime], rng: Random | None = None) -> int:
    """Send some of what is due, and settle each by itself; return how many."""
    claimed = outbox.claim(now=clock())
    if not claimed:
        return 0
    parcels = [_packed(delivery, now=clock()) for delivery in claimed]
    # Threads only call out; the database is this thread's.
    with ThreadPoolExecutor(max_workers=len(parcels)) as pool:
        answers = list(pool.map(_send, parcels))
    for delivery, answer in zip(claimed, answers, strict=True):
        _settle(delivery, answer, now=clock(), rng=rng or Random())  # noqa: S311
    return len(claimed)


def _packed(delivery: Delivery, *, now: datetime) -> Parcel | Answer:
    try:
        return pack(delivery, now=now)
    except (UnreadableSecret, Webhook.DoesNotExist) as error:
        return Answer(problem=str(error))


def pack(delivery: Delivery, *, now: datetime) -> Parcel:
    """The body as it is now, signed by every secret that is valid."""
    hook = delivery.webhook
    body = json.dumps(
        document(delivery),
        cls=DjangoJSONEncoder,
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    secrets = [hook.secret]
    if hook.previous_secret and hook.previous_until and now < hook.previous_until:
        secrets.append(hook.previous_secret)
    signed = signing.headers(
        message=delivery.message_id,
        timestamp=int(now.timestamp()),
        body=body,
        secrets=secrets,
    )
    headers = {"Content-Type": "application/json", **signed}
    return Parcel(delivery=delivery, body=body, headers=headers)


def document(delivery: Delivery) -> dict[str, Any]:
    """What is told; what was erased since it happened is not in it."""
    at = delivery.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    data: dict[str, Any] = {"id": delivery.subject, **delivery.facts}
    if not delivery.webhook.thin:
        kind = delivery.event.partition(".")[0]
        data[kind] = events.describe(delivery.event, delivery.subject)
    return {"type": delivery.event, "timestamp": at, "data": data}


def _send(parcel: Parcel | Answer) -> Answer:
    if isinstance(parcel, Answer):
        return parcel
    url = parcel.delivery.webhook.url
    return post(url, body=parcel.body, headers=parcel.headers)


def _settle(delivery: Delivery, answer: Answer, *, now: datetime, rng: Random) -> None:
    due = schedule.next_try(attempt=delivery.attempts, now=now, rng=rng)
    state = State.DELIVERED if answer.well else State.WAITING if due else State.FAILED
    with transaction.atomic():
        mine = outbox.settle(
            delivery, state=state, due_at=now if answer.well else due or now, now=now
        )
        if not mine:
            return
        DeliveryAttempt.objects.create(
            delivery=delivery,
            number=delivery.attempts,
            at=now,
            milliseconds=answer.milliseconds,
            status=answer.status,
            problem=answer.problem,
            text=answer.text,
        )
        stopped = _note(delivery.webhook_id, answer, now)
    if stopped is not None:
        _tell(stopped)


def _note(pk: int, answer: Answer, now: datetime) -> Webhook | None:
    """Note how the webhook fares; return it when this try was its last."""
    hooks = Webhook.objects.filter(pk=pk)
    if answer.well:
        hooks.exclude(failures=0).update(
            failures=0, failing_since=None, rest_until=None, problem=""
        )
        return None
    hook = Webhook.unread().select_for_update().filter(pk=pk).first()
    if hook is None:
        return None
    asked = timedelta(seconds=answer.retry_after) if answer.retry_after else None
    pause = schedule.rest(failures=hook.failures + 1, asked=asked)
    hooks.update(
        failures=F("failures") + 1,
        failing_since=Coalesce("failing_since", now),
        rest_until=now + pause,
        problem=_said(answer),
    )
    gone = answer.status == GONE
    if not gone and not schedule.given_up(failing_since=hook.failing_since, now=now):
        return None
    stopped = hooks.filter(status=Status.ACTIVE).update(status=Status.DISABLED)
    hook.problem = _said(answer)
    return hook if stopped else None


def _said(answer: Answer) -> str:
    if answer.status is None:
        return answer.problem
    if 300 <= answer.status < 400:
        text = _("It answered %(status)d; a redirect is not followed.")
    else:
        text = _("It answered %(status)d.")
    return text % {"status": answer.status}


def _tell(hook: Webhook) -> None:
    """Mail those who look after the webhook that it was switched off."""
    addresses = hook.emails.split()
    if not addresses:
        return
    path = reverse("admin:webhooks_webhook_change", args=[hook.pk])
    text = _(
        "The webhook “%(name)s” was switched off: %(problem)s\n\n"
        "What happens is kept for it for %(days)d days. Switch it on again here, and "
        "it is sent:\n%(url)s"
    ) % {
        "name": hook.name,
        "problem": hook.problem,
        "days": KEPT.days,
        "url": f"{settings.BASE_URL}{path}",
    }
    subject = _("Tellback: the webhook “%(name)s” is off") % {"name": hook.name}
    EmailMessage(subject=" ".join(subject.split()), body=text, to=addresses).send(
        fail_silently=True
    )


def forget_old(*, now: datetime, batch: int = 5_000) -> int:
    """Delete the oldest of what nobody looks up any more, and what has no webhook."""
    old = Delivery.objects.filter(occurred_at__lt=now - KEPT)
    lost = Delivery.objects.exclude(webhook__in=Webhook.objects.values("pk"))
    count = 0
    for rows in (old, lost):
        keys: Sequence[int] = list(rows.values_list("pk", flat=True)[:batch])
        DeliveryAttempt.objects.filter(delivery__in=keys).delete()
        count += Delivery.objects.filter(pk__in=keys).delete()[0]
    return count
