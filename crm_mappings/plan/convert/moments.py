"""Owns how a date, a moment or a time of day is written, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time

from crm_mappings.plan.convert.refusing import RefusedValueError, as_text, shown
from crm_mappings.plan.schema import FieldSchema
from surveys.conditions.values import moment
from surveys.wording import gettext as _

FIRST_YEAR, LAST_YEAR = 1700, 4000


def date_wire(value: object, field: FieldSchema) -> str | None:
    at = _moment(value, field)
    return at if at is None else f"{at:%Y-%m-%d}"


def datetime_wire(value: object, field: FieldSchema) -> str | None:
    at = _moment(value, field)
    return at if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _moment(value: object, field: FieldSchema) -> datetime | None:
    if not as_text(value).strip():
        return None
    at = instant(value)
    if at is None:
        raise RefusedValueError(
            "not_a_date",
            _(
                "%(field)s is a date; %(value)s is not. Dates are written like "
                "2026-12-31."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise RefusedValueError(
            "out_of_range",
            _("%(field)s: the year of %(value)s is not from %(first)s to %(last)s.")
            % {
                "field": field.title(),
                "value": shown(value),
                "first": FIRST_YEAR,
                "last": LAST_YEAR,
            },
        )
    return at


def instant(value: object) -> datetime | None:
    """Return a moment in UTC, or None; what names no zone is in UTC."""
    at = moment(value)
    try:
        return None if at is None else at.astimezone(UTC)
    except OverflowError:
        return None


def time_wire(value: object, field: FieldSchema) -> str | None:
    text = as_text(value).strip()
    if not text:
        return None
    at = instant(value)
    clock = _clock(text) if at is None else at.time()
    if clock is None:
        raise RefusedValueError(
            "not_a_time",
            _(
                "%(field)s is a time of day; %(value)s is not. Times are written "
                "like 13:45."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    return f"{clock:%H:%M:%S}.{clock.microsecond // 1000:03}Z"


def _clock(text: str) -> time | None:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    day = datetime(2000, 1, 2, tzinfo=UTC).date()
    return datetime.combine(day, clock, clock.tzinfo or UTC).astimezone(UTC).time()
