"""Owns how long a write-back waits before it is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from crm_mappings.salesforce.errors import Kind

# About half a day of tries before a person is asked.
MOST_ATTEMPTS = 30
FIRST = {Kind.LOCK: timedelta(seconds=4), Kind.TRANSIENT: timedelta(seconds=30)}
LONGEST = {Kind.LOCK: timedelta(minutes=10), Kind.TRANSIENT: timedelta(hours=1)}
BUDGET = timedelta(minutes=15)
SHORTEST = timedelta(seconds=1)


def pause(*, kind: Kind, attempt: int, rng: Random) -> timedelta:
    """Return a random time up to a ceiling that doubles with each attempt.

    The whole range is used, so that rows that failed together do not come back
    together.
    """
    first, longest = (
        FIRST.get(kind, FIRST[Kind.TRANSIENT]),
        LONGEST.get(kind, LONGEST[Kind.TRANSIENT]),
    )
    doublings = min(max(attempt, 1) - 1, 20)
    ceiling = min(first * (1 << doublings), longest)
    return max(SHORTEST, ceiling * rng.random())


def budget_pause(rng: Random) -> timedelta:
    """Return how long nothing is asked of an org that has used up its calls."""
    return BUDGET * (0.5 + rng.random())
