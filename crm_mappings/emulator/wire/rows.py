"""Owns single rows: create, read, update, delete, and all of these by external id."""

import base64
import hashlib
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from crm_mappings.emulator import refusals
from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.schema.describing import http_date
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer


def create(call: ApiCall) -> Answer:
    sobject = call.sobject()
    given = call.request.json_object()
    with call.org.rows.transaction():
        written = call.org.writer.insert(sobject, given, user_id=call.user_id)
    place = f"{call.base}/sobjects/{sobject.name}/{written.record_id}"
    document = {
        "id": written.record_id,
        "success": True,
        "errors": written.errors(),
    }
    return Answer(status=201, document=document, headers=[("Location", place)])


def read(call: ApiCall) -> Answer:
    sobject = call.sobject()
    return _shown(call, sobject, _row(call, sobject, call.place[1]))


def update(call: ApiCall) -> Answer:
    sobject = call.sobject()
    row = _row(call, sobject, call.place[1])
    given = call.request.json_object()
    _refuse_key(given, "Id")
    _refuse_stale(call, sobject, row)
    with call.org.rows.transaction():
        call.org.writer.update(sobject, row["Id"], given, user_id=call.user_id)
    return Answer(status=204)


def delete(call: ApiCall) -> Answer:
    sobject = call.sobject()
    row = _row(call, sobject, call.place[1])
    with call.org.rows.transaction():
        call.org.writer.delete(sobject, row["Id"], user_id=call.user_id)
    return Answer(status=204)


def read_by_key(call: ApiCall) -> Answer:
    sobject, key, found = _by_key(call)
    return _shown(call, sobject, found[0]) if found else _nobody(key)


def delete_by_key(call: ApiCall) -> Answer:
    sobject, key, found = _by_key(call)
    if not found:
        return _nobody(key)
    with call.org.rows.transaction():
        call.org.writer.delete(sobject, found[0]["Id"], user_id=call.user_id)
    return Answer(status=204)


def upsert(call: ApiCall) -> Answer:
    sobject, key, found = _by_key(call)
    given = call.request.json_object()
    _refuse_key(given, key.name)
    if not found and _says_yes(call.request.parameters.get("updateOnly")):
        return _nobody(key)
    with call.org.rows.transaction():
        written = call.org.writer.upsert(
            sobject, key, call.place[2], given, user_id=call.user_id
        )
    if not written.created and float(call.version) < 46:
        return Answer(status=204)
    told = {"id": written.record_id, "success": True, "errors": []}
    told["created"] = written.created
    return Answer(status=201 if written.created else 200, document=told)


class SeveralFound(Exception):
    """An external id that is not unique: 300 with the addresses of the rows."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(f"{len(addresses)} rows")
        self.addresses = addresses


def _by_key(call: ApiCall) -> tuple[SObject, Field, list[Row]]:
    sobject = call.sobject()
    key = call.org.lookup_key(sobject, call.place[1])
    found = call.org.writer.matches(sobject, key, call.place[2])
    if len(found) > 1:
        base = f"{call.base}/sobjects/{sobject.name}"
        raise SeveralFound([f"{base}/{row['Id']}" for row in found])
    return sobject, key, found


def _nobody(_key: Field) -> Answer:
    raise refusals.not_found()


def _row(call: ApiCall, sobject: SObject, text: str) -> Row:
    record_id = normal_id(text)
    if record_id is None:
        raise refusals.no_external_id_field(text)
    return call.org.writer.existing(sobject, record_id)


def _shown(call: ApiCall, sobject: SObject, row: Row) -> Answer:
    fields = _asked_fields(call, sobject)
    record = call.org.reader.record(sobject, row, call.version, fields)
    headers = [("Last-Modified", http_date(row["LastModifiedDate"]))]
    if sobject.name == "Account":
        headers.append(("ETag", _row_tag(row)))
    return Answer(document=record, headers=headers)


def _asked_fields(call: ApiCall, sobject: SObject) -> list[Field]:
    asked = call.request.parameters.get("fields")
    if not asked:
        return list(sobject.fields)
    return [found_field(sobject, name) for name in asked.split(",")]


def found_field(sobject: SObject, name: str) -> Field:
    found = sobject.find(name.strip())
    if found is None:
        raise refusals.no_column(name.strip(), sobject.name)
    return found


def _row_tag(row: Row) -> str:
    digest = hashlib.sha256(repr(sorted(row.items())).encode()).digest()
    return f'"{base64.b64encode(digest).decode()}"'


def _refuse_key(given: dict[str, Any], name: str) -> None:
    if any(each.lower() == name.lower() for each in given):
        message = f"The {name} field should not be specified in the sobject data."
        raise Refusal("INVALID_FIELD", message)


def _refuse_stale(call: ApiCall, sobject: SObject, row: Row) -> None:
    """If-Unmodified-Since on every object, If-Match where a GET gives an ETag."""
    since = call.request.header("If-Unmodified-Since")
    tag = call.request.header("If-Match")
    changed = since is not None and row["LastModifiedDate"] > _moment(since)
    other = tag is not None and sobject.name == "Account" and tag != _row_tag(row)
    if changed or other:
        raise Refusal("PRECONDITION_FAILED", "The resource was changed meanwhile")


def _moment(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        message = f"Not a date that HTTP knows: {text}"
        raise Refusal("INVALID_HEADER", message) from None


def _says_yes(text: str | None) -> bool:
    return (text or "").lower() == "true"
