"""Owns the manifest: what a finished dump says of itself. Who finds one finds all of
its files; a folder without one is none yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from responses.dump import cursors
from responses.scheduled import parts
from responses.scheduled.models import DumpRun

NAME = "manifest.json"
VERSION = 1


def document(run: DumpRun, *, now: datetime) -> dict[str, Any]:
    dump = run.dump
    return {
        "manifest": VERSION,
        "dump": dump.key,
        "survey": dump.survey.key,
        "format": dump.format,
        "compression": "gzip" if dump.suffix.endswith(".gz") else None,
        "reach": dump.reach,
        "changes": dump.changes,
        "statuses": list(dump.wanted_statuses),
        "tests": dump.tests,
        "columns": [
            {"key": column.key, "name": column.name} for column in parts.table(dump)
        ],
        # It holds what comes behind the first cursor, up to and with the second.
        "after": cursors.write(run.after),
        "cursor": cursors.write(run.until or 0),
        "rows": run.rows,
        "bytes": run.size,
        "files": run.parts,
        "started_at": _moment(run.started_at),
        "finished_at": _moment(now),
    }


def content(run: DumpRun, *, now: datetime) -> bytes:
    text = json.dumps(document(run, now=now), ensure_ascii=False, indent=2)
    return f"{text}\n".encode()


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None
