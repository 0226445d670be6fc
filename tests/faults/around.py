"""Drills of what is around the write-back: many workers, their clocks, the queue, the
database. Those that need a server of their own are there where it is installed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.factories.org import ROOT
from tests.factories.postgres import INSTALLED, own_postgres
from tests.factories.redis import SERVER, redis_server
from tests.faults.scene import Scene, scene
from tests.faults.stage import PATIENCE, Drill, Told


def many_workers_and_doorbells(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        for _ in range(6):
            here.worker()
        for worker in here.workers:
            worker.wait(timeout=PATIENCE)
        here.struck += len(here.workers)
        return here.finish()


def outage(folder: Path, rows: int) -> Told:
    """An org that is away for long, told by its maintenance page again and again."""
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(unavailable=10_000)
        for _ in range(5):
            here.worker().wait(timeout=PATIENCE)
            here.ask("hurry")
        return here.finish()


def clocks_apart(folder: Path, rows: int) -> Told:
    """One worker's clock is 90 seconds ahead; each comes while the other is at the
    rows, and leaves them to it."""
    with scene(folder, rows=rows, kind="both") as here:
        for turn, ahead in enumerate((90, 0), start=1):
            # So slow that the second has come and gone before the first gets on.
            here.org.faults(latency_ms=8000)
            first = here.worker(seconds_ahead=ahead)
            here.until(lambda: here.rows_in("sending"))
            here.worker(seconds_ahead=90 - ahead).wait(timeout=PATIENCE)
            taken = here.count(f"crm_mappings_writeback WHERE attempts > {turn}")
            assert not taken, f"{taken} rows were taken from a worker that lives"
            if ahead:
                here.kill(first)
                here.ask("hurry")
        here.struck += here.rows_in("sending")
        here.org.faults(latency_ms=0)
        first.wait(timeout=PATIENCE)
        return here.finish()


def stopped_at_will(folder: Path, rows: int) -> Told:
    """Workers that are told to stop finish what they have, or give it back: nothing
    waits for a lease to end."""
    with scene(folder, rows=rows, kind="both") as here:
        # Slow enough that a worker's time ends before its claim does.
        here.org.faults(latency_ms=2500)
        for _ in range(2):
            with workers(here):
                here.until(lambda: here.rows_in("sending") or not _left(here))
                here.struck += here.rows_in("sending")
            left = here.rows_in("sending")
            assert not left, f"{left} rows are still leased"
        return here.finish()


def _left(here: Scene) -> int:
    return here.rows_in("waiting", "sending")


@contextmanager
def workers(here: Scene) -> Iterator[None]:
    """What a machine runs, until it is told to stop."""
    supervisor = subprocess.Popen(
        [sys.executable, "manage.py", "workers"],
        cwd=ROOT,
        env=here.env,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        supervisor.terminate()
        supervisor.wait(timeout=PATIENCE)


def redis_flushed(folder: Path, rows: int) -> Told:
    """Every wake-up is lost before anybody heard it: the sweep finds the rows."""
    with (
        redis_server() as server,
        scene(folder, rows=rows, kind="both", Q_BROKER=server.url) as here,
    ):
        here.ask("ring", times=20)
        (queue,) = server.client.keys("django_q:*:q")
        here.struck += server.client.llen(queue)
        server.client.flushall()
        with workers(here):
            here.until(lambda: not _left(here))
        return here.finish()


def database_restarted(folder: Path, rows: int) -> Told:
    """The database is killed and comes back three times while workers are at it."""
    with (
        own_postgres() as server,
        scene(folder, rows=rows, kind="both", database=server.database()) as here,
    ):
        here.org.faults(latency_ms=200)
        for written in range(3):
            worker = here.worker()
            here.until(lambda: here.rows_in("sending") or worker.poll() is not None)  # noqa: B023 - looked at within the turn
            time.sleep(0.1 * written)
            here.struck += here.rows_in("sending")
            server.restart()
            worker.wait(timeout=PATIENCE)
            here.ask("hurry")
        return here.finish()


POSSIBLE: tuple[Drill, ...] = (
    many_workers_and_doorbells,
    outage,
    clocks_apart,
    stopped_at_will,
    *((redis_flushed,) if SERVER else ()),
    *((database_restarted,) if INSTALLED else ()),
)
