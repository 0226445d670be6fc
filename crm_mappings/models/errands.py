"""What an errand is: one small thing on its way to an org, in a row of its own."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

LEASE = timedelta(minutes=5)
WAITING, SENDING, HELD = "waiting", "sending", "held"
OPEN = (WAITING, SENDING)


class ErrandQuerySet(models.QuerySet[Any]):
    def due(self, now: datetime) -> ErrandQuerySet:
        """What may be taken now, whoever had it before."""
        return self.filter(state__in=OPEN, due_at__lte=now)

    def take(self, *, now: datetime) -> ErrandQuerySet:
        """Make them ours until the lease ends; return those that are."""
        token = uuid.uuid4()
        self.update(
            state=SENDING,
            lease_token=token,
            due_at=now + LEASE,
            attempts=F("attempts") + 1,
        )
        # Whoever takes one of them over gives it another token.
        mine = ErrandQuerySet(self.model).filter(lease_token=token, state=SENDING)
        return mine.order_by("pk")

    def put_off(self, reason: str, *, until: datetime) -> None:
        self.update(state=WAITING, reason=reason, due_at=until)

    def settle(
        self, state: str, *, now: datetime, reason: str = "", **values: Any
    ) -> int:
        return self.update(state=state, reason=reason, settled_at=now, **values)

    def send_again(self, *states: str, now: datetime) -> int:
        """Let those in these states be tried as if never before; return how many."""
        return self.filter(state__in=states).update(
            state=WAITING, due_at=now, attempts=0, reason="", settled_at=None
        )


class Errand(models.Model):
    """Its states are its own; those that it shares with the others are told above."""

    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    lease_token = models.UUIDField(null=True, editable=False)
    reason = models.TextField(_("reason"), blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        abstract = True
