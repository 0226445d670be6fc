"""Mails the letters that wait: none is lost, and none goes out twice by itself.

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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.doorbell import ring
from deployments.encryption import UnreadableSecret
from deployments.handover import Counter, Deferred, Perhaps, Refused, Unreachable
from deployments.invitations import follow_ups
from deployments.invitations.inviting import SEND_TASK
from deployments.invitations.letters import KINDS, Letters, NoReason, NotNow
from deployments.invitations.sharing import Shared
from deployments.models import FollowUpMail, Invitation

log = logging.getLogger(__name__)

Mail = Invitation.Mail

LEASE = timedelta(minutes=5)  # longer than a worker may run
MOST_TRIES = 10
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
BUDGET_SECONDS = 30  # a slow provider must not run into the limit of a worker's task
STOPPED = gettext_lazy(
    "The worker stopped while it handed this mail over. Look in the log of the mail "
    "server for the Message-ID; send it again only when it is not there."
)


def send_waiting(*, now: datetime, limit: int = 50) -> int:
    """Send what is due; return how many mails were taken by the provider."""
    until = time.monotonic() + BUDGET_SECONDS  # how long it takes, not what time it is
    follow_ups.after_answers(now=now)
    counter = Counter()
    sent, more = 0, False
    try:
        for kind in KINDS:
            _mark_abandoned(kind, now)
            due = kind.waiting(now).order_by("mail_due_at", "pk")
            rows = list(due[:limit])
            if not rows:
                continue
            shared = _share(kind, rows, now)
            tried = 0
            for row in rows:
                if time.monotonic() > until:
                    break
                tried += 1
                sent += _send_one(kind, row, shared, counter, now)
            more = more or len(rows) == limit or tried < len(rows)
    except Unreachable as error:
        log.warning("Mail cannot be handed over: %s", error)
        return sent
    finally:
        counter.close()
    if more:
        ring(SEND_TASK)
    return sent


def send_again(
    *, invitations: QuerySet[Invitation] | QuerySet[FollowUpMail], now: datetime
) -> int:
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


def _mark_abandoned(kind: Letters, now: datetime) -> None:
    # The lease token stays: a worker that comes back late may still tell the outcome.
    abandoned = kind.rows().filter(mail=Mail.SENDING, mail_due_at__lte=now)
    count = abandoned.update(
        mail=Mail.UNKNOWN, mail_due_at=None, mail_error=str(STOPPED)
    )
    if count:
        log.error("%s mails were perhaps sent: a worker stopped meanwhile", count)


def _share(kind: Letters, rows: list[Any], now: datetime) -> Shared:
    about = [kind.invitation(row) for row in rows]
    return Shared(about, kind.look_again(rows, now))


def _send_one(
    kind: Letters, row: Any, shared: Shared, counter: Counter, now: datetime
) -> bool:
    held = _claim(kind, row, now)
    if held is None:
        return False
    try:
        row = kind.load(held, shared)
        kind.check(row, shared, now)
        counter.hand_over(kind.build(row))
    except NotNow as error:
        # It was no try: nobody was asked to take the mail.
        tries = F("mail_attempts") - 1
        _settle(held, Mail.WAITING, "", mail_due_at=error.opens_at, mail_attempts=tries)
    except NoReason as error:
        _stop(kind, held, row, str(error), now)
    except Deferred as error:
        _put_off(held, str(error), now)
        if isinstance(error, Unreachable):
            raise
    except Perhaps as error:
        _settle(
            held, Mail.UNKNOWN, _("The answer was lost: %(error)s") % {"error": error}
        )
    except (Refused, UnreadableSecret) as error:
        _settle(held, Mail.FAILED, str(error))
    except Exception as error:  # a mail that cannot be built must not hold up others
        log.exception("The mail %s could not be built", row.pk)
        _settle(held, Mail.FAILED, f"{type(error).__name__}: {error}")
    else:
        return _mark_sent(kind, held, row, shared, now)
    return False


def _claim(kind: Letters, row: Any, now: datetime) -> QuerySet[Any] | None:
    """Take the mail for this worker alone; the Message-ID is fixed from here on."""
    lease = uuid.uuid4()
    # Conditions on this table alone: PostgreSQL checks only those once more when it
    # had to wait for another worker's claim.
    claimed = (
        kind.rows()
        .filter(pk=row.pk, mail=Mail.WAITING, mail_due_at__lte=now)
        .update(
            mail=Mail.SENDING,
            mail_due_at=now + LEASE,
            mail_attempts=F("mail_attempts") + 1,
            message_id=kind.message_id(row),
            lease_token=lease,
        )
    )
    return kind.rows().filter(pk=row.pk, lease_token=lease) if claimed else None


def _stop(
    kind: Letters, held: QuerySet[Any], row: Any, reason: str, now: datetime
) -> None:
    with transaction.atomic():
        if _settle(held, Mail.STOPPED, reason):
            kind.stopped(row, now)


def _put_off(held: QuerySet[Any], error: str, now: datetime) -> None:
    """Wait and try again, twice as long each time; give up after the last try."""
    tries = held.values_list("mail_attempts", flat=True).first()
    if tries is None:
        return
    if tries >= MOST_TRIES:
        _settle(
            held,
            Mail.FAILED,
            _("Given up after %(tries)s tries. %(error)s")
            % {"tries": tries, "error": error},
        )
        return
    pause = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
    _settle(held, Mail.WAITING, error, mail_due_at=now + pause)


def _settle(
    held: QuerySet[Any], mail: Invitation.Mail, error: str, **more: Any
) -> bool:
    changes = {"mail": mail, "mail_error": error[:2000], "mail_due_at": None, **more}
    return bool(held.update(**changes))


def _mark_sent(
    kind: Letters, held: QuerySet[Any], row: Any, shared: Shared, now: datetime
) -> bool:
    with transaction.atomic():
        if not _settle(held, Mail.SENT, "", sent_at=now):
            return False
        kind.sent(row, shared, now)
    return True
