"""Owns the end of a write-back that a person no longer wants, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import QuerySet

from crm_mappings.delivery import news
from crm_mappings.models import Attempt, WriteBack
from crm_mappings.salesforce.collections import chunks

GIVEN_UP = "GIVEN_UP"
# So many are taken off in one transaction.
PIECE = 1_000
State = WriteBack.State


def give_up(
    *,
    write_backs: QuerySet[WriteBack],
    reason: str,
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None = None,
) -> int:
    """Take held and waiting write-backs off the list; return how many. They can still
    be sent again. What another worker is sending is left to it."""
    keys = list(write_backs.order_by().values_list("pk", flat=True))
    who = user.get_username() if user else ""
    return sum(_give_up(part, reason, now, who) for part in chunks(keys, PIECE))


@transaction.atomic
def _give_up(asked: Sequence[int], reason: str, now: datetime, who: str) -> int:
    open_ = WriteBack.objects.filter(
        pk__in=asked, state__in=[State.HELD, State.WAITING]
    )
    rows = list(open_.select_for_update())
    Attempt.objects.bulk_create(
        Attempt(
            write_back=row,
            number=row.attempts,
            at=now,
            outcome="given_up",
            error_code=row.error_code,
            message=": ".join(filter(None, [who, reason])),
        )
        for row in rows
    )
    keys = [row.pk for row in rows]
    count = WriteBack.objects.filter(pk__in=keys).update(
        state=State.SKIPPED,
        error_class="",
        error_code=GIVEN_UP,
        reason=reason,
        lease_token=None,
        settled_at=now,
    )
    news.tell(keys, now=now)
    return count
