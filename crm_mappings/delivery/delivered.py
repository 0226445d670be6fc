"""Owns the count of what became of claimed rows: it always adds up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_mappings.delivery import outcomes
from crm_mappings.delivery.jobs import Job


class NotAccountedFor(Exception):
    """Rows went in and no outcome came out: a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of the claimed rows; the parts add up to `claimed`."""

    claimed: int = 0
    written: int = 0
    held: int = 0
    skipped: int = 0
    waiting: int = 0
    # Taken over by another worker, or left to the end of the lease.
    left: int = 0

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(
            claimed=self.claimed + other.claimed,
            written=self.written + other.written,
            held=self.held + other.held,
            skipped=self.skipped + other.skipped,
            waiting=self.waiting + other.waiting,
            left=self.left + other.left,
        )


def count(jobs: Sequence[Job]) -> Delivered:
    states = [job.outcome.state if job.outcome else "" for job in jobs if not job.lost]
    counted = Delivered(
        claimed=len(jobs),
        written=states.count(outcomes.WRITTEN),
        held=states.count(outcomes.HELD),
        skipped=states.count(outcomes.SKIPPED),
        waiting=states.count(outcomes.WAITING),
        left=len(jobs) - len(states) + states.count(""),
    )
    parts = counted.written + counted.held + counted.skipped + counted.waiting
    if parts + counted.left != counted.claimed:
        raise NotAccountedFor(f"{counted.claimed} rows in, {counted} out")
    return counted
