"""What every drill stands on: a database, and real processes that are at work on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import psycopg

from tests.factories.org import ROOT
from tests.factories.servers import fresh_database

PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the responses, or of the mails, of a drill."""

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


@dataclass(kw_only=True)
class Stage:
    """A database, and the processes between it and what is outside."""

    # The module whose acts are done in processes that have Django set up.
    acts: ClassVar[str]

    env: dict[str, str]
    rows: int
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, act: str, **values: Any) -> Any:
        """Do something, and return what came of it."""
        done = subprocess.run(
            self._command(act, values),
            cwd=ROOT,
            env=self.env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, act: str, **values: Any) -> subprocess.Popen[bytes]:
        """Begin something that may be killed on the way."""
        made = subprocess.Popen(
            self._command(act, values),
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.workers.append(made)
        return made

    def _command(self, act: str, values: dict[str, Any]) -> list[str]:
        return [sys.executable, "-m", self.acts, act, json.dumps(values)]

    def count(self, rows: str) -> int:
        """Count by a connection of our own: a look must be quick."""
        query = f"SELECT count(*) FROM {rows}"
        if self.is_postgres:
            with psycopg.connect(self.env["DATABASE_URL"]) as database:
                found = database.execute(query).fetchone()
        else:
            with closing(self._sqlite(timeout=20)) as database:
                found = database.execute(query).fetchone()
        return int(found[0]) if found else 0

    @property
    def is_postgres(self) -> bool:
        return self.env["DATABASE_URL"].startswith("postgres")

    def _sqlite(self, *, timeout: float) -> sqlite3.Connection:
        path = self.env["DATABASE_URL"].removeprefix("sqlite:///")
        return sqlite3.connect(path, timeout=timeout, isolation_level=None)

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Let nobody write a table; SQLite locks them all."""
        if self.is_postgres:
            with psycopg.connect(self.env["DATABASE_URL"]) as database:
                database.execute(f"LOCK TABLE {table} IN SHARE MODE")
                yield
        else:
            with closing(self._sqlite(timeout=20)) as database:
                database.execute("BEGIN IMMEDIATE")
                yield

    def is_being_written(self, table: str) -> bool:
        """Say whether a transaction that writes the table is under way; on SQLite, one
        that writes any."""
        if self.is_postgres:
            locks = f"relation = '{table}'::regclass AND mode = 'RowExclusiveLock'"
            return self.count(f"pg_locks WHERE {locks}") > 0
        with closing(self._sqlite(timeout=0)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def until(self, look: Callable[[], Any], *, every: float = 0.02) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(every)
        raise AssertionError(f"nothing after {PATIENCE} s")

    def stop(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            worker.wait()
        self.workers.clear()


@contextmanager
def migrated(
    folder: Path,
    *,
    database: AbstractContextManager[str] | None = None,
    **settings: str,
) -> Iterator[dict[str, str]]:
    """Yield the environment of a database with tables and nothing in them."""
    with database or fresh_database(folder) as url:
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **settings,
        }
        _make_tables(folder, env)
        try:
            yield env
        finally:
            for left in folder.glob("journey.sqlite3*"):
                left.unlink()


def _make_tables(folder: Path, env: dict[str, str]) -> None:
    """Migrate; the next drill on SQLite copies the empty file."""
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
