"""Owns how long a write-back waits before it is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from crm_mappings.salesforce.errors import Kind

# More than a day of tries before a person is asked.
MOST_ATTEMPTS = 60
FIRST = {Kind.LOCK: timedelta(seconds=4), Kind.TRANSIENT: timedelta(seconds=30)}
LONGEST = {Kind.LOCK: timedelta(minutes=10), Kind.TRANSIENT: timedelta(hours=1)}
BUDGET = timedelta(minutes=15)
SHORTEST = timedelta(seconds=1)
# How long an org that is down is left alone, if it does not say itself.
OUTAGE = timedelta(seconds=10)
# When a record is looked at again that another worker is writing.
BUSY = timedelta(seconds=2)


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


def busy_pause(rng: Random) -> timedelta:
    """Return how long a record is left to the worker that writes it."""
    return BUSY * (0.5 + rng.random())
