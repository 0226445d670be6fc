"""Drills of the write-back: real worker processes, the emulated org in a process of its
own, and one thing that goes wrong. Each counts what was attempted, written, held, lost
and written twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults import around, bulk, undoing
from tests.faults.mail_drills import MAIL_DRILLS
from tests.faults.scene import KEY, Scene, scene
from tests.faults.stage import PATIENCE, Drill, Told

# -- a worker is killed


def kill_after_claim(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(latency_ms=600)
        worker = here.worker()
        here.until(lambda: here.rows_in("sending", "written"))
        here.kill(worker)
        return here.finish()


def kill_after_look_up(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="case") as here:
        here.org.faults(latency_ms=400)
        worker = here.worker()
        here.until(lambda: [c for c in here.org.calls() if "query" in c["path"]])
        here.kill(worker)
        return here.finish()


def kill_after_send(folder: Path, rows: int) -> Told:
    """The org has carried the call out; the worker dies with the answer unread."""
    with scene(folder, rows=rows, kind="both") as here:
        worker = here.worker()
        here.until(lambda: here.rows_in("sending", "written"))
        here.until(lambda: _stopped_at_a_write(here, worker))
        here.kill(worker)
        return here.finish()


def _stopped_at_a_write(here: Scene, worker: subprocess.Popen[bytes]) -> bool:
    """Freeze the worker in steps so small that it is caught right after a write."""
    worker.send_signal(signal.SIGSTOP)
    if here.writes():
        return True
    worker.send_signal(signal.SIGCONT)
    return worker.poll() is not None


def kill_half_way_through_settling(folder: Path, rows: int) -> Told:
    """Frozen when some rows are settled and others of the claim are not."""
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(latency_ms=200)
        worker = here.worker()
        here.until(lambda: here.rows_in("written") or worker.poll() is not None)
        here.kill(worker)
        return here.finish()


def kill_again_and_again(folder: Path, rows: int) -> Told:
    """Each a little later in its work than the one before."""
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(latency_ms=200)
        for pause in (0.0, 0.1, 0.3, 0.5, 0.7):
            worker = here.worker()
            here.until(lambda: here.rows_in("sending") or worker.poll() is not None)  # noqa: B023 - looked at within the turn
            time.sleep(pause)
            here.kill(worker)
            here.ask("hurry")
        return here.finish()


# -- the org does not do as it should


def drop_after_apply(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(drop_after_commit=2)
        here.worker().wait(timeout=PATIENCE)
        return here.finish()


def html_503(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(unavailable=4)
        here.worker().wait(timeout=PATIENCE)
        here.ask("hurry")
        here.worker().wait(timeout=PATIENCE)
        return here.finish()


def session_ends_in_a_batch(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(latency_ms=100)
        worker = here.worker()
        here.until(here.writes)
        here.org.faults(expire_tokens=True)
        worker.wait(timeout=PATIENCE)
        return here.finish()


def limit_exceeded(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(request_limit=2)
        here.worker().wait(timeout=PATIENCE)
        return here.finish()


def row_locks(folder: Path, rows: int) -> Told:
    """Every third write about the case finds it locked."""
    with scene(folder, rows=rows, kind="task") as here:
        here.org.faults(lock={"id": here.cases[0], "times": rows // 3})
        here.worker().wait(timeout=PATIENCE)
        return here.finish()


def one_bad_record(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="key") as here:
        rule = {"object": KEY, "field": "Score__c", "value": 5, "message": "Not 5"}
        here.ask("score_five", every=200)
        here.org.faults(validation_rule=rule)
        here.worker().wait(timeout=PATIENCE)
        return here.finish()


def field_deleted_between_batches(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(latency_ms=150)
        worker = here.worker()
        here.until(here.writes)
        here.org.faults(hide_field=f"{KEY}.Score__c")
        worker.wait(timeout=PATIENCE)
        return here.finish()


DRILLS: dict[str, Drill] = {
    function.__name__: function
    for function in (
        kill_after_claim,
        kill_after_look_up,
        kill_after_send,
        kill_half_way_through_settling,
        kill_again_and_again,
        drop_after_apply,
        html_503,
        session_ends_in_a_batch,
        limit_exceeded,
        row_locks,
        one_bad_record,
        field_deleted_between_batches,
        *bulk.POSSIBLE,
        *around.POSSIBLE,
        *undoing.POSSIBLE,
    )
}
# What an outage of a day leaves behind.
WAITING_AFTER_A_DAY = 50_000


def run(
    folder: Path, *, quick: bool, only: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run the drills whose names begin so; yield the counts of each as it ends."""
    for name, drill, rows in _all(quick):
        if name.startswith(only):
            print(f"{name} …", file=sys.stderr, flush=True)
            yield name, asdict(drill(folder, rows))


def _all(quick: bool) -> Iterator[tuple[str, Drill, int]]:
    for name, drill in DRILLS.items():
        rows = 120 if quick else 600
        if name == "outage" and not quick:
            rows = WAITING_AFTER_A_DAY
        yield f"write_back/{name}", drill, rows
    for name, drill in MAIL_DRILLS.items():
        yield f"asking/{name}", drill, 60 if quick else 300
