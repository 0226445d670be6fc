"""What the workers are woken for. The rows of the outbox are the work, and those of
the connections say when each must be looked after."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from crm_mappings import (
    connections,
    delivery,
    drift,
    milestones,
    opting_out,
    provisioning,
)
from crm_mappings.connections import health
from crm_mappings.delivery import alerting, erasing, reconciling, unfinished
from crm_mappings.delivery.undoing import runs
from crm_mappings.models import WriteBack
from deployments.doorbell import ring
from responses import duplicates

# No call is begun after this: with the longest call (155 s at worst, 65 s mostly) a
# wake-up ends within the time that the queue gives it.
LONGEST = 20.0
# So long a worker waits for a deploy; others must have their turn.
WATCHED = 5.0


def deliver(*, clock: Callable[[], datetime] = timezone.now) -> None:
    """Bring due write-backs to Salesforce until none is due, or it takes too long."""
    until = time.monotonic() + LONGEST
    # A rule may ask whether somebody said the same before.
    duplicates.mark()

    def over() -> bool:
        return time.monotonic() >= until

    while not over() and _carry_on(over, clock):
        pass


def _carry_on(over: Callable[[], bool], clock: Callable[[], datetime]) -> bool:
    """Bring on what is due: new responses, then backfills; False: nothing is left."""

    def send(priority: int) -> bool:
        done = delivery.deliver_due(
            now=clock(), clock=clock, stop=over, priorities=[priority]
        )
        return bool(done.claimed)

    live, backfill = WriteBack.Priority
    if send(live):
        return True
    fed = delivery.feed(now=clock())
    bulk = delivery.deliver_in_bulk(
        now=clock(), clock=clock, stop=over, meanwhile=lambda: send(live)
    )
    some = bulk.claimed or send(backfill)
    return bool(fed or some)


def put_back() -> None:
    """Look at, or undo, the runs that people have chosen to put back."""
    until = time.monotonic() + LONGEST
    if runs.carry_on(clock=timezone.now, stop=lambda: time.monotonic() >= until):
        # A long run must not wait for the next minute.
        ring(runs.PUT_BACK)


def provision() -> None:
    """Carry deploys on, and wait a little for those that Salesforce is at work on.

    Whoever watches one rings again.
    """
    until = time.monotonic() + WATCHED
    while time.monotonic() < until:
        if provisioning.carry_on(now=timezone.now()):
            continue
        if not provisioning.due_soon(now=timezone.now()):
            return
        time.sleep(0.5)


def write_milestones() -> None:
    """Tell records what became of invitations about them."""
    now = timezone.now()
    milestones.write_due(now=now)
    milestones.forget_old(now=now, days=settings.TRIGGER_EVENT_DAYS)


def keep_opt_outs() -> None:
    """Tell orgs who wants no mail any more, and hear it from them."""
    now = timezone.now()
    opting_out.write_due(now=now)
    opting_out.read_due(now=now)


def look_after_connections() -> None:
    """Keep quiet log-ins alive, compare orgs by night, tell people what needs them."""
    now = timezone.now()
    connections.keep_alive(now=now)
    connections.tell_of_problems(now=now)
    drift.look_at_due(now=now)
    connections.tell_of_changes(now=now)
    health.forget_old(now=now)


def watch_write_backs() -> None:
    """Take up what is half way, and tell people what stands still; by night compare with what the orgs hold."""
    until = time.monotonic() + LONGEST
    unfinished.collect(now=timezone.now())
    erasing.erase_due(now=timezone.now(), stop=lambda: time.monotonic() >= until)
    alerting.check(now=timezone.now())
    reconciling.reconcile_nightly(
        now=timezone.now(), stop=lambda: time.monotonic() >= until
    )
