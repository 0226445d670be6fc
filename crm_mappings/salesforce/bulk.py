"""Owns the shape of Bulk API 2.0 jobs: the file that goes up, the files of results
that come back. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_mappings.salesforce.collections import UnreadableAnswer
from crm_mappings.salesforce.errors import Kind, Refusal, classify

# Files stay well below the 100 MB that Salesforce advises.
MOST_RECORDS = 10_000
CLEAR = "#N/A"
ID, CREATED, ERROR = "sf__Id", "sf__Created", "sf__Error"
LONGEST_CELL = 1_000_000
_ERROR = re.compile(
    r"(?P<code>[A-Z_]+):(?P<message>.*):(?P<fields>[^:]*)--\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record of a job, told by its key."""

    key: str
    id: str | None
    created: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a job is."""

    name: str
    message: str = ""

    @property
    def is_open(self) -> bool:
        """Nothing of it has been carried out, nor will be by itself."""
        return self.name == "Open"

    @property
    def ended(self) -> bool:
        return self.name in {"JobComplete", "Failed", "Aborted"}


def fits(record: Mapping[str, object]) -> bool:
    """Say whether a record can stand in a file: what would be read as a blank, or be
    taken for “clear this field”, cannot."""
    return all(
        value is None or not isinstance(value, str) or value.strip() not in {"", CLEAR}
        for value in record.values()
    )


def job(object_: str, operation: str, key_field: str | None) -> dict[str, Any]:
    asked = {
        "object": object_,
        "operation": operation,
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
    }
    return asked | ({"externalIdFieldName": key_field} if key_field else {})


def write(records: Sequence[Mapping[str, object]]) -> bytes:
    """Return the file: one column a field; an empty cell leaves its field alone."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record, name) for name in columns])
    return file.getvalue().encode()


def _cell(record: Mapping[str, object], name: str) -> str:
    if name not in record:
        return ""
    value = record[name]
    if value is None:
        return CLEAR
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def succeeded(text: str, key: str) -> Iterator[Outcome]:
    for row in _rows(text, key):
        yield Outcome(
            key=row[key], id=row.get(ID) or None, created=row.get(CREATED) == "true"
        )


def failed(text: str, key: str) -> Iterator[Outcome]:
    for row in _rows(text, key):
        yield Outcome(key=row[key], id=None, refusal=read_error(row.get(ERROR) or ""))


def _rows(text: str, key: str) -> Iterable[dict[str, str]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(reader)
    except csv.Error as error:
        raise UnreadableAnswer from error
    if rows and any(row.get(key) is None for row in rows):
        raise UnreadableAnswer
    return rows


def read_error(text: str) -> Refusal:
    """Read `CODE:message:FIELDS --`."""
    found = _ERROR.fullmatch(text.strip())
    if found is None:
        code, _, message = text.partition(":")
        known = code if re.fullmatch(r"[A-Z_]{3,80}", code) else "BULK_FAILED"
        kind = classify(status=400, code=known, message=message)
        return Refusal(kind=kind, code=known, message=message.strip() or text[:1000])
    code, message = found["code"], found["message"].strip()
    names = tuple(n.strip() for n in found["fields"].split(",") if n.strip())
    return Refusal(
        kind=classify(status=400, code=code, message=message),
        code=code,
        message=message[:1000] or code,
        fields=names,
    )


def read_failure(message: str) -> Refusal:
    """Read why a whole job failed: a column that is not there, or something else."""
    missing = re.search(r"Field name not found : (\S+)", message)
    if missing:
        return Refusal(
            kind=Kind.SCHEMA,
            code="INVALID_FIELD",
            message=message[:1000],
            fields=(missing[1],),
        )
    return Refusal(kind=Kind.TRANSIENT, code="BULK_FAILED", message=message[:1000])
