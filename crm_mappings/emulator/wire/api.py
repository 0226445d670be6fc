"""Owns the way of an API call: version, session, quota, and the route to its noun."""

import re
from collections.abc import Callable

from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal, not_found
from crm_mappings.emulator.wire import (
    collections,
    composite,
    describe,
    jobs,
    lists,
    metadata,
    query,
    rows,
)
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer, Request, refused
from crm_mappings.emulator.wire.identity import bearer
from crm_mappings.emulator.wire.rows import SeveralFound

Act = Callable[[ApiCall], Answer]
VERSION = re.compile(r"v(\d{1,3})\.0")
ROUTES: list[tuple[str, dict[str, Act]]] = [
    ("", {"GET": describe.resources}),
    ("limits", {"GET": describe.limits}),
    ("sobjects", {"GET": describe.all_objects}),
    ("sobjects/*", {"GET": describe.basics, "POST": rows.create}),
    ("sobjects/*/describe", {"GET": describe.one_object}),
    ("sobjects/*/listviews/*/describe", {"GET": lists.list_view}),
    ("sobjects/*/deleted", {"GET": describe.deleted_or_updated}),
    ("sobjects/*/updated", {"GET": describe.deleted_or_updated}),
    (
        "sobjects/*/*",
        {"GET": rows.read, "PATCH": rows.update, "DELETE": rows.delete},
    ),
    (
        "sobjects/*/*/*",
        {"GET": rows.read_by_key, "PATCH": rows.upsert, "DELETE": rows.delete_by_key},
    ),
    ("query", {"GET": query.run}),
    ("query/*", {"GET": query.more}),
    ("queryAll", {"GET": query.run}),
    ("queryAll/*", {"GET": query.more}),
    ("analytics/reports/*", {"GET": lists.report}),
    ("jobs/ingest", {"POST": jobs.create}),
    ("jobs/ingest/*", {"GET": jobs.read, "PATCH": jobs.change, "DELETE": jobs.delete}),
    ("jobs/ingest/*/batches", {"PUT": jobs.upload}),
    ("jobs/ingest/*/successfulResults", {"GET": jobs.succeeded}),
    ("jobs/ingest/*/failedResults", {"GET": jobs.failed}),
    ("jobs/ingest/*/unprocessedrecords", {"GET": jobs.unprocessed}),
    ("jobs/ingest/*/unprocessedRecords", {"GET": jobs.unprocessed}),
    ("metadata/deployRequest", {"POST": metadata.create}),
    ("metadata/deployRequest/*", {"GET": metadata.read, "PATCH": metadata.change}),
    ("composite", {"POST": composite.run}),
    ("composite/batch", {"POST": composite.batch}),
    ("composite/graph", {"POST": composite.graphs}),
    (
        "composite/sobjects",
        {
            "POST": collections.create,
            "PATCH": collections.update,
            "DELETE": collections.delete,
        },
    ),
    (
        "composite/sobjects/*",
        {"GET": collections.retrieve, "POST": collections.retrieve},
    ),
    ("composite/sobjects/*/*", {"PATCH": collections.upsert}),
]
PATTERNS = [(tuple(filter(None, route.split("/"))), acts) for route, acts in ROUTES]


def answer(org: Org, request: Request) -> Answer:
    """Everything under /services/data/."""
    if len(request.segments) == 2:
        return Answer(document=describe.versions())
    try:
        version = _version(request)
        call = _admitted(org, request, version)
        told = dispatch(call)
    except Refusal as refusal:
        told = refused(refusal)
    if told.status != 401:  # a stranger is not told how busy the org is
        told.headers.append(("Sforce-Limit-Info", org.usage.header()))
    return told


def _version(request: Request) -> str:
    match = VERSION.fullmatch(request.segments[2])
    number = int(match.group(1)) if match else 0
    if match and 20 <= number < describe.OLDEST:
        message = f"Version {number}.0 of the API is retired and no longer available."
        raise Refusal("UNSUPPORTED_API_VERSION", message)
    if not describe.OLDEST <= number <= describe.NEWEST:
        raise not_found()
    return f"{number}.0"


def _admitted(org: Org, request: Request, version: str) -> ApiCall:
    """Who has a living session and a call left."""
    session = org.logins.find(bearer(request) or "")
    if session is None:
        raise Refusal("INVALID_SESSION_ID", "Session expired or invalid")
    if org.faults.take("request_limit") or not org.usage.spend():
        raise Refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    if org.faults.take("api_disabled"):
        message = "The REST API is not enabled for this Organization."
        raise Refusal("API_DISABLED_FOR_ORG", message)
    if org.faults.take("policy_errors"):
        message = "A transaction security policy has blocked this request."
        raise Refusal("TXN_SECURITY_METERING_ERROR", message)
    if org.faults.take("server_errors"):
        message = (
            "An unexpected error occurred. Please include this ErrorId if you contact "
            "support: 1395563180-42 (1234)"
        )
        raise Refusal("UNKNOWN_EXCEPTION", message)
    return ApiCall(
        org=org, request=request, version=version, session=session, dispatch=dispatch
    )


def dispatch(call: ApiCall) -> Answer:
    """One call, whether it came by itself or inside a composite."""
    rules, before = call.org.duplicate_rules, call.org.duplicate_rules.insisting
    asked = (call.request.header("Sforce-Duplicate-Rule-Header") or "").lower()
    rules.insisting = "allowsave=true" in asked.replace(" ", "")
    try:
        act, call.place = _route(call)
        return act(call)
    except SeveralFound as several:
        return Answer(status=300, document=several.addresses)
    except Refusal as refusal:
        return refused(located(refusal, call.request.body))
    finally:
        rules.insisting = before


def _route(call: ApiCall) -> tuple[Act, tuple[str, ...]]:
    asked = call.request.segments[3:]
    for pattern, acts in PATTERNS:
        if _fits(pattern, asked):
            act = acts.get(_method(call.request))
            if act is None:
                raise _wrong_method(call.request.method, acts)
            stars = zip(pattern, asked, strict=True)
            return act, tuple(given for star, given in stars if star == "*")
    raise not_found()


def _fits(pattern: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    if len(pattern) != len(asked):
        return False
    pairs = zip(pattern, asked, strict=True)
    return all(part in ("*", given) for part, given in pairs)


def _method(request: Request) -> str:
    """HEAD is a GET without a body; a POST may stand for another method."""
    instead = request.parameters.get("_HttpMethod")
    if request.method == "POST" and instead:
        return instead.upper()
    return "GET" if request.method == "HEAD" else request.method


def _wrong_method(method: str, acts: dict[str, Act]) -> Refusal:
    allowed = ["HEAD"] if "GET" in acts else []
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE")
    known: list[str] = [each for each in methods if each in acts]
    message = (
        f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed + known)}"
    )
    return Refusal("METHOD_NOT_ALLOWED", message)


def located(refusal: Refusal, body: bytes) -> Refusal:
    """Say where in the body the unreadable value of a field stands."""
    if refusal.about is None:
        return refusal
    text = body.decode("utf-8", "replace")
    match = re.search(rf'"{re.escape(refusal.about)}"\s*:\s*', text, re.IGNORECASE)
    at = match.end() if match else 0
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    message = f"{refusal.message} at [line:{line}, column:{column}]"
    return Refusal(refusal.code, message, refusal.fields)
