"""Owns a bulk job (Bulk API 2.0 ingest) as it stands, and the files that tell of its
rows."""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.emulator.values import as_json

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
OPERATIONS = ("insert", "update", "upsert", "delete")
KEPT_FOR = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class Job:
    id: str
    object_name: str
    operation: str
    user_id: str
    version: str
    made_at: datetime
    changed_at: datetime
    key_name: str | None = None
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    state: str = "Open"
    text: str | None = None
    error: str | None = None
    columns: list[str] = field(default_factory=list)
    succeeded: list[list[str]] = field(default_factory=list)
    failed: list[list[str]] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.state in {"JobComplete", "Failed", "Aborted"}

    def as_json(self) -> dict[str, Any]:
        """What every answer about a job has."""
        told = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object_name,
            "createdById": self.user_id,
            "createdDate": as_json(self.made_at),
            "systemModstamp": as_json(self.changed_at),
            "state": self.state,
            "externalIdFieldName": self.key_name,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
        }
        return {name: value for name, value in told.items() if value is not None}

    def file_form(self) -> dict[str, str]:
        return {"lineEnding": self.line_ending, "columnDelimiter": self.delimiter}

    def counts(self) -> dict[str, Any]:
        done = len(self.succeeded) + len(self.failed)
        told: dict[str, Any] = {
            "numberRecordsProcessed": done,
            "numberRecordsFailed": len(self.failed),
            "retries": 0,
            "totalProcessingTime": done,
            "apiActiveProcessingTime": done,
            "apexProcessingTime": 0,
        }
        return told | ({"errorMessage": self.error} if self.error else {})

    def result(self, rows: list[list[str]], *more: str) -> str:
        """A result file: what the org adds, then the columns that were given."""
        file = io.StringIO()
        ending = LINE_ENDINGS[self.line_ending]
        writer = csv.writer(
            file, delimiter=DELIMITERS[self.delimiter], lineterminator=ending
        )
        writer.writerow([*more, *self.columns])
        writer.writerows(rows)
        return file.getvalue()
