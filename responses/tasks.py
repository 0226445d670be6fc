"""What a worker is woken for in this room; every body makes one call."""

from __future__ import annotations

from responses.dump import positions


def number_responses() -> None:
    """Keep few responses without a place in the dump, so that a dump starts at once."""
    positions.number_all()
