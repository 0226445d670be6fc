"""Owns several calls in one: composite, batch and graph, with references from later
calls to the answers of earlier ones."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from crm_mappings.emulator.refusals import Refusal, not_found, unreadable_json
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer, Request

REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
MOST_CALLS, MOST_QUERIES = 25, 5
MOST_GRAPHS, MOST_NODES = 75, 500
HALTED = (
    "The transaction was rolled back since another operation in the same "
    "transaction failed."
)


class _Undo(Exception):
    """Ends a transaction in which a call failed."""


@dataclass(slots=True)
class _Told:
    """What one subrequest answered."""

    reference: str
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.status >= 400

    def as_json(self) -> dict[str, Any]:
        return {
            "body": self.body,
            "httpHeaders": self.headers,
            "httpStatusCode": self.status,
            "referenceId": self.reference,
        }


def run(call: ApiCall) -> Answer:
    body = call.request.json_object()
    asked = _list(body, "compositeRequest", MOST_CALLS)
    reads = [each for each in asked if "/query" in str(each.get("url"))]
    if len(reads) > MOST_QUERIES:
        message = f"Cannot execute more than {MOST_QUERIES} queries in a composite call"
        raise Refusal("INVALID_INPUT", message)
    told, _ = _together(call, asked, all_or_none=body.get("allOrNone") is True)
    return Answer(document={"compositeResponse": [each.as_json() for each in told]})


def graphs(call: ApiCall) -> Answer:
    asked = _list(call.request.json_object(), "graphs", MOST_GRAPHS)
    nodes = sum(len(_list(each, "compositeRequest", MOST_NODES)) for each in asked)
    if nodes > MOST_NODES:
        message = f"The payload has {nodes} nodes; at most {MOST_NODES} are allowed"
        raise Refusal("INVALID_INPUT", message)
    return Answer(document={"graphs": [_graph(call, each) for each in asked]})


def _graph(call: ApiCall, graph: dict[str, Any]) -> dict[str, Any]:
    asked = graph["compositeRequest"]
    told, fine = _together(call, asked, all_or_none=True)
    return {
        "graphId": str(graph.get("graphId", "")),
        "graphResponse": {"compositeResponse": [each.as_json() for each in told]},
        "isSuccessful": fine,
    }


def batch(call: ApiCall) -> Answer:
    body = call.request.json_object()
    asked = _list(body, "batchRequests", MOST_CALLS)
    results: list[dict[str, Any]] = []
    halted = False
    for each in asked:
        if halted:
            error = {
                "errorCode": "BATCH_PROCESSING_HALTED",
                "message": "Batch processing halted",
            }
            results.append({"statusCode": 412, "result": [error]})
            continue
        told = _sub(call, each, "richInput")
        results.append({"statusCode": told.status, "result": told.body})
        halted = told.failed and body.get("haltOnError") is True
    bad = any(each["statusCode"] >= 400 for each in results)
    return Answer(document={"hasErrors": bad, "results": results})


def _list(body: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    found = body.get(name)
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise unreadable_json(f"{name} must be a list of objects")
    if not found or len(found) > most:
        raise Refusal("INVALID_INPUT", f"{name} must have 1 to {most} elements")
    return found


def _together(
    call: ApiCall, asked: list[dict[str, Any]], *, all_or_none: bool
) -> tuple[list[_Told], bool]:
    told: list[_Told] = []
    try:
        with call.org.rows.transaction():
            for each in asked:
                told.append(_answered(call, each, told))
                if all_or_none and told[-1].failed:
                    raise _Undo
    except _Undo:
        return _rolled_back(asked, told), False
    return told, not any(each.failed for each in told)


def _rolled_back(asked: list[dict[str, Any]], told: list[_Told]) -> list[_Told]:
    """Only the call that failed keeps its own answer."""
    halted = [{"errorCode": "PROCESSING_HALTED", "message": HALTED}]
    culprit = len(told) - 1
    return [
        told[number]
        if number == culprit
        else _Told(str(each.get("referenceId")), 400, halted)
        for number, each in enumerate(asked)
    ]


def _answered(call: ApiCall, asked: dict[str, Any], told: list[_Told]) -> _Told:
    known = {each.reference: each for each in told}
    reference = str(asked.get("referenceId", ""))
    try:
        resolved = _resolved(asked, known)
    except Refusal as refusal:
        return _Told(reference, 400, [refusal.as_row_error()])
    return _sub(call, resolved, "body")


def _resolved(value: Any, known: dict[str, _Told]) -> Any:
    """The request with ``@{case.id}`` replaced by what the call named case told."""
    if isinstance(value, dict):
        return {key: _resolved(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, known) for each in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _told_value(whole, known)
    return REFERENCE.sub(lambda match: str(_told_value(match, known)), value)


def _told_value(match: re.Match[str], known: dict[str, _Told]) -> Any:
    found = known.get(match.group(1))
    if found is None or found.failed:
        raise _bad_reference(match)
    value = found.body
    for name, index in re.findall(r"\.([A-Za-z0-9_]+)|\[(\d+)\]", match.group(2)):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            raise _bad_reference(match) from None
    return value


def _bad_reference(match: re.Match[str]) -> Refusal:
    message = f"Invalid reference specified. No value for {match.group()} found"
    return Refusal("PROCESSING_HALTED", message)


def _sub(call: ApiCall, asked: dict[str, Any], body_name: str) -> _Told:
    """Dispatch a part as a call of its own; the whole counts as one API request."""
    reference = str(asked.get("referenceId", ""))
    path, _, query = str(asked.get("url", "")).partition("?")
    path = path if path.startswith("/services/") else f"/services/data/{path}"
    body = asked.get(body_name)
    request = Request(
        method=str(asked.get("method", "GET")).upper(),
        origin=call.request.origin,
        path=path,
        query=query,
        headers=_headers(call, asked),
        body=b"" if body is None else json.dumps(body).encode(),
    )
    if request.segments[:2] != ("services", "data") or len(request.segments) < 3:
        return _Told(reference, 404, [not_found().as_row_error()])
    part = ApiCall(
        org=call.org,
        request=request,
        version=request.segments[2].removeprefix("v"),
        session=call.session,
        dispatch=call.dispatch,
    )
    answer = call.dispatch(part)
    kept = {
        n: v for n, v in answer.headers if n in {"Location", "ETag", "Last-Modified"}
    }
    return _Told(reference, answer.status, answer.document, kept)


def _headers(call: ApiCall, asked: dict[str, Any]) -> dict[str, str]:
    given = asked.get("httpHeaders")
    pairs = given.items() if isinstance(given, dict) else ()
    named = {str(name).lower(): str(value) for name, value in pairs}
    return {**call.request.headers, "content-type": "application/json", **named}
