"""Mails the invitations that wait: none is lost, and none goes out twice by itself.

Each mail is claimed for itself, right before it is handed over. A claim whose
lease ends without an outcome may have been sent: it becomes "perhaps sent", which
only a person sends again.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from deployments.addresses import is_address
from deployments.doorbell import ring
from deployments.emails import build, message_id
from deployments.encryption import UnreadableSecret
from deployments.handover import Counter, Deferred, Perhaps, Refused, Unreachable
from deployments.invitations.inviting import SEND_TASK
from deployments.invitations.milestones import cancel
from deployments.invitations.rechecking import Changed, Unread, look_again
from deployments.models import Deployment, Invitation
from deployments.rules.windows import next_moment
from deployments.signals import invitation_changed
from deployments.suppression import why_suppressed

log = logging.getLogger(__name__)

Mail = Invitation.Mail

LEASE = timedelta(minutes=5)  # longer than a worker may run
MOST_TRIES = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
BUDGET_SECONDS = 30  # a slow provider must not run into the limit of a worker's task
STOPPED = (
    "The worker stopped while it handed this mail over. Look in the log of the mail "
    "server for the Message-ID; send it again only when it is not there."
)


class NotNow(Exception):
    """Mails do not go out at this hour."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(f"until {opens_at}")
        self.opens_at = opens_at


class NoReason(Exception):
    """The record changed: there is no reason to ask any more."""


def send_waiting(*, now: datetime, limit: int = 50) -> int:
    """Send what is due; return how many mails were taken by the provider."""
    _mark_abandoned(now)
    due = _due(now).order_by("mail_due_at", "pk")
    rows = list(due.only("public_id", "message_id")[:limit])
    changed = look_again(rows, now)
    started = time.monotonic()  # how long this takes, not what time it is
    counter = Counter()
    sent = tried = 0
    try:
        for row in rows:
            if time.monotonic() - started > BUDGET_SECONDS:
                break
            tried += 1
            sent += _send_one(row, changed.get(row.pk), counter, now)
    except Unreachable as error:
        log.warning("Mail cannot be handed over: %s", error)
        return sent
    finally:
        counter.close()
    if len(rows) == limit or tried < len(rows):
        ring(SEND_TASK)
    return sent


def send_again(*, invitations: QuerySet[Invitation], now: datetime) -> int:
    """Let failed mails, and those that were perhaps sent, be sent (again)."""
    count = invitations.filter(mail__in=[Mail.FAILED, Mail.UNKNOWN]).update(
        mail=Mail.WAITING,
        mail_due_at=now,
        mail_attempts=0,
        mail_error="",
        lease_token=None,
    )
    if count:
        ring(SEND_TASK)
    return count


def _due(now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        mail=Mail.WAITING,
        mail_due_at__lte=now,
        deployment__status=Deployment.Status.LIVE,
    )


def _mark_abandoned(now: datetime) -> None:
    # The lease token stays: a worker that comes back late may still tell the outcome.
    abandoned = Invitation.objects.filter(mail=Mail.SENDING, mail_due_at__lte=now)
    count = abandoned.update(mail=Mail.UNKNOWN, mail_due_at=None, mail_error=STOPPED)
    if count:
        log.error("%s mails were perhaps sent: a worker stopped meanwhile", count)


def _send_one(
    row: Invitation, change: Changed | Unread | None, counter: Counter, now: datetime
) -> bool:
    held = _claim(row, now)
    if held is None:
        return False
    try:
        invitation = held.select_related("deployment__survey__live_version").get()
        _check(invitation, change, now)
        counter.hand_over(build(invitation))
    except NotNow as error:
        _settle(held, Mail.WAITING, "", mail_due_at=error.opens_at, mail_attempts=0)
    except NoReason as error:
        _stop(held, invitation, str(error), now)
    except Deferred as error:
        _put_off(held, str(error), now)
        if isinstance(error, Unreachable):
            raise
    except Perhaps as error:
        _settle(held, Mail.UNKNOWN, f"The answer was lost: {error}")
    except (Refused, UnreadableSecret) as error:
        _settle(held, Mail.FAILED, str(error))
    except Exception as error:  # a mail that cannot be built must not hold up others
        log.exception("The mail of invitation %s could not be built", row.pk)
        _settle(held, Mail.FAILED, f"{type(error).__name__}: {error}")
    else:
        return _mark_sent(held, invitation, now)
    return False


def _check(
    invitation: Invitation, change: Changed | Unread | None, now: datetime
) -> None:
    """Look once more, right before the handover: much may have changed since."""
    opens_at = next_moment(invitation.deployment.window, now, invitation.time_zone)
    if opens_at > now:  # it was held up meanwhile, and does not go out at night
        raise NotNow(opens_at)
    if problem := _why_not(invitation, now):
        raise Refused(problem)
    if isinstance(change, Unread):
        raise Deferred(change.reason)
    if change:
        raise NoReason(change.reason)


def _claim(row: Invitation, now: datetime) -> QuerySet[Invitation] | None:
    """Take the mail for this worker alone; the Message-ID is fixed from here on."""
    lease = uuid.uuid4()
    # Conditions on this table alone: PostgreSQL checks only those once more when it
    # had to wait for another worker's claim.
    claimed = Invitation.objects.filter(
        pk=row.pk, mail=Mail.WAITING, mail_due_at__lte=now
    ).update(
        mail=Mail.SENDING,
        mail_due_at=now + LEASE,
        mail_attempts=F("mail_attempts") + 1,
        message_id=row.message_id or message_id(row),
        lease_token=lease,
    )
    return Invitation.objects.filter(pk=row.pk, lease_token=lease) if claimed else None


def _stop(
    held: QuerySet[Invitation], invitation: Invitation, reason: str, now: datetime
) -> None:
    with transaction.atomic():
        if _settle(held, Mail.STOPPED, reason):
            cancel(invitation=invitation, now=now)


def _why_not(invitation: Invitation, now: datetime) -> str:
    if reason := why_suppressed(invitation.email):
        return f"The address is not to be asked any more: {reason}."
    if not is_address(invitation.email):
        return f"“{invitation.email}” is no e-mail address."
    if invitation.cancelled_at:
        return "The invitation was cancelled before the mail could be sent."
    if invitation.completed_at:
        return "The survey was answered before the mail could be sent."
    if invitation.expires_at and invitation.expires_at <= now:
        return "The link ended before the mail could be sent."
    return ""


def _put_off(held: QuerySet[Invitation], error: str, now: datetime) -> None:
    """Wait and try again, twice as long each time; give up after the last try."""
    tries = held.values_list("mail_attempts", flat=True).first()
    if tries is None:
        return
    if tries >= MOST_TRIES:
        _settle(held, Mail.FAILED, f"Given up after {tries} tries. {error}")
        return
    pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    _settle(held, Mail.WAITING, error, mail_due_at=now + pause)


def _settle(
    held: QuerySet[Invitation], mail: Invitation.Mail, error: str, **more: Any
) -> bool:
    changes = {"mail": mail, "mail_error": error[:2000], "mail_due_at": None, **more}
    return bool(held.update(**changes))


def _mark_sent(
    held: QuerySet[Invitation], invitation: Invitation, now: datetime
) -> bool:
    with transaction.atomic():
        if not _settle(held, Mail.SENT, "", sent_at=now):
            return False
        invitation.mail, invitation.sent_at = Mail.SENT, now
        invitation_changed.send(Invitation, invitation=invitation, milestone="sent")
    return True
