"""Keeps to how many mails of a domain may go out in an hour, and in a day of warm-up.

Each mail is counted by one conditional update before it goes, so that many workers
together send no more than that.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db.models import F, Q

from deployments.addresses import domain_of
from deployments.models import Deployment, SenderDomain

WARM_UP_DAYS = 21
MAY_BE_LIMITED = Q(per_hour__gt=0) | Q(warm_up_start__isnull=False)


def domain_of_sender(sender_email: str) -> str:
    """The domain that mails of a deployment come from."""
    return domain_of(sender_email.strip() or parseaddr(settings.DEFAULT_FROM_EMAIL)[1])


def most_today(*, first: int, since: date | None, today: date) -> int | None:
    """How many mails the day may have; None: as many as there are."""
    if since is None or today >= since + timedelta(days=WARM_UP_DAYS):
        return None
    if today < since:
        return int(first)
    return int(first * 2 ** (today - since).days)


def take(*, sender_email: str, now: datetime) -> datetime | None:
    """Count one more mail; return from when on another may go, if this one may not."""
    row = SenderDomain.objects.filter(domain=domain_of_sender(sender_email)).first()
    if row is None or not _is_limited(row, now):
        return None
    hour, today = _hour(now), now.date()
    mine = SenderDomain.objects.filter(pk=row.pk)
    new_day = ~Q(day=today) | Q(day=None)
    mine.filter(new_day).update(day=today, day_count=0)
    mine.filter(~Q(hour=hour) | Q(hour=None)).update(hour=hour, hour_count=0)
    counted = mine.filter(_room(row, now)).update(
        hour_count=F("hour_count") + 1, day_count=F("day_count") + 1
    )
    if counted:
        return None
    row.refresh_from_db()
    return _opens_at(row, now)


def limited_domains() -> frozenset[str]:
    """The domains that may have a limit; whether it holds today, `take` says."""
    rows = SenderDomain.objects.filter(MAY_BE_LIMITED)
    return frozenset(rows.values_list("domain", flat=True))


def resting(*, now: datetime) -> list[int]:
    """Return the deployments whose domain may send nothing more at the moment."""
    full = {
        row.domain
        for row in SenderDomain.objects.filter(MAY_BE_LIMITED)
        if _is_limited(row, now) and _opens_at(row, now) > now
    }
    if not full:
        return []
    live = Deployment.objects.filter(status=Deployment.Status.LIVE)
    return [
        pk
        for pk, sender in live.values_list("pk", "sender_email")
        if domain_of_sender(sender) in full
    ]


def _most_today(row: SenderDomain, now: datetime) -> int | None:
    return most_today(
        first=row.warm_up_mails, since=row.warm_up_start, today=now.date()
    )


def _is_limited(row: SenderDomain, now: datetime) -> bool:
    return row.per_hour > 0 or _most_today(row, now) is not None


def _room(row: SenderDomain, now: datetime) -> Q:
    most = _most_today(row, now)
    room = Q(hour=_hour(now), day=now.date())
    if row.per_hour:
        room &= Q(hour_count__lt=row.per_hour)
    return room if most is None else room & Q(day_count__lt=most)


def _opens_at(row: SenderDomain, now: datetime) -> datetime:
    most = _most_today(row, now)
    if most is not None and row.day == now.date() and row.day_count >= most:
        return datetime.combine(now.date() + timedelta(days=1), time(0), UTC)
    full = row.per_hour and row.hour == _hour(now) and row.hour_count >= row.per_hour
    return _hour(now) + timedelta(hours=1) if full else now


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
