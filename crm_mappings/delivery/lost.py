"""Owns what becomes of a record that may have been made by a call whose answer never
came: it is looked for before it is made again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from crm_mappings import connections
from crm_mappings.delivery import asking, outcomes, settling
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.models import Connection, WrittenRecord
from crm_mappings.plan.planner import CREATE, UPSERT, Write
from crm_mappings.plan.schema import ObjectSchema, id18
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

# What was to be made, as `Entry.doubt` has kept it.
Doubt: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Any]

MAY_BE_WRITTEN = "MAY_BE_WRITTEN"
PERHAPS = gettext_noop(
    "An earlier attempt may have written this record: its answer never came, and it "
    "cannot be told which record it is. Look in Salesforce; send again only if it is "
    "not there."
)


@dataclass(slots=True, kw_only=True)
class Search:
    """Looks in one org for what the jobs of one claim may have made."""

    org: OrgClient
    connection: Connection
    schemas: Mapping[str, ObjectSchema]
    token: uuid.UUID
    clock: Callable[[], datetime]
    users: list[str] | None = None

    def look_for(self, job: Job) -> None:
        """Take up what an earlier attempt has made; hold what cannot be told."""
        row = job.row
        if not job.open or not row.outcome_unknown:
            return
        doubts = row.in_doubt or [_doubt(job, write) for write in job.todo]
        made = [doubt for doubt in doubts if doubt["action"] == CREATE]
        for write in list(job.todo):
            if write.action == UPSERT:
                self._note_id(Entry(job=job, write=write))
        # A graph may have made all of it, so every record is looked for, in order.
        if all(self._looked_for(job, doubt) for doubt in made):
            settling.answered(jobs=[job], token=self.token)

    def _looked_for(self, job: Job, doubt: Doubt) -> bool:
        """Look for one record; False: it cannot be told if it is there."""
        step, fields = doubt["step"], _resolved(doubt["fields"], job.ids)
        if fields is None:
            # The record that it refers to was not made, so this one was not either.
            return True
        schema = self._schema(doubt["object"])
        found = (
            asking.perhaps_made(
                self.org, job.row, schema, fields, made_by=self._user_id()
            )
            if schema
            else None
        )
        if found is None or len(found) > 1:
            job.outcome = outcomes.held(
                code=MAY_BE_WRITTEN,
                message=_(PERHAPS),
                rule={"step": step, "field": None},
            )
            return False
        if found:
            self._take_up(job, doubt, self._record(job, doubt, fields, found[0]))
        return True

    def _schema(self, name: str) -> ObjectSchema | None:
        """Return an object, though the mapping may not write to it any more; None: it
        is not there."""
        if name in self.schemas:
            return self.schemas[name]
        try:
            return connections.describe(
                connection=self.connection,
                object=name,
                now=self.clock(),
                org=self.org,
            )
        except OrgError as error:
            if error.status != 404:
                raise
        return None

    def _user_id(self) -> str | None:
        """Return who we are in the org; None if that cannot be told."""
        if self.users is None:
            name = self.connection.username
            rows = self.org.select("User", ["Id"], "Username", [name])
            self.users = [row["Id"] for row in rows]
        return self.users[0] if len(self.users) == 1 else None

    def _record(
        self, job: Job, doubt: Doubt, fields: dict[str, Any], record_id: str
    ) -> WrittenRecord:
        return WrittenRecord(
            write_back=job.row,
            step=doubt["step"],
            object=doubt["object"],
            record_id=record_id,
            created=True,
            fields=fields,
            written_at=self.clock(),
        )

    def _take_up(self, job: Job, doubt: Doubt, record: WrittenRecord) -> None:
        """Keep a record that was made. Where something else is to be there by now, it
        is changed, as if its response had had news."""
        settling.keep_records(records=[record], token=self.token)
        write = next((one for one in job.todo if one.step == record.step), None)
        if write is not None and _doubt(job, write) == doubt:
            job.is_written(write, record.record_id)
            return
        settling.renew(row=job.row, token=self.token)
        job.ids.setdefault(record.step, record.record_id)
        if write is not None:
            job.is_there(write, record.record_id, self.schemas)

    def _note_id(self, entry: Entry) -> None:
        """Learn the id of a record with our key. It is written again all the same: that
        changes nothing."""
        write = entry.write
        if not entry.is_ours or write.key_field is None:
            return
        rows = self.org.select(write.object, ["Id"], write.key_field, [write.key_value])
        if len(rows) != 1:
            return
        record_id = id18(rows[0]["Id"])
        record = entry.record(record_id, created=True, now=self.clock())
        if not entry.job.is_there(write, record_id, self.schemas):
            settling.keep_records(records=[record], token=self.token)


def _doubt(job: Job, write: Write) -> Doubt:
    return Entry(job=job, write=write).doubt()


def _resolved(fields: Fields, ids: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what was sent; None: a record that it refers to is not there."""
    steps = [value["step"] for value in fields.values() if isinstance(value, dict)]
    if any(step not in ids for step in steps):
        return None
    return {
        name: ids[value["step"]] if isinstance(value, dict) else value
        for name, value in fields.items()
    }
