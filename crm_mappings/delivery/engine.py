"""Owns what happens to a response between being completed and being in Salesforce:
claim, then ask, plan, send and settle at a `Desk`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from crm_mappings.delivery import bulk, outbox
from crm_mappings.delivery.bulk import BulkSender
from crm_mappings.delivery.delivered import Delivered, count
from crm_mappings.delivery.desk import Clock, Desk, never
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.sending import Sender

# As many as fetching by id takes in one call.
BATCH = 2000


def deliver_due(
    *,
    now: datetime,
    limit: int = BATCH,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    stop: Callable[[], bool] = never,
    priorities: Sequence[int] = outbox.PRIORITIES,
) -> Delivered:
    """Claim due write-backs and bring them as far as they go now.

    What is not sent yet when `stop` says so is given back at once.
    """
    claim = outbox.claim(now=now, limit=limit, priorities=priorities)
    return _carry(claim, now=now, clock=clock, rng=rng, stop=stop)


def deliver_in_bulk(
    *,
    now: datetime,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    stop: Callable[[], bool] = never,
    least: int = bulk.FROM,
) -> Delivered:
    """Give thousands of rows of a backfill to the Bulk API, and take in what it has
    ended. What is out of our hands counts as left."""
    bulk.collect(now=now, rng=rng or chance())
    claim = bulk.claim(now=now, least=least)
    if claim is None:
        return Delivered()
    return _carry(claim, now=now, clock=clock, rng=rng, stop=stop, sender=BulkSender)


def chance() -> random.Random:
    return random.Random()  # noqa: S311 - spreads retries, guards nothing


def _carry(
    claim: outbox.Claim,
    *,
    now: datetime,
    clock: Clock | None,
    rng: random.Random | None,
    stop: Callable[[], bool],
    sender: type[Sender] = Sender,
) -> Delivered:
    desk = Desk(
        token=claim.token,
        clock=clock or (lambda: now),
        rng=rng or chance(),
        stop=stop,
        sender=sender,
    )
    jobs = [Job(row=row) for row in claim.rows]
    try:
        for group in _groups(jobs):
            desk.work(group)
    finally:
        desk.close()
    return count(jobs)


def _groups(jobs: Sequence[Job]) -> list[list[Job]]:
    groups: dict[tuple[int, int], list[Job]] = {}
    for job in jobs:
        key = (job.row.mapping.connection_id, job.row.revision_id)
        groups.setdefault(key, []).append(job)
    return list(groups.values())
