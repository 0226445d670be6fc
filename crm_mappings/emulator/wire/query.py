"""Owns queries and their pages."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.soql.running import Result
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer

CURSOR_LIFE = timedelta(days=2)
SMALLEST_PAGE, LARGEST_PAGE = 200, 2000


@dataclass(frozen=True, slots=True)
class Cursor:
    result: Result
    made_at: datetime
    page: int


def run(call: ApiCall) -> Answer:
    soql = call.request.parameters.get("q")
    if not soql:
        raise Refusal("MALFORMED_QUERY", "SOQL statement is required: parameter q")
    result = call.org.engine.run(
        soql,
        now=call.org.clock.now(),
        version=call.version,
        with_deleted=call.request.segments[3] == "queryAll",
    )
    cursor = Cursor(result, call.org.clock.now(), _page_size(call))
    return Answer(document=_page(call, cursor, None, 0))


def more(call: ApiCall) -> Answer:
    """The next page: <locator>-<rows already read>."""
    locator, _, offset = call.place[0].rpartition("-")
    cursor = call.org.cursors.get(locator)
    now = call.org.clock.now()
    if cursor is None or now - cursor.made_at > CURSOR_LIFE or not offset.isdigit():
        raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
    return Answer(document=_page(call, cursor, locator, int(offset)))


def _page_size(call: ApiCall) -> int:
    size = LARGEST_PAGE
    options = call.request.header("Sforce-Query-Options") or ""
    for option in options.split(","):
        name, _, value = option.strip().partition("=")
        if name == "batchSize" and value.isdigit():
            size = min(max(int(value), SMALLEST_PAGE), LARGEST_PAGE)
    return min(size, call.org.page_size)


def _page(
    call: ApiCall, cursor: Cursor, locator: str | None, offset: int
) -> dict[str, Any]:
    result, end = cursor.result, offset + cursor.page
    done = end >= len(result.rows)
    told: dict[str, Any] = {"totalSize": result.size, "done": done}
    if not done:
        locator = locator or _keep(call, cursor)
        told["nextRecordsUrl"] = f"{call.base}/query/{locator}-{end}"
    told["records"] = [result.show(row) for row in result.rows[offset:end]]
    return told


def _keep(call: ApiCall, cursor: Cursor) -> str:
    locator = f"0r8{secrets.token_hex(8)}"
    call.org.cursors[locator] = cursor
    while len(call.org.cursors) > 100:
        call.org.cursors.pop(next(iter(call.org.cursors)))
    return locator
