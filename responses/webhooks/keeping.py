"""What people and systems do with a webhook: change its secret, stop and start it,
send a test, and send again what was sent."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet

from deployments.doorbell import ring
from responses.webhooks import outbox
from responses.webhooks.events import TEST
from responses.webhooks.models import Delivery, Webhook
from responses.webhooks.signing import new_secret

OVERLAP = timedelta(hours=24)
State = Delivery.State


def rotate(*, webhook: Webhook, now: datetime, overlap: timedelta = OVERLAP) -> str:
    """Give it a new secret and return it; the one before signs as well for a while."""
    webhook.previous_secret = webhook.secret
    webhook.previous_until = now + overlap
    secret = webhook.secret = new_secret()
    webhook.save(update_fields=["secret", "previous_secret", "previous_until"])
    return secret


def pause(*, webhook: Webhook) -> None:
    """Send nothing; what happens meanwhile is kept."""
    Webhook.objects.filter(pk=webhook.pk).update(status=Webhook.Status.PAUSED)


def resume(*, webhook: Webhook, now: datetime) -> None:
    """Send again, beginning with what has waited."""
    Webhook.objects.filter(pk=webhook.pk).update(
        status=Webhook.Status.ACTIVE,
        failures=0,
        failing_since=None,
        rest_until=None,
        problem="",
    )
    waiting = Delivery.objects.filter(webhook=webhook, state=State.WAITING)
    waiting.filter(due_at__gt=now).update(due_at=now)
    ring(outbox.SEND_TASK)


def send_test(*, webhook: Webhook, now: datetime) -> Delivery:
    """Send an event that says it is a test, the way that all others go."""
    subject = uuid.uuid4().hex
    news = outbox.News(event=TEST, subject=subject, survey_id=0, at=now)
    delivery = outbox.row(webhook, news)
    outbox.put([delivery])
    return Delivery.objects.get(webhook=webhook, subject=subject)


def replay(*, deliveries: QuerySet[Delivery], now: datetime) -> int:
    """Send these again, under the ids that they had; return how many will be."""
    done = deliveries.filter(state__in=[State.DELIVERED, State.FAILED])
    count = done.update(state=State.WAITING, attempts=0, due_at=now, settled_at=None)
    if count:
        ring(outbox.SEND_TASK)
    return count
