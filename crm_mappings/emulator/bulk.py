"""Owns the work of a bulk job: every row of its CSV file by itself."""

import csv
import io
from collections.abc import Callable
from typing import Any

from crm_mappings.emulator.jobs import DELIMITERS, Job
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.values import NUMBERS

NULL = "#N/A"


def work(org: Org, job: Job) -> None:
    """Write every row of the file by itself; wrong columns fail the whole job."""
    sobject = org.catalogue.get(job.object_name)
    reader = csv.reader(
        io.StringIO(job.text or "", newline=""), delimiter=DELIMITERS[job.delimiter]
    )
    job.columns = next(reader, [])
    strange = [name for name in job.columns if not _known(sobject, name)]
    job.changed_at = org.clock.now()
    if strange:
        job.state = "Failed"
        job.error = f"InvalidBatch : Field name not found : {strange[0]}"
        return
    for cells in reader:
        if cells:
            _work_row(org, job, sobject, cells)
    job.state = "JobComplete"


def _work_row(org: Org, job: Job, sobject: SObject, cells: list[str]) -> None:
    try:
        with org.rows.transaction():
            values = _values(sobject, job.columns, cells)
            record_id, created = ACTS[job.operation](org, job, sobject, values)
    except Refusal as refusal:
        names = ",".join(refusal.fields or ())
        problem = f"{refusal.code}:{refusal.message}:{names}{' ' if names else ''}--"
        job.failed.append(["", problem, *cells])
    else:
        job.succeeded.append([record_id, str(created).lower(), *cells])


def _known(sobject: SObject, column: str) -> bool:
    name = column.partition(".")[0].partition(":")[0]
    relationship = "." in column and sobject.find_relationship(name) is not None
    return sobject.find(column) is not None or relationship


def _values(sobject: SObject, columns: list[str], cells: list[str]) -> dict[str, Any]:
    """An empty cell leaves the field alone; #N/A clears it."""
    if len(cells) != len(columns):
        message = "The number of columns in a row is not that of the header"
        raise Refusal("INVALID_CSV", message)
    given: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell == "":
            continue
        own = sobject.find(column)
        if own:
            given[own.name] = _value(own, cell)
        else:
            given |= _nested(column, cell)
    return given


def _nested(column: str, cell: str) -> dict[str, Any]:
    """Account.Ext__c, or Owner:User.Email where the parent may be of several kinds."""
    path, _, key = column.partition(".")
    name, _, kind = path.partition(":")
    typed = {"attributes": {"type": kind}} if kind else {}
    return {name: None if cell == NULL else {**typed, key: cell}}


def _value(own: Field, cell: str) -> Any:
    if cell == NULL:
        return None
    try:
        if own.type == "int":
            return int(cell)
        if own.type in NUMBERS:
            return float(cell)
    except ValueError:
        raise _not_valid(own, cell) from None
    if own.type == "boolean":
        if cell.lower() not in {"true", "false", "1", "0"}:
            raise _not_valid(own, cell)
        return cell.lower() in {"true", "1"}
    return cell


def _not_valid(own: Field, cell: str) -> Refusal:
    message = f"'{cell}' is not a valid value for the type xsd:{own.type}"
    return Refusal("INVALID_FIELD", f"Failed to deserialize field. Due to, {message}")


def _insert(org: Org, job: Job, sobject: SObject, given: dict[str, Any]) -> Any:
    written = org.writer.insert(sobject, given, user_id=job.user_id)
    return written.record_id, True


def _update(org: Org, job: Job, sobject: SObject, given: dict[str, Any]) -> Any:
    record_id = given.pop("Id", None)
    if record_id is None:
        message = "Id not specified in an update call"
        raise Refusal("MISSING_ARGUMENT", message, ("Id",))
    written = org.writer.update(sobject, record_id, given, user_id=job.user_id)
    return written.record_id, False


def _upsert(org: Org, job: Job, sobject: SObject, given: dict[str, Any]) -> Any:
    key = org.lookup_key(sobject, job.key_name or "")
    value = given.pop(key.name, None)
    if value is None:
        raise Refusal("MISSING_ARGUMENT", f"{key.name} not specified", (key.name,))
    done = org.writer.upsert(sobject, key, value, given, user_id=job.user_id)
    return done.record_id, done.created


def _delete(org: Org, job: Job, sobject: SObject, given: dict[str, Any]) -> Any:
    record_id = str(given.get("Id", ""))
    org.writer.delete(sobject, record_id, user_id=job.user_id)
    return record_id, False


ACTS: dict[str, Callable[..., Any]] = {
    "insert": _insert,
    "update": _update,
    "upsert": _upsert,
    "delete": _delete,
}
