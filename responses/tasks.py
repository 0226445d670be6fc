"""What a worker is woken for in this room; every body makes one call."""

from __future__ import annotations

from django.utils import timezone

from responses import duplicates, durations
from responses.dump import positions


def number_responses() -> None:
    """Keep few responses without a place in the dump, so that a dump starts at once."""
    positions.number_all()


def compare_responses() -> None:
    """Mark what was answered twice, and measure how long it takes."""
    duplicates.mark()
    durations.measure(now=timezone.now())
