"""Finds the invitation behind a token and moves it on, each milestone once."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from datetime import datetime
from functools import cache

from django.db import transaction
from django.db.models import QuerySet

from deployments.links import hash_token
from deployments.models import Invitation
from deployments.signals import invitation_changed
from surveys.prepared import Prepared
from surveys.theming import heavy

log = logging.getLogger(__name__)
ANSWERING = frozenset({"opened", "started", "completed"})


class UnknownToken(Exception):
    """No invitation has this token."""


class InvitationClosed(Exception):
    """The invitation is there, but nothing can be answered with it any more."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(f"Invitation {invitation.public_id}")
        self.invitation = invitation


class InvitationExpired(InvitationClosed):
    """Its time is over."""


class InvitationCancelled(InvitationClosed):
    """It was taken back."""


def find(token: str, now: datetime, *also: str) -> Invitation:
    """Return the invitation; a completed one too, so that its page can say thanks.

    `also` are relations that are read by the same query. Raises `UnknownToken`, `InvitationExpired` or `InvitationCancelled`. The token
    itself is not read: no page needs it, and so a lost key breaks no page.
    """
    invitation = look_up(token, *also)
    if invitation.completed_at:
        return invitation
    if invitation.cancelled_at:
        raise InvitationCancelled(invitation)
    if invitation.expired_at or _is_over(invitation, now):
        raise InvitationExpired(invitation)
    return invitation


def look_up(token: str, *also: str) -> Invitation:
    """Return the invitation whatever became of it; raises `UnknownToken` only."""
    found = _with(also).first(hash_token(token))
    if found is None:
        raise UnknownToken("This link leads to no survey.")
    return found


@cache
def _with(also: tuple[str, ...]) -> Prepared[Invitation]:
    def rows(token_hash: str) -> QuerySet[Invitation]:
        return (
            Invitation.objects.select_related("deployment__survey", *also)
            .defer("token", *heavy("deployment__survey"))
            .filter(token_hash=token_hash)
        )

    return Prepared(rows, "token")


def mark_opened(*, invitation: Invitation, now: datetime) -> bool:
    return _reach(invitation, "opened", now)


def mark_started(*, invitation: Invitation, now: datetime, told: bool = True) -> bool:
    """`told`: to who listens, unless the deployment is anonymous."""
    return _reach(invitation, "started", now, told=told)


def mark_completed(*, invitation: Invitation, now: datetime, told: bool = True) -> bool:
    return _reach(invitation, "completed", now, told=told)


def mark_answered(*, invitation: Invitation, now: datetime, told: bool = True) -> bool:
    """Started and completed by one page, in the caller's transaction."""
    if invitation.started_at:
        return mark_completed(invitation=invitation, now=now, told=told)
    return _reach(invitation, "completed", now, "started", told=told)


def mark_opted_out(*, invitation: Invitation, now: datetime) -> bool:
    return _reach(invitation, "opted_out", now)


def mark_delivered(*, invitation: Invitation, now: datetime) -> bool:
    return _reach(invitation, "delivered", now)


def mark_read(*, invitation: Invitation, now: datetime) -> bool:
    """The mail was opened, as far as the provider can tell."""
    return _reach(invitation, "read", now)


def cancel(*, invitation: Invitation, now: datetime) -> bool:
    """Take the invitation back: its link ends, and what waits is not mailed."""
    return _reach(invitation, "cancelled", now)


def expire_due(*, now: datetime, limit: int = 500) -> int:
    """Mark what has ended by itself and tell who listens; return how many."""
    ended = Invitation.objects.filter(
        expires_at__lte=now, expired_at=None, completed_at=None, cancelled_at=None
    ).defer("token")
    return sum(
        _expire(invitation, now) for invitation in ended.order_by("expires_at")[:limit]
    )


def _expire(invitation: Invitation, now: datetime) -> bool:
    try:
        return _reach(invitation, "expired", now)
    except Exception:  # whoever listens must not hold up the other rows
        log.exception("Invitation %s could not be ended", invitation.pk)
        return False


def _is_over(invitation: Invitation, now: datetime) -> bool:
    return invitation.expires_at is not None and invitation.expires_at <= now


def _reach(
    invitation: Invitation,
    milestone: str,
    now: datetime,
    *before: str,
    told: bool = True,
) -> bool:
    """Set the time of the milestone, only ever the first time.

    Of those `before` it, which nobody noted, the time is the same. A transaction is
    opened only for those who listen.
    """
    columns = [f"{name}_at" for name in (*before, milestone)]
    # Whoever heard of it at once could tell whose answers came at that moment.
    told = told and not (invitation.deployment.anonymous and milestone in ANSWERING)
    names = (*before, milestone)
    listened = told and invitation_changed.is_awaited(Invitation, names)
    with transaction.atomic() if listened else nullcontext():
        first = Invitation.objects.filter(
            pk=invitation.pk, **{f"{columns[-1]}__isnull": True}
        ).update(**dict.fromkeys(columns, now))
        if first:
            for column in columns:
                setattr(invitation, column, now)
            for name in (*before, milestone) if listened else ():
                invitation_changed.send(
                    Invitation, invitation=invitation, milestone=name
                )
    return bool(first)
