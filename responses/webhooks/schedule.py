"""Owns when a delivery is tried again, and when a webhook rests or is given up. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

# What follows the first try: more than three days in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(PAUSES) + 1
# A webhook that has not once answered well for so long is switched off.
GIVE_UP_AFTER = timedelta(days=5)
# How long a webhook that fails is left alone, whatever waits for it.
FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=10)
# As long as an answer may ask for.
LONGEST_ASKED = timedelta(hours=1)


def next_try(*, attempt: int, now: datetime, rng: Random) -> datetime | None:
    """When the delivery is tried after its failed try number `attempt`; None: never.

    A fifth earlier or later, so that what failed together does not come back together.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    return now + PAUSES[max(attempt, 1) - 1] * (0.8 + 0.4 * rng.random())


def rest(*, failures: int, asked: timedelta | None = None) -> timedelta:
    """How long nothing is sent to a webhook that failed so often without a break."""
    doubled: timedelta = FIRST_REST * (1 << min(max(failures, 1) - 1, 12))
    wanted = min(asked, LONGEST_ASKED) if asked else timedelta()
    return max(min(doubled, LONGEST_REST), wanted)


def given_up(*, failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= GIVE_UP_AFTER
