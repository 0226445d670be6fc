"""Owns what happens to a response between being completed and being in Salesforce:
claim, then ask, plan, send and settle at a `Desk`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from crm_mappings.delivery import bulk, bulk_results, outbox
from crm_mappings.delivery.bulk import BulkSender
from crm_mappings.delivery.delivered import Delivered, count
from crm_mappings.delivery.desk import Clock, Desk, never
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.parcels import Parcel
from crm_mappings.models import Connection

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
    size: int = bulk.SLICE,
    meanwhile: Callable[[], object] = never,
) -> Delivered:
    """Give thousands of rows of a backfill to the Bulk API, and take in what it has
    ended. What is out of our hands counts as left.

    It takes many seconds, so others have a turn `meanwhile`, again and again.
    """
    rng = rng or chance()
    bulk_results.collect(now=now, rng=rng, meanwhile=meanwhile)
    taken = None if stop() else bulk.claim(now=now, least=least)
    if taken is None:
        return Delivered()
    load = bulk.Load()
    desk = Desk(
        token=taken.token,
        clock=clock or (lambda: now),
        rng=rng,
        stop=stop,
        sender=partial(BulkSender, load=load),
    )
    try:
        jobs = _gathered(desk, taken, size, meanwhile)
        for shape, parcels in load.parcels.items():
            _ship(desk, shape, parcels)
    finally:
        desk.close()
    return count(jobs)


def _gathered(
    desk: Desk, taken: bulk.Taken, size: int, meanwhile: Callable[[], object]
) -> list[Job]:
    """Plan slice by slice; what time does not suffice for is given back."""
    token, jobs = taken.token, []
    end = desk.clock() + bulk.LONGEST_GATHERING
    for start in range(0, len(taken.keys), size):
        if desk.stop() or desk.clock() >= end:
            outbox.give_back(keys=taken.keys[start:], token=token, now=desk.clock())
            break
        keys = taken.keys[start : start + size]
        part = [Job(row=row) for row in outbox.mine(keys=keys, token=token)]
        for group in _groups(part):
            desk.work(group)
        jobs += part
        meanwhile()
    return jobs


def _ship(desk: Desk, shape: bulk.Shape, parcels: Sequence[Parcel]) -> None:
    def act(connection: Connection, _jobs: list[Job]) -> None:
        bulk.ship(
            org=desk.org(connection),
            connection=connection,
            token=desk.token,
            clock=desk.clock,
            shape=shape,
            parcels=parcels,
        )

    desk.work([entry.job for one in parcels for entry in one.entries], act)


def chance() -> random.Random:
    return random.Random()  # noqa: S311 - spreads retries, guards nothing


def _carry(
    claim: outbox.Claim,
    *,
    now: datetime,
    clock: Clock | None,
    rng: random.Random | None,
    stop: Callable[[], bool],
) -> Delivered:
    desk = Desk(
        token=claim.token,
        clock=clock or (lambda: now),
        rng=rng or chance(),
        stop=stop,
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
