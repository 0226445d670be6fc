"""Owns the outbox: what happened waits here until it is delivered or given up.

The rows are made in the transaction of what happened; workers claim them with a lease,
so that one that dies costs a delay and one that comes back late changes nothing.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from deployments.doorbell import ring
from responses.webhooks.models import Delivery, Webhook

SEND_TASK = "responses.webhooks.tasks.send"
# Longer than the longest call.
LEASE = timedelta(minutes=2)
# Taken in one go, and sent all at once, so that none waits while its lease runs.
AT_ONCE = 16
# Of one webhook; another is not held up by its backlog.
SHARE = 10
# A webhook that is made in one process is heard in every other after this.
HEARD_AFTER = 2.0
State = Delivery.State
OPEN = (State.WAITING, State.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing that happened."""

    event: str
    subject: str
    survey_id: int
    at: datetime
    # What belongs together; by itself, if it is not said.
    thread: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Wanted:
    """What anybody wants to be told, so that most events cost no query at all."""

    events: frozenset[str] = frozenset()
    looked_at: float = -HEARD_AFTER

    def has(self, event: str) -> bool:
        now = time.monotonic()
        if now - self.looked_at >= HEARD_AFTER:
            lists = Webhook.objects.order_by().values_list("events", flat=True)
            self.events = frozenset(name for names in lists for name in names)
            self.looked_at = now
        return event in self.events

    def forget(self) -> None:
        self.looked_at = -HEARD_AFTER


wanted = Wanted()


@receiver([post_save, post_delete], sender=Webhook)
def _look_again(**_signal: Any) -> None:
    wanted.forget()


def wants(event: str) -> bool:
    """Is there anybody who is told of it? For who has much to gather before."""
    return wanted.has(event)


def publish(news: Iterable[News]) -> int:
    """Put what happened into the outbox of every webhook that wants it."""
    told = [one for one in news if wants(one.event)]
    if not told:
        return 0
    hooks = list(Webhook.unread())
    rows = [
        row(hook, one)
        for one in told
        for hook in hooks
        if one.event in hook.events and hook.survey_id in {None, one.survey_id}
    ]
    put(rows)
    return len(rows)


def row(hook: Webhook, news: News) -> Delivery:
    return Delivery(
        webhook=hook,
        event=news.event,
        subject=news.subject,
        thread=news.thread or news.subject,
        facts=dict(news.facts),
        occurred_at=news.at,
        due_at=news.at,
    )


def put(rows: Sequence[Delivery]) -> None:
    if rows:
        Delivery.objects.bulk_create(rows)
        ring(SEND_TASK)


def claim(*, now: datetime, most: int = AT_ONCE) -> list[Delivery]:
    """Take some due deliveries of the webhooks that take any now, each in turn.

    A secret is not read with them: one that cannot be read spoils its own alone.
    """
    turns = sorted(
        (turn, due_at, key)
        for hook in _ready(now)
        for turn, (due_at, key) in enumerate(_due(hook, now))
    )
    keys = [key for _turn, _due_at, key in turns[:most]]
    if not keys:
        return []
    token = uuid.uuid4()
    with transaction.atomic():
        Delivery.objects.filter(Q(due_at__lte=now), pk__in=keys, state__in=OPEN).update(
            state=State.SENDING,
            lease_token=token,
            due_at=now + LEASE,
            attempts=F("attempts") + 1,
        )
    mine = Delivery.objects.filter(lease_token=token).order_by("pk")
    return list(mine.prefetch_related(Prefetch("webhook", Webhook.unread())))


def _ready(now: datetime) -> QuerySet[Webhook]:
    due = Delivery.objects.filter(
        webhook=OuterRef("pk"), state__in=OPEN, due_at__lte=now
    )
    return (
        Webhook.unread()
        .filter(
            Exists(due),
            Q(rest_until=None) | Q(rest_until__lte=now),
            status=Webhook.Status.ACTIVE,
        )
        .order_by("pk")
    )


def _due(hook: Webhook, now: datetime) -> list[tuple[datetime, int]]:
    rows = Delivery.objects.filter(webhook=hook, state__in=OPEN, due_at__lte=now)
    if hook.ordered:
        before = Delivery.objects.filter(
            webhook=hook,
            thread=OuterRef("thread"),
            pk__lt=OuterRef("pk"),
            state__in=OPEN,
        )
        rows = rows.exclude(Exists(before))
    # One is enough to see whether a webhook that failed is back.
    share = 1 if hook.failures else SHARE
    return list(rows.order_by("due_at", "pk").values_list("due_at", "pk")[:share])


def settle(
    delivery: Delivery, *, state: Delivery.State, due_at: datetime, now: datetime
) -> bool:
    """Store what became of a try; False: somebody else has taken it over."""
    mine = Delivery.objects.filter(
        pk=delivery.pk, lease_token=delivery.lease_token, state=State.SENDING
    )
    settled_at = None if state == State.WAITING else now
    values = {"state": state, "due_at": due_at, "settled_at": settled_at}
    return bool(mine.update(lease_token=None, **values))
