"""Writes one file of a run: so many entries from a place on, counted and hashed.

It is written on this machine first, so that a place that breaks in the middle costs no
second look at the database, and gets a file that is whole.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from responses.dump import cursors, writing
from responses.dump.columns import Column, choose
from responses.dump.reading import Part, entries
from responses.dump.words import Wording
from responses.scheduled.models import ScheduledDump

# A part ends behind the block that reaches either.
ROWS = 50_000
BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    rows: int = ROWS
    size: int = BYTES
    # So many rows are read at once; smaller in tests.
    chunk: int = 2_000
    # Rows in a group of Parquet, which a reader can skip.
    group: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that is finished, and what it holds."""

    content: BinaryIO
    rows: int
    size: int
    sha256: str
    last: int


@contextmanager
def written(
    dump: ScheduledDump, *, after: int, until: int, limits: Limits
) -> Iterator[File]:
    """The next file of the dump; with no rows where nothing is left."""
    part = Part(
        survey_id=dump.survey_id,
        after=after,
        until=until,
        statuses=dump.wanted_statuses,
        changes=dump.changes,
        tests=dump.tests,
        chunk=limits.chunk,
    )
    with tempfile.TemporaryFile() as content:
        if dump.format == dump.Format.PARQUET:
            rows, last = _parquet(dump, part, content, limits)
        else:
            rows, last = _lines(dump, part, content, limits)
        size = content.seek(0, 2)
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        yield File(content=content, rows=rows, size=size, sha256=digest, last=last)


def table(dump: ScheduledDump) -> tuple[Column, ...]:
    """The columns of the dump; what its survey no longer has is left out."""
    wanted = dump.wanted_columns
    wording = Wording(labels=dump.labels, language=dump.language)
    found = writing.survey_columns(dump.survey, changes=dump.changes, wording=wording)
    return choose(found, (*wanted, "change", "at")) if wanted else found


def _lines(
    dump: ScheduledDump, part: Part, content: BinaryIO, limits: Limits
) -> tuple[int, int]:
    looks = writing.Looks(
        format=dump.format,
        bom=dump.bom,
        wording=Wording(labels=dump.labels, language=dump.language),
        fields=dump.wanted_columns,
    )
    rows, size, last = 0, 0, part.after
    file = cast(BinaryIO, _packed(content)) if dump.compressed else content
    for piece in writing.pieces(part, survey=dump.survey, looks=looks):
        file.write(piece.data)
        rows, size = rows + piece.rows, size + len(piece.data)
        last = piece.last or last
        if rows >= limits.rows or size >= limits.size:
            break
    if file is not content:
        file.close()
    return rows, last


def _packed(content: BinaryIO) -> gzip.GzipFile:
    # No time in it: the same rows are the same file.
    return gzip.GzipFile(fileobj=content, mode="wb", compresslevel=6, mtime=0)


def _parquet(
    dump: ScheduledDump, part: Part, content: BinaryIO, limits: Limits
) -> tuple[int, int]:
    # A large library, loaded where it is used.
    from responses.dump import parquet

    file = parquet.Table(content, table(dump), writing.survey_kinds(dump.survey))
    rows, last = 0, part.after
    for group in parquet.groups(entries(part), limits.group):
        file.add(group)
        rows, last = rows + len(group), group[-1].position
        if rows >= limits.rows or content.tell() >= limits.size:
            break
    file.close()
    return rows, last


def told(name: str, file: File, after: int) -> dict[str, object]:
    """The file as the run and the manifest tell it."""
    return {
        "name": name,
        "rows": file.rows,
        "bytes": file.size,
        "sha256": file.sha256,
        "after": cursors.write(after),
        "cursor": cursors.write(file.last),
    }
