"""Owns reports and list views: each is a query that somebody has saved."""

from typing import Any

from crm_mappings.emulator.refusals import not_found
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer

MOST_DETAILS = 2000


def report(call: ApiCall) -> Answer:
    """A tabular report with its rows, as the Analytics API tells them."""
    report_id = call.place[0]
    query = call.org.reports.get(report_id)
    if query is None:
        raise not_found()
    result = call.org.engine.run(
        query, now=call.org.clock.now(), version=call.version, with_deleted=False
    )
    rows = [result.show(row) for row in result.rows[:MOST_DETAILS]]
    columns = [name for name in (rows[0] if rows else {}) if name != "attributes"]
    return Answer(
        document={
            "allData": len(result.rows) <= MOST_DETAILS,
            "attributes": {"reportId": report_id, "type": "Report"},
            "factMap": {
                "T!T": {
                    "aggregates": [{"label": str(len(rows)), "value": len(rows)}],
                    "rows": [{"dataCells": _cells(row, columns)} for row in rows],
                }
            },
            "hasDetailRows": True,
            "reportMetadata": {
                "detailColumns": columns,
                "id": report_id,
                "reportFormat": "TABULAR",
            },
        }
    )


def list_view(call: ApiCall) -> Answer:
    """What a list view shows: its query, in full."""
    object_name, view_id = call.place
    query = call.org.list_views.get(view_id)
    if query is None:
        raise not_found()
    return Answer(
        document={
            "columns": [],
            "id": view_id,
            "query": query,
            "scope": "everything",
            "sobjectType": call.sobject(object_name).name,
        }
    )


def _cells(row: dict[str, Any], columns: list[str]) -> list[dict[str, Any]]:
    return [{"label": str(row[name] or "-"), "value": row[name]} for name in columns]
