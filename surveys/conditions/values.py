"""What two values must both be to be compared: numbers, moments or truths."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal

NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?\Z")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]+(Z|[+-][0-9:]+)?)?\Z")

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?\Z")


def number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        exact = Decimal(value)
        return exact if exact.is_finite() else None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and NUMBER.match(value.strip()):
        return Decimal(value.strip())
    return None


def truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold())
    return None


def words(value: object) -> str | None:
    return value if isinstance(value, str) else None


def is_date(value: object) -> bool:
    if isinstance(value, str):
        return bool(DATE.match(value.strip()))
    return not isinstance(value, datetime)


def moment(value: object) -> datetime | None:
    """A moment with a zone; a bare date is its midnight, no zone is UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str) and MOMENT.match(value.strip()):
        try:
            return moment(datetime.fromisoformat(value.strip()))
        except ValueError:
            return None
    return None


def clock(value: object) -> str | None:
    """A time of day as answers hold it: 09:05, or 09:05:30."""
    return value if isinstance(value, str) and CLOCK.match(value) else None


def is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple) and not value)
