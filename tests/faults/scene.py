"""What every drill of the write-back stands on: a database, the emulated org in a
process of its own, real worker processes, and the count at the end."""

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
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
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


Drill = Callable[[Path, int], Told]


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

    def worker(self, *, seconds_ahead: int = 0) -> subprocess.Popen[bytes]:
        """Start a process that delivers until nothing is left; its clock may be off."""
        values = json.dumps({"seconds_ahead": seconds_ahead})
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.acts", "work", values],
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
def scene(
    folder: Path,
    *,
    rows: int,
    kind: str = "key",
    database: AbstractContextManager[str] | None = None,
    **settings: str,
) -> Iterator[Scene]:
    """Yield a scene with responses that wait: `key` writes one record that holds our
    key, `task` one that nothing tells apart, `both` one of each, `case` an update."""
    with database or fresh_database(folder) as url, running_org() as org:
        org.faults(daily_limit=1_000_000)
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "SALESFORCE_EXTRA_HOSTS": org.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **settings,
        }
        migrate(folder, env)
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


def migrate(folder: Path, env: dict[str, str]) -> None:
    """Make the tables; the next drill on SQLite copies the empty file."""
    empty, database = folder / "empty.sqlite3", folder / "journey.sqlite3"
    if empty.exists() and env["DATABASE_URL"].endswith(str(database)):
        shutil.copy(empty, database)
        return
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    if database.exists():
        with closing(sqlite3.connect(database)) as kept:
            kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(database, empty)
