"""Owns the switches under /emulator/ (no part of Salesforce): outbound rules and
queue, calls, faults, the clock, and rows without a log-in."""

from collections.abc import Callable
from typing import Any

from crm_mappings.emulator.duplicates import DuplicateRule
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.outbound.rules import OutboundMessageRule
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.emulator.refusals import Refusal, not_found
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.seeding import seed
from crm_mappings.emulator.wire import switches
from crm_mappings.emulator.wire.exchange import Answer, Request

Act = Callable[..., Answer]
A_CENTURY = 100 * 365 * 86_400
COUNTED = (
    *("unavailable", "server_errors", "request_limit", "drop_after_commit"),
    *("drop_before_commit", "latency_ms", "outbound_duplicates"),
    *("not_modified", "api_disabled", "policy_errors", "retry_after"),
    "bad_signatures",
)


def answer(org: Org, request: Request) -> Answer | None:
    """The answer of a switch, or None where there is none at the address."""
    if request.segments[:1] != ("emulator",):
        return None
    name, rest = (*request.segments[1:2], "")[0], request.segments[2:]
    act = ACTS.get((request.method, name, len(rest)))
    return act(org, request, *rest) if act else None


# -- outbound messages


def rules(org: Org, _request: Request) -> Answer:
    shown = [
        {"action_id": action_id, **rule.as_json()}
        for action_id, rule in org.outbound.rules()
    ]
    return Answer(document={"rules": shown})


def add_rule(org: Org, request: Request) -> Answer:
    rule = OutboundMessageRule.read(request.json_object())
    action_id = org.add_outbound_rule(rule)
    document = {"action_id": action_id, "org_id": org.org_id, **rule.as_json()}
    return Answer(status=201, document=document)


def remove_rule(org: Org, _request: Request, name: str) -> Answer:
    org.outbound.remove_rule(name)
    return Answer(status=204)


def queue(org: Org, request: Request) -> Answer:
    wanted = request.parameters.get("state")
    shown = [
        each.as_json()
        for each in org.outbound.notifications
        if wanted in (None, each.state.value)
    ]
    return Answer(document={"notifications": shown})


def retry_queue(org: Org, _request: Request) -> Answer:
    """Make what waits due now; the background sender does the rest."""
    return Answer(document={"due": org.outbound.retry_now()})


def preview_queue(org: Org, _request: Request, notification_id: str) -> Answer:
    """The message of one notification as it would be sent now."""
    for each in org.outbound.notifications:
        if each.id == notification_id:
            body = Sender(org).body([each])
            return Answer(body=body, content_type="text/xml; charset=utf-8")
    raise not_found()


# -- calls, clock, faults


def calls(org: Org, request: Request) -> Answer:
    after = request.parameters.get("after", "0")
    first = int(after) if after.isdigit() else 0
    shown = [each.as_json() for each in org.calls.calls if each.number > first]
    used = {"used": org.usage.count(), "limit": org.usage.daily_limit}
    return Answer(document={"calls": shown, "api_usage": used})


def clear_calls(org: Org, _request: Request) -> Answer:
    org.calls.clear()
    return Answer(status=204)


def clock(org: Org, _request: Request) -> Answer:
    return Answer(document={"now": org.clock.now().isoformat()})


def advance_clock(org: Org, request: Request) -> Answer:
    seconds = request.json_object().get("advance_seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Refusal("INVALID_INPUT", "advance_seconds must be a number")
    if not 0 <= seconds <= A_CENTURY:
        raise Refusal(
            "INVALID_INPUT", "advance_seconds must be 0 or more, a century at most"
        )
    org.clock.advance(seconds=seconds)
    return clock(org, request)


def faults(org: Org, _request: Request) -> Answer:
    return Answer(document=org.faults.as_json())


def clear_faults(org: Org, _request: Request) -> Answer:
    org.faults.clear()
    return Answer(document=org.faults.as_json())


def set_faults(org: Org, request: Request) -> Answer:
    """Any number of switches in one document."""
    given = request.json_object()
    unknown = sorted(set(given) - set(SWITCHES))
    if unknown:
        known = ", ".join(sorted(SWITCHES))
        raise Refusal("INVALID_INPUT", f"No such fault: {unknown[0]}. Known: {known}")
    for name, value in given.items():
        switch(org, name, value)
    return faults(org, request)


def switch(org: Org, name: str, value: Any) -> None:
    """Set one switch, as the page and the document do."""
    SWITCHES[name](org, value)


def _count(name: str) -> Callable[[Org, Any], None]:
    def switch(org: Org, value: Any) -> None:
        setattr(org.faults, name, _whole(name, value))

    return switch


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal("INVALID_INPUT", f"{name} must be a whole number")
    return value


def _lock(org: Org, value: Any) -> None:
    """Refuse the next writes to a row and to those that point at it."""
    record_id = normal_id(_of(value, "id"))
    if record_id is None:
        raise Refusal("INVALID_INPUT", "id must be the id of a row")
    org.faults.locks[record_id] = _whole("times", value.get("times", 1))


def _hide(org: Org, value: Any) -> None:
    org.hide_field(*_object_and_field(value))


def _make_read_only(org: Org, value: Any) -> None:
    org.make_read_only(*_object_and_field(value))


def _add_field(org: Org, value: Any) -> None:
    """A field that an administrator adds to an object, by its description."""
    given = dict(value) if isinstance(value, dict) else {}
    name = str(given.pop("object", ""))
    try:
        field = Field(**{**given, "values": tuple(given.get("values", ()))})
    except TypeError as error:
        raise Refusal("INVALID_INPUT", f"not a field: {error}") from None
    org.add_field(name, field)


def _remove_object(org: Org, value: Any) -> None:
    org.remove_object(str(value))


def _restore(org: Org, value: Any) -> None:
    org.restore_fields(str(value))


def _duplicate_rule(org: Org, value: Any) -> None:
    fields = value.get("fields") if isinstance(value, dict) else None
    if not isinstance(fields, list) or not all(isinstance(f, str) for f in fields):
        raise Refusal("INVALID_INPUT", "fields must be a list of API names")
    rule = DuplicateRule(
        object_name=org.catalogue.full(_of(value, "object")).name,
        fields=tuple(fields),
        allow_save=value.get("allow_save") is True,
    )
    org.add_duplicate_rule(rule)


def _validation(org: Org, value: Any) -> None:
    rule = ValidationRule(
        object_name=_of(value, "object"),
        field=_of(value, "field"),
        value=value.get("value"),
        message=_of(value, "message"),
    )
    org.add_validation_rule(rule)


def _migrate(org: Org, value: Any) -> None:
    org.migrate(str(value))


def _daily_limit(org: Org, value: Any) -> None:
    org.usage.daily_limit = _whole("daily_limit", value)


def _whole_call(org: Org, value: Any) -> None:
    org.faults.whole_call_errors = bool(value)


def _object_and_field(value: Any) -> tuple[str, str]:
    object_name, _, field_name = str(value).partition(".")
    return object_name, field_name


def _of(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise Refusal("INVALID_INPUT", f"{name} is required")
    return found


# -- rows


def read_rows(org: Org, _request: Request, object_name: str) -> Answer:
    sobject = org.catalogue.full(object_name)
    ids = [row["Id"] for row in org.rows.table(sobject.name).live()]
    records = [org.read(sobject.name, each) for each in ids]
    return Answer(document={"totalSize": len(records), "records": records})


def read_row(org: Org, _request: Request, object_name: str, record_id: str) -> Answer:
    return Answer(document=org.read(object_name, record_id))


def add_row(org: Org, request: Request, object_name: str) -> Answer:
    record_id = org.insert(object_name, request.json_object())
    return Answer(status=201, document=org.read(object_name, record_id))


def change_row(org: Org, request: Request, object_name: str, record_id: str) -> Answer:
    org.update(object_name, record_id, request.json_object())
    return Answer(document=org.read(object_name, record_id))


def remove_row(org: Org, _request: Request, object_name: str, row_id: str) -> Answer:
    org.delete(object_name, row_id)
    return Answer(status=204)


# -- the whole org


def about(org: Org, request: Request) -> Answer:
    document = {
        "org_id": org.org_id,
        "name": org.name,
        "instance_url": request.origin,
        "client_id": org.client.client_id,
        "username": org.rows.table("User").rows[org.integration_id]["Username"],
        "now": org.clock.now().isoformat(),
    }
    return Answer(document=document)


def sow(org: Org, _request: Request) -> Answer:
    return Answer(document=seed(org))


def reset(org: Org, _request: Request) -> Answer:
    org.reset()
    return Answer(status=204)


SWITCHES: dict[str, Callable[[Org, Any], None]] = {
    **{name: _count(name) for name in COUNTED},
    **switches.SWITCHES,
    "lock": _lock,
    "add_field": _add_field,
    "hide_field": _hide,
    "read_only_field": _make_read_only,
    "remove_object": _remove_object,
    "restore_fields": _restore,
    "validation_rule": _validation,
    "duplicate_rule": _duplicate_rule,
    "migrate": _migrate,
    "daily_limit": _daily_limit,
    "whole_call_errors": _whole_call,
}
ACTS: dict[tuple[str, str, int], Act] = {
    ("GET", "about", 0): about,
    ("GET", "outbound-rules", 0): rules,
    ("POST", "outbound-rules", 0): add_rule,
    ("DELETE", "outbound-rules", 1): remove_rule,
    ("GET", "outbound-queue", 0): queue,
    ("POST", "outbound-queue", 0): retry_queue,
    ("GET", "outbound-queue", 1): preview_queue,
    ("GET", "calls", 0): calls,
    ("DELETE", "calls", 0): clear_calls,
    ("GET", "clock", 0): clock,
    ("POST", "clock", 0): advance_clock,
    ("GET", "faults", 0): faults,
    ("POST", "faults", 0): set_faults,
    ("DELETE", "faults", 0): clear_faults,
    ("GET", "records", 1): read_rows,
    ("POST", "records", 1): add_row,
    ("GET", "records", 2): read_row,
    ("PATCH", "records", 2): change_row,
    ("DELETE", "records", 2): remove_row,
    ("POST", "seed", 0): sow,
    ("POST", "reset", 0): reset,
}
