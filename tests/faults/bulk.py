"""Drills of a backfill that goes through the Bulk API: its worker is killed while the
file goes up, when the org has carried the job out, and while its results are settled."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from tests.faults.scene import Scene, scene
from tests.faults.stage import Drill, Told

KEPT = "crm_mappings_writtenrecord"
JOBS = "crm_mappings_bulkjob"


def bulk_killed_before_the_file(folder: Path, rows: int) -> Told:
    """The org has an open job with nothing in it."""
    with scene(folder, rows=rows, backfill=True) as here:
        here.org.faults(latency_ms=600)
        worker = here.start("work_in_bulk")
        here.until(lambda: here.count(JOBS))
        here.kill(worker)
        return here.finish()


def bulk_killed_after_the_file(folder: Path, rows: int) -> Told:
    """The org carries the job out, and nobody asks what came of it."""
    with scene(folder, rows=rows, backfill=True) as here:
        worker = here.start("work_in_bulk")
        here.until(lambda: _stopped_at(here, worker, "PATCH", "jobs/ingest"))
        here.kill(worker)
        return here.finish()


def bulk_killed_half_way_through_settling(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, backfill=True) as here:
        worker = here.start("work_in_bulk")
        here.until(lambda: _is_settling(here, worker), every=0.002)
        here.kill(worker)
        return here.finish()


def _is_settling(here: Scene, worker: subprocess.Popen[bytes]) -> bool:
    """Freeze the worker in steps so small that it is caught within."""
    if not _stopped_at(here, worker, "GET", "failedResults"):
        return False
    if here.is_being_written(KEPT):
        return True
    worker.send_signal(signal.SIGCONT)
    return worker.poll() is not None


def _stopped_at(
    here: Scene, worker: subprocess.Popen[bytes], method: str, path: str
) -> bool:
    """Freeze the worker when the org has answered such a call."""
    worker.send_signal(signal.SIGSTOP)
    calls = here.org.calls()
    if any(one["method"] == method and path in one["path"] for one in calls):
        return True
    worker.send_signal(signal.SIGCONT)
    return worker.poll() is not None


POSSIBLE: tuple[Drill, ...] = (
    bulk_killed_before_the_file,
    bulk_killed_after_the_file,
    bulk_killed_half_way_through_settling,
)
