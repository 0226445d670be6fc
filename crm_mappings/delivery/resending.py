"""Owns the second chance that a person gives a write-back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import QuerySet

from crm_mappings.delivery.forgetting import ERASED
from crm_mappings.delivery.lost import MAY_BE_WRITTEN
from crm_mappings.delivery.renewing import live_revision
from crm_mappings.models import Attempt, WriteBack, WrittenRecord
from crm_mappings.salesforce.collections import chunks
from deployments.doorbell import ring

DELIVER = "crm_mappings.tasks.deliver"
# So many are put right in one transaction.
PIECE = 1_000
State = WriteBack.State


def send_again(
    *,
    write_backs: QuerySet[WriteBack],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None = None,
) -> int:
    """Let held, skipped and undone write-backs be sent again, by the mapping as it
    is now.

    What was written already is not written twice. Returns how many there are.
    """
    keys = list(write_backs.order_by().values_list("pk", flat=True))
    count = sum(_send_again(part, now, user) for part in chunks(keys, PIECE))
    if count:
        ring(DELIVER)
    return count


@transaction.atomic
def _send_again(
    asked: Sequence[int],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None,
) -> int:
    stuck = WriteBack.objects.filter(
        pk__in=asked, state__in=[State.HELD, State.SKIPPED, State.UNDONE]
    ).exclude(error_code=ERASED)
    rows = list(stuck.select_for_update())
    _log(rows, now, user)
    keys = [row.pk for row in rows]
    again = WriteBack.objects.filter(pk__in=keys)
    # What was put back is written anew, and what is there now is what was before.
    WrittenRecord.objects.filter(write_back__in=keys, undone_at__isnull=False).delete()
    again.filter(state=State.UNDONE).update(before={})
    # Who sends such a one again has looked, and says that it is not there.
    looked = again.filter(error_code=MAY_BE_WRITTEN)
    looked.update(outcome_unknown=False, in_doubt=[])
    again.filter(mapping__live_revision__isnull=False).update(revision=live_revision())
    return again.update(
        state=State.WAITING,
        attempts=0,
        due_at=now,
        lease_token=None,
        error_class="",
        error_code="",
        reason="",
        rule=None,
        settled_at=None,
    )


def _log(
    rows: list[WriteBack],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None,
) -> None:
    who = user.get_username() if user else ""
    Attempt.objects.bulk_create(
        Attempt(
            write_back=row,
            number=row.attempts,
            at=now,
            outcome="sent_again",
            error_code=row.error_code,
            message=who,
        )
        for row in rows
    )
