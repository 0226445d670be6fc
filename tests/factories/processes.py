"""Looking at processes from outside: who is below whom, and who still lives."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

PATIENCE = 90


def eventually(look: Callable[[], Any], patience: float = PATIENCE) -> Any:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.3)
    raise AssertionError(f"Nothing after {patience} s")


def parent_of(pid: str) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def family(pid: int) -> list[int]:
    """Return the process ids below `pid`, nearest first (Linux)."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = parent_of(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
    found: list[int] = []
    generation = {pid}
    while generation:
        generation = {child for child, above in parents.items() if above in generation}
        found += sorted(generation)
    return found


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def last_beats(database: str) -> str:
    """Return when each group of workers last proved that it works; "" before.

    `database` is the address of a SQLite file. It is read by a connection of our own: a
    look must be quick.
    """
    path = database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=20)) as file:
        rows = file.execute("SELECT beaten_at FROM tellback_heartbeat").fetchall()
    return " ".join(beaten_at for (beaten_at,) in rows)
