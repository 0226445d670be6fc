"""Owns when the work of the night is done. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

NIGHT = 2  # o'clock, UTC


def next_night(now: datetime) -> datetime:
    tonight = now.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)
