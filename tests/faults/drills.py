"""Drills of the write-back: real worker processes, the emulated org in a process of its
own, and one thing that goes wrong. Each counts what was attempted, written, held, lost
and written twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.factories.org import ROOT, RunningOrg, running_org
from tests.factories.servers import fresh_database

PATIENCE = 300.0
KEY, TASK = "Tellback_Response__c", "Task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the responses of a drill."""

    attempted: int
    written: int
    held: int
    lost: int
    twice: int
    # Rows that were on the way when a worker was killed, or calls and rows that the
    # trouble met: 0 would mean that the drill has shown nothing.
    struck: int

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.twice)


@dataclass(slots=True, kw_only=True)
class Scene:
    """A database, an org, and the workers that go between them."""

    org: RunningOrg
    env: dict[str, str]
    rows: int
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    struck: int = 0

    def ask(self, act: str, **values: Any) -> Any:
        """Do something in a process that has Django set up."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.acts", act, json.dumps(values)],
            cwd=ROOT,
            env=self.env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def rows_in(self, *states: str) -> int:
        """Count rows by a connection of our own: a look must be quick."""
        listed = ", ".join(f"'{state}'" for state in states)
        query = f"SELECT count(*) FROM crm_mappings_writeback WHERE state IN ({listed})"
        url = self.env["DATABASE_URL"]
        if url.startswith("postgres"):
            with psycopg.connect(url) as database:
                found = database.execute(query).fetchone()
        else:
            path = url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=20)) as database:
                found = database.execute(query).fetchone()
        return int(found[0]) if found else 0

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a process that delivers until nothing is left."""
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.acts", "work", "{}"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.workers.append(made)
        return made

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill without a chance to tidy up; count what was on its way."""
        worker.kill()
        worker.wait()
        self.struck += self.rows_in("sending")

    def writes(self) -> list[dict[str, Any]]:
        """Return the calls so far that change something."""
        return [call for call in self.org.calls() if call["method"] != "GET"]

    def until(self, look: Callable[[], Any], patience: float = PATIENCE) -> Any:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.02)
        raise AssertionError(f"nothing after {patience} s")

    def finish(self) -> Told:
        """Let fresh workers do what is left; leases and pauses are made to end."""
        self.org.control("DELETE", "faults")
        self.stop()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            left = self.ask("hurry")
            if not left:
                return self.told()
            self.worker().wait(timeout=PATIENCE)
        return self.told()

    def told(self) -> Told:
        found = self.ask("count")
        keys = Counter(row["Tellback_Key__c"] for row in self.org.rows(KEY))
        tasks = Counter(row["Subject"] for row in self.org.rows(TASK))
        made = {key for key in keys if key}
        twice = sum(many - 1 for many in (keys + tasks).values())
        # What we say we wrote must be there; what we hold must be on the list.
        missing = len(set(found["keys"]) - made)
        missing += len(set(found["tasks"]) - set(tasks))
        settled = found["written"] + found["held"]
        return Told(
            attempted=self.rows,
            written=found["written"],
            held=found["held"],
            lost=self.rows - settled + missing,
            twice=twice,
            struck=self.struck + found["troubled"] + self._failed_calls(),
        )

    def _failed_calls(self) -> int:
        return sum(not 200 <= call["status"] < 400 for call in self.org.calls())

    def stop(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()
        self.workers.clear()


@contextmanager
def scene(folder: Path, *, rows: int, kind: str = "key") -> Iterator[Scene]:
    """Yield a scene with responses that wait: `key` writes one record that holds our
    key, `task` one that nothing tells apart, `both` one of each, `case` an update."""
    with fresh_database(folder) as url, running_org() as org:
        org.faults(daily_limit=1_000_000)
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "SALESFORCE_EXTRA_HOSTS": org.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        _migrate(folder, env)
        made = Scene(org=org, env=env, rows=rows)
        case = org.insert("Case", Subject="Printer", Origin="Email")
        made.ask(
            "prepare",
            url=org.url,
            client_id=org.client_id,
            client_secret=org.client_secret,
            rows=rows,
            kind=kind,
            case=case,
        )
        org.control("DELETE", "calls")
        try:
            yield made
        finally:
            made.stop()
            for left in folder.glob("journey.sqlite3*"):
                left.unlink()


def _migrate(folder: Path, env: dict[str, str]) -> None:
    """Make the tables; the next drill on SQLite copies the empty file."""
    empty, database = folder / "empty.sqlite3", folder / "journey.sqlite3"
    if empty.exists():
        shutil.copy(empty, database)
        return
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    if database.exists():
        with closing(sqlite3.connect(database)) as kept:
            kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(database, empty)


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
    with scene(folder, rows=rows, kind="both") as here:
        for pause in (0.9, 1.1, 1.3, 1.5, 1.7):
            worker = here.worker()
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
        here.org.faults(lock={"id": here.ask("case"), "times": rows // 3})
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


# -- many workers


def many_workers_and_doorbells(folder: Path, rows: int) -> Told:
    with scene(folder, rows=rows, kind="both") as here:
        for _ in range(6):
            here.worker()
        for worker in here.workers:
            worker.wait(timeout=PATIENCE)
        return here.finish()


def outage(folder: Path, rows: int) -> Told:
    """An org that is away for long, told by its maintenance page again and again."""
    with scene(folder, rows=rows, kind="both") as here:
        here.org.faults(unavailable=10_000)
        for _ in range(5):
            here.worker().wait(timeout=PATIENCE)
            here.ask("hurry")
        return here.finish()


DRILLS: dict[str, Callable[[Path, int], Told]] = {
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
        many_workers_and_doorbells,
        outage,
    )
}


def run(folder: Path, *, quick: bool) -> dict[str, dict[str, Any]]:
    """Run all drills; return the counts by name."""
    rows = 120 if quick else 600
    told: dict[str, dict[str, Any]] = {}
    for name, drill in DRILLS.items():
        print(f"write_back/{name} …", file=sys.stderr, flush=True)
        told[f"write_back/{name}"] = asdict(drill(folder, rows))
    return told
