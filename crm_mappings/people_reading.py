"""Reads who is on a report, in a list view or a campaign, or is found by a query.

Only the ids are taken from there: the fields are read from the records themselves,
in the same way whoever names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.plan.schema import is_id
from crm_mappings.record_reading import told
from crm_mappings.salesforce.client import OrgClient, name
from crm_mappings.salesforce.errors import OrgError
from deployments.sources import PersonRef, SourceError
from surveys.wording import gettext as _

# Who can be a person on a report, by the first characters of the id.
PEOPLE = {"003": "Contact", "00Q": "Lead", "005": "User"}
QUERY = re.compile(r"\s*SELECT\s", re.IGNORECASE)
# A report in synchronous mode gives so many rows, and says that it left some out.
MOST_OF_A_REPORT = 2000


def people(
    *, connection: Connection, kind: str, what: str, most: int
) -> list[PersonRef]:
    """Return each person once, in the order of the list."""
    read = READERS.get(kind)
    if read is None:
        raise SourceError(
            _("Salesforce has no list of the kind %(kind)s.") % {"kind": kind}
        )
    try:
        org = connections.client(connection)
        found = list(dict.fromkeys(read(org, what.strip())))
        connections.note_usage(connection=connection, org=org)
    except OrgError as error:
        raise told(error) from error
    if len(found) > most:
        raise SourceError(
            _("The list holds %(found)s people; %(most)s at most can be read.")
            % {"found": len(found), "most": most}
        )
    return found


def _report(org: OrgClient, what: str) -> Iterator[PersonRef]:
    answer = org.get(f"analytics/reports/{_id(what)}?includeDetails=true")
    if answer.get("allData") is False:
        raise SourceError(
            _(
                "The report has more than %(most)s rows: make it smaller, or use a query."
            )
            % {"most": MOST_OF_A_REPORT}
        )
    found = list(_persons(_cells(answer)))
    if not found and any(True for _cell in _cells(answer)):
        raise SourceError(
            _("No row of the report names a person: add the column Contact ID.")
        )
    yield from found


def _cells(report: Mapping[str, Any]) -> Iterator[str]:
    """The values of the rows, group by group."""
    for group in (report.get("factMap") or {}).values():
        for row in group.get("rows") or []:
            for cell in row.get("dataCells") or []:
                yield str(cell.get("value") or "")


def _persons(values: Iterable[str]) -> Iterator[PersonRef]:
    for value in values:
        if value[:3] in PEOPLE and is_id(value):
            yield PersonRef(object=PEOPLE[value[:3]], record_id=value)


def _list_view(org: OrgClient, what: str) -> Iterator[PersonRef]:
    object_name, _slash, view = what.partition("/")
    path = f"sobjects/{name(object_name.strip())}/listviews/{_id(view)}/describe"
    query = str(org.get(path).get("query") or "")
    yield from _found(org, query)


def _campaign(org: OrgClient, what: str) -> Iterator[PersonRef]:
    fields = ["ContactId", "LeadId"]
    for row in org.select("CampaignMember", fields, "CampaignId", [_id(what)]):
        # A lead that was converted is the contact that it became.
        person = row.get("ContactId") or row.get("LeadId")
        yield from _persons([str(person)])


def _query(org: OrgClient, what: str) -> Iterator[PersonRef]:
    if not QUERY.match(what):
        raise SourceError(_("A query begins with SELECT, such as SELECT Id FROM Lead."))
    yield from _found(org, what)


def _found(org: OrgClient, query: str) -> Iterator[PersonRef]:
    for row in org.query(query):
        object_name = str((row.get("attributes") or {}).get("type") or "")
        record_id = str(row.get("Id") or "")
        if not object_name or not is_id(record_id):
            raise SourceError(_("The query must select Id."))
        yield PersonRef(object=object_name, record_id=record_id)


def _id(text: str) -> str:
    if not is_id(text.strip()):
        raise SourceError(
            _("“%(text)s” is no id of Salesforce.") % {"text": text.strip()[:40]}
        )
    return text.strip()


READERS: Mapping[str, Callable[[OrgClient, str], Iterator[PersonRef]]] = {
    "report": _report,
    "list_view": _list_view,
    "campaign": _campaign,
    "query": _query,
}
