"""Notes that a machine fetched a link: a mail scanner or a preview, and no person.

It changes nothing that a person does; it only stands on the invitation.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from deployments.models import Invitation

# Nobody follows so many answers of a mail in so short a time.
BURST = timedelta(seconds=5)
MANY = 3


def note_machine(*, invitation: Invitation, sign: str, now: datetime) -> bool:
    """Mark the invitation, once; `sign` is what the machine was known by."""
    if invitation.machine_at is not None:
        return False
    return _mark(invitation, sign, now)


def note_following(*, invitation: Invitation, now: datetime) -> bool:
    """Count that an answer of the mail was followed; True: too fast for a person."""
    rows = Invitation.objects.filter(pk=invitation.pk)
    lately = rows.filter(followed_at__gt=now - BURST)
    if not lately.update(followed_times=F("followed_times") + 1):
        rows.update(followed_at=now, followed_times=1)
        return False
    if not lately.filter(followed_times__gte=MANY).exists():
        return False
    _mark(invitation, "burst", now)
    return True


def _mark(invitation: Invitation, sign: str, now: datetime) -> bool:
    first = Invitation.objects.filter(pk=invitation.pk, machine_at=None)
    return bool(first.update(machine_at=now, machine_sign=sign[:20]))
