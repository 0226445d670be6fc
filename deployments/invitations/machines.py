"""Notes that a machine fetched a link: a mail scanner or a preview, and no person.

It changes nothing that a person does; it only stands on the invitation.
"""

from __future__ import annotations

from datetime import datetime

from deployments import repeats
from deployments.models import Invitation

# Nobody follows so many answers of a mail in so few seconds.
BURST = 5
MANY = 3


def note_machine(*, invitation: Invitation, sign: str, now: datetime) -> bool:
    """Mark the invitation, once; `sign` is what the machine was known by."""
    if invitation.machine_at is not None:
        return False
    first = Invitation.objects.filter(pk=invitation.pk, machine_at=None)
    return bool(first.update(machine_at=now, machine_sign=sign[:20]))


def note_following(*, invitation: Invitation, now: datetime) -> bool:
    """Count that an answer of the mail was followed; True: too fast for a person.

    No row knows the moments, so it is told of anonymous invitations as well.
    """
    name = f"followed:{invitation.token_hash}"
    if repeats.count(name, window=BURST) < MANY:
        return False
    note_machine(invitation=invitation, sign="burst", now=now)
    return True
