"""Owns the resources that say what there is: versions, resources, objects, limits."""

from email.utils import parsedate_to_datetime

from crm_mappings.emulator.schema.describing import (
    describe,
    describe_global,
    http_date,
    tag,
)
from crm_mappings.emulator.values import as_json
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer

OLDEST, NEWEST = 31, 67
SEASONS = ("Spring", "Summer", "Winter")
RESOURCES = (
    *("tooling", "metadata", "chatter", "tabs", "appMenu", "quickActions"),
    *("queryAll", "commerce", "wave", "analytics", "search", "identity", "composite"),
    *("parameterizedSearch", "theme", "nouns", "event", "serviceTemplates", "recent"),
    *("connect", "licensing", "limits", "process", "jobs", "query", "sobjects"),
)
LIMITS = {
    "ActiveScratchOrgs": 3,
    "AnalyticsExternalDataSizeMB": 40960,
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentSyncReportRuns": 20,
    "DailyAnalyticsDataflowJobExecutions": 60,
    "DailyAsyncApexExecutions": 250000,
    "DailyBulkApiBatches": 15000,
    "DailyBulkV2QueryFileStorageMB": 976562,
    "DailyBulkV2QueryJobs": 10000,
    "DailyDurableStreamingApiEvents": 10000,
    "DailyGenericStreamingApiEvents": 10000,
    "DailyStandardVolumePlatformEvents": 10000,
    "DailyStreamingApiEvents": 10000,
    "DailyWorkflowEmails": 1000,
    "DataStorageMB": 1024,
    "DurableStreamingApiConcurrentClients": 20,
    "FileStorageMB": 1024,
    "HourlyAsyncReportRuns": 1200,
    "HourlyDashboardRefreshes": 200,
    "HourlyDashboardResults": 5000,
    "HourlyODataCallout": 1000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 1000,
    "MassEmail": 5000,
    "PermissionSets": 1500,
    "SingleEmail": 5000,
    "StreamingApiConcurrentClients": 20,
}


def versions() -> list[dict[str, str]]:
    numbers = range(OLDEST, NEWEST + 1)
    return [
        {
            "label": _label(number),
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in numbers
    ]


def _label(number: int) -> str:
    """33 was Spring '15; three releases a year, and Winter is named for the next."""
    year = 15 + (number - 33) // 3 + (number % 3 == 2)
    return f"{SEASONS[number % 3]} '{year}"


def resources(call: ApiCall) -> Answer:
    told = {name: f"{call.base}/{name}" for name in RESOURCES}
    told["identity"] = (
        f"https://login.salesforce.com/id/{call.org.org_id}/{call.user_id}"
    )
    return Answer(document=told)


def limits(call: ApiCall) -> Answer:
    usage = call.org.usage
    left = max(usage.daily_limit - usage.count(), 0)
    told = {name: {"Max": most, "Remaining": most} for name, most in LIMITS.items()}
    told["DailyApiRequests"] = {"Max": usage.daily_limit, "Remaining": left}
    return Answer(document=dict(sorted(told.items())))


def all_objects(call: ApiCall) -> Answer:
    catalogue = call.org.catalogue
    if _unchanged(call, http_date(catalogue.changed_at), None):
        return Answer(status=304)
    headers = [("Last-Modified", http_date(catalogue.changed_at))]
    document = describe_global(catalogue, call.version)
    return Answer(document=document, headers=headers)


def one_object(call: ApiCall) -> Answer:
    sobject = call.sobject()
    document = describe(call.org.catalogue, sobject, call.version, call.request.origin)
    changed = http_date(call.org.catalogue.changed(sobject.name))
    headers = [("ETag", tag(document)), ("Last-Modified", changed)]
    if _unchanged(call, changed, headers[0][1]):
        return Answer(status=304, headers=headers)
    return Answer(document=document, headers=headers)


def basics(call: ApiCall) -> Answer:
    """GET of an object: its row in the list of objects, and its newest rows."""
    sobject = call.sobject()
    listed = describe_global(call.org.catalogue, call.version)["sobjects"]
    mine = next(each for each in listed if each["name"] == sobject.name)
    named = [each for each in (sobject.find("Id"), sobject.name_field()) if each]
    newest = list(call.org.rows.table(sobject.name).live())[-5:]
    recent = [
        call.org.reader.record(sobject, row, call.version, named) for row in newest
    ]
    return Answer(document={"objectDescribe": mine, "recentItems": recent})


def deleted_or_updated(call: ApiCall) -> Answer:
    """Rows that went or changed between two moments, as replication asks."""
    sobject = call.sobject()
    start, end = (call.request.parameters.get(each, "") for each in ("start", "end"))
    gone = call.request.segments[-1] == "deleted"
    found = [
        row
        for row in call.org.rows.table(sobject.name).rows.values()
        if row["IsDeleted"] == gone
        and start[:19] <= as_json(row["SystemModstamp"])[:19] <= end[:19]
    ]
    covered = as_json(call.org.clock.now())
    if not gone:
        ids = [row["Id"] for row in found]
        return Answer(document={"ids": ids, "latestDateCovered": covered})
    records = [
        {"id": row["Id"], "deletedDate": as_json(row["SystemModstamp"])}
        for row in found
    ]
    earliest = as_json(call.org.catalogue.changed(sobject.name))
    return Answer(
        document={
            "deletedRecords": records,
            "earliestDateAvailable": earliest,
            "latestDateCovered": covered,
        }
    )


def _unchanged(call: ApiCall, changed: str, etag: str | None) -> bool:
    if call.org.faults.take("not_modified"):
        return True
    known = call.request.header("If-None-Match")
    if known and etag:
        return etag in known
    since = call.request.header("If-Modified-Since")
    if not since:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
