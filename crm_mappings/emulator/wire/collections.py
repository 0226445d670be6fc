"""Owns writes of up to 200 rows in one call, each with its own outcome."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from crm_mappings.emulator import refusals
from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer
from crm_mappings.emulator.wire.rows import found_field
from crm_mappings.emulator.writing import Written

MOST_WRITTEN, MOST_READ, MOST_CHUNKS = 200, 2000, 10
WHOLE_CALL = frozenset({"INVALID_FIELD", "JSON_PARSER_ERROR"})
Act = Callable[[dict[str, Any]], Written]


class _Undo(Exception):
    """Ends a transaction in which not everything went well."""


def create(call: ApiCall) -> Answer:
    records, all_or_none = _records(call)
    types = _types(call, records)

    def act(record: dict[str, Any]) -> Written:
        return call.org.writer.insert(
            types[id(record)], _values(record), user_id=call.user_id
        )

    return _run(call, records, act, all_or_none=all_or_none)


def update(call: ApiCall) -> Answer:
    records, all_or_none = _records(call)
    types = _types(call, records)

    def act(record: dict[str, Any]) -> Written:
        record_id = _id_of(record)
        if not record_id:
            message = "Id not specified in an update call"
            raise Refusal("MISSING_ARGUMENT", message, ("Id",))
        sobject = types[id(record)]
        found = _existing(call, sobject, record_id)
        return call.org.writer.update(
            sobject, found, _values(record, "id"), user_id=call.user_id
        )

    return _run(call, records, act, all_or_none=all_or_none)


def upsert(call: ApiCall) -> Answer:
    sobject = call.sobject()
    key = call.org.lookup_key(sobject, call.place[1])
    records, all_or_none = _records(call)
    _types(call, records, only=sobject)
    given = Counter(_folded(_key_of(record, key)) for record in records)

    def act(record: dict[str, Any]) -> Written:
        value = _key_of(record, key)
        if value is not None and given[_folded(value)] > 1:
            message = f"Duplicate external id specified: {value}"
            raise Refusal("DUPLICATE_VALUE", message, (key.name,))
        return _upsert_one(call, sobject, key, value, record)

    return _run(call, records, act, all_or_none=all_or_none, upserting=True)


def _upsert_one(
    call: ApiCall, sobject: SObject, key: Field, value: Any, record: dict[str, Any]
) -> Written:
    writer, values = call.org.writer, _values(record, key.name)
    if value is None and key.name == "Id":
        return writer.insert(sobject, values, user_id=call.user_id)
    if value is None:
        message = f"{key.name} not specified"
        raise Refusal("MISSING_ARGUMENT", message, (key.name,))
    if key.name == "Id":
        value = _existing(call, sobject, value)
    return writer.upsert(sobject, key, value, values, user_id=call.user_id)


def delete(call: ApiCall) -> Answer:
    parameters = call.request.parameters
    ids = [part for part in parameters.get("ids", "").split(",") if part]
    _refuse_number(ids, MOST_WRITTEN)

    def act(record: dict[str, Any]) -> Written:
        normal = normal_id(record["id"])
        sobject = call.org.catalogue.by_prefix(normal) if normal else None
        if normal is None or sobject is None:
            raise refusals.malformed_id(record["id"])
        found = _existing(call, sobject, normal)
        call.org.writer.delete(sobject, found, user_id=call.user_id)
        return Written(record_id=normal, created=False)

    all_or_none = parameters.get("allOrNone", "").lower() == "true"
    return _run(call, [{"id": each} for each in ids], act, all_or_none=all_or_none)


def retrieve(call: ApiCall) -> Answer:
    """Rows by id in the order asked, null where there is none."""
    sobject = call.sobject()
    if call.request.method == "GET":
        asked = call.request.parameters
        ids = asked.get("ids", "").split(",")
        names = asked.get("fields", "").split(",")
    else:
        body = call.request.json_object()
        ids, names = body.get("ids") or [], body.get("fields") or []
    _refuse_number(ids, MOST_READ)
    fields = [found_field(sobject, str(name)) for name in names if name]
    return Answer(document=[_one(call, sobject, each, fields) for each in ids])


def _one(
    call: ApiCall, sobject: SObject, text: Any, fields: list[Field]
) -> dict[str, Any] | None:
    record_id = normal_id(text)
    row = call.org.rows.get(sobject.name, record_id) if record_id else None
    if row is None or row["IsDeleted"]:
        return None
    return call.org.reader.record(sobject, row, call.version, fields)


# -- what the four have in common


def _records(call: ApiCall) -> tuple[list[dict[str, Any]], bool]:
    body = call.request.json_object()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise refusals.unreadable_json("records must be a list of objects")
    _refuse_number(records, MOST_WRITTEN)
    all_or_none = body.get("allOrNone", False)
    if not isinstance(all_or_none, bool):
        raise refusals.unreadable_json("allOrNone must be true or false")
    return records, all_or_none


def _refuse_number(items: list[Any], most: int) -> None:
    if not items:
        message = "At least 1 record is required"
        raise Refusal("REQUIRED_FIELD_MISSING", message)
    if len(items) > most:
        message = (
            f"record limit reached. cannot submit more than {most} records "
            "in this operation"
        )
        raise Refusal("EXCEEDED_ID_LIMIT", message)


def _types(
    call: ApiCall, records: list[dict[str, Any]], only: SObject | None = None
) -> dict[int, SObject]:
    """The object of each record; a record without one fails the whole call."""
    types: dict[int, SObject] = {}
    chunks, last = 0, None
    for record in records:
        found = types[id(record)] = _type(call, record, only)
        chunks += found.name != last
        last = found.name
    if chunks > MOST_CHUNKS:
        message = (
            "Cannot have more than 10 chunks in a single operation. Please rearrange "
            "the data to reduce chunking."
        )
        raise Refusal("LIMIT_EXCEEDED", message)
    return types


def _type(call: ApiCall, record: dict[str, Any], only: SObject | None) -> SObject:
    given = record.get("attributes")
    name = given.get("type") if isinstance(given, dict) else None
    if name is None:
        raise Refusal("INVALID_INPUT", "attributes.type is required for each record")
    found = call.org.catalogue.find(str(name))
    if found is None:
        raise refusals.unknown_type(str(name))
    if only and found.name != only.name:
        message = f"all records must be of type {only.name}, not {found.name}"
        raise Refusal("INVALID_INPUT", message)
    return found


def _run(
    call: ApiCall,
    records: list[dict[str, Any]],
    act: Act,
    *,
    all_or_none: bool,
    upserting: bool = False,
) -> Answer:
    outcomes: list[Written | Refusal] = []
    try:
        with call.org.rows.transaction():
            outcomes.extend(_outcome(call, act, record) for record in records)
            if all_or_none and any(isinstance(each, Refusal) for each in outcomes):
                raise _Undo
    except _Undo:
        outcomes = [
            each if isinstance(each, Refusal) else refusals.rolled_back()
            for each in outcomes
        ]
    return Answer(document=[_element(each, upserting) for each in outcomes])


def _outcome(call: ApiCall, act: Act, record: dict[str, Any]) -> Written | Refusal:
    try:
        with call.org.rows.transaction():
            return act(record)
    except Refusal as refusal:
        if call.org.faults.whole_call_errors and refusal.code in WHOLE_CALL:
            raise
        return refusal


def _element(outcome: Written | Refusal, upserting: bool) -> dict[str, Any]:
    if isinstance(outcome, Refusal):
        errors = [outcome.as_element_error()]
        failed: dict[str, Any] = {"success": False, "errors": errors}
        return failed | ({"created": False} if upserting else {})
    done = {"id": outcome.record_id, "success": True, "errors": outcome.errors()}
    return done | ({"created": outcome.created} if upserting else {})


def _existing(call: ApiCall, sobject: SObject, text: Any) -> str:
    """In a collection a row that is not there is a wrong reference."""
    record_id = normal_id(text)
    if record_id is None:
        raise refusals.malformed_id(text)
    if call.org.rows.get(sobject.name, record_id) is None:
        message = "invalid cross reference id"
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", message, ())
    return record_id


def _id_of(record: dict[str, Any]) -> Any:
    return record.get("id") or record.get("Id")


def _key_of(record: dict[str, Any], key: Field) -> Any:
    for name, value in record.items():
        if name.lower() == key.name.lower():
            return value
    return None


def _values(record: dict[str, Any], without: str = "attributes") -> dict[str, Any]:
    left_out = {"attributes", without.lower()}
    return {n: value for n, value in record.items() if n.lower() not in left_out}


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().casefold()
    return value if isinstance(value, int | float) else repr(value)
