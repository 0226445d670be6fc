"""Owns how much of an org's daily calls Tellback uses: its share, what backfills leave
to new responses, and when the share will be used up at today's pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.models import Connection, WriteBack
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal

# The part of our share that backfills may use; the rest is for new responses.
BACKFILL_PART = 0.8
# For so long an org's last word on its calls is believed; then it is asked again.
FRESH = timedelta(minutes=15)
SAMPLE_EVERY = timedelta(minutes=10)
MOST_SAMPLES = 40
DAY = timedelta(hours=24)


class ShareSpent(OrgError):
    """The org has calls left, but not for Tellback."""

    def __init__(self, share: int) -> None:
        message = _(
            "The organisation has used %(share)s %% of its API calls of 24 hours: "
            "the rest is left to others. It goes on when calls are free again."
        )
        refusal = Refusal(
            kind=Kind.BUDGET,
            code="API_SHARE_SPENT",
            message=message % {"share": share},
        )
        super().__init__(refusal)


def most(allowed: int, share: int, priority: int) -> int:
    """Return at how many calls of the org writing stops."""
    part = BACKFILL_PART if priority == WriteBack.Priority.BACKFILL else 1.0
    return int(allowed * share / 100 * part)


def is_spent(connection: Connection, *, priority: int, now: datetime) -> bool:
    """Say whether our share is used up, as far as the org has lately said."""
    used, allowed, at = (
        connection.calls_used,
        connection.calls_allowed,
        connection.usage_at,
    )
    if used is None or not allowed or at is None or now - at >= FRESH:
        return False
    return used >= most(allowed, connection.api_share, priority)


def check(*, connection: Connection, org: OrgClient, priority: int) -> None:
    """Raise `ShareSpent` if the org's last answer says so."""
    usage = org.usage
    if usage and usage.used >= most(usage.allowed, connection.api_share, priority):
        raise ShareSpent(connection.api_share)


def note(*, connection: Connection, org: OrgClient, now: datetime) -> None:
    """Keep what the last answer said of the org's calls."""
    if org.usage is None:
        return
    connections.note_usage(connection=connection, org=org)
    connection.usage_at = now
    log = connection.usage_log
    if not log or now - datetime.fromisoformat(log[-1][0]) >= SAMPLE_EVERY:
        sample = [now.astimezone(UTC).isoformat(), org.usage.used]
        connection.usage_log = [*log, sample][-MOST_SAMPLES:]
    connection.save(update_fields=["usage_at", "usage_log"])


def ends_at(
    *, log: Sequence[Sequence[object]], used: int, most: int, now: datetime
) -> datetime | None:
    """Return when `most` calls are used at the pace of the log; None: not in a day."""
    if used >= most:
        return now
    since, before = now, used
    for moment, count in log:
        at = datetime.fromisoformat(str(moment))
        if now - at <= DAY / 4 and isinstance(count, int):
            since, before = at, count
            break
    spent, took = used - before, now - since
    if spent <= 0 or took < SAMPLE_EVERY:
        return None
    end = now + took * ((most - used) / spent)
    return end if end - now <= DAY else None


def forecast(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when the connection's share ends at today's pace; None: it lasts."""
    if connection.calls_used is None or not connection.calls_allowed:
        return None
    live = WriteBack.Priority.LIVE
    return ends_at(
        log=connection.usage_log,
        used=connection.calls_used,
        most=most(connection.calls_allowed, connection.api_share, live),
        now=now,
    )
