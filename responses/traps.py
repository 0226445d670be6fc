"""Owns what gives a machine away that fills in an open form: it answers a field that no
person sees, or sends the page sooner than anybody can.

Nothing is refused for it; the response is flagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.core import signing

from responses.quality import Flag

# No key of a question holds a hyphen.
TRAP = "website-url"
SOONEST = timedelta(seconds=1)
# Goes with a first page, and says when it was shown.
STAMP = "shown"


def signs(
    data: Mapping[str, object], *, shown_at: datetime | None, now: datetime
) -> tuple[str, ...]:
    """`shown_at`: when the page was shown; None where sending it soon says nothing."""
    at_once = shown_at is not None and now - shown_at < SOONEST
    return (Flag.BOT,) if at_once or data.get(TRAP) else ()


def stamp(now: datetime) -> str:
    return _signer().sign(str(int(now.timestamp() * 1000)))


def read(stamped: str) -> datetime | None:
    """When the page with this stamp was shown; None of anything else."""
    try:
        moment = _signer().unsign(stamped)
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(int(moment) / 1000, UTC)


def _signer() -> signing.Signer:
    return signing.Signer(salt="responses.traps")
