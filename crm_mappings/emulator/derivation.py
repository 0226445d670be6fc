"""Owns the fields that the org fills by itself: full names, closed flags, the case's
contact e-mail."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.schema.sales import STAGES


def settle(object_name: str, before: Row | None, after: Row, now: datetime) -> None:
    """Fill what follows from the row itself and from what just changed in it."""
    act = SETTLERS.get(object_name)
    if act:
        act(before or {}, after, now)


def _person(_before: Mapping[str, Any], after: Row, _now: datetime) -> None:
    parts = (after.get("FirstName"), after.get("LastName"))
    after["Name"] = " ".join(part for part in parts if part) or None


def _contact(before: Mapping[str, Any], after: Row, now: datetime) -> None:
    _person(before, after, now)
    after["IsEmailBounced"] = after.get("EmailBouncedDate") is not None


def _case(before: Mapping[str, Any], after: Row, now: datetime) -> None:
    closed = after.get("Status") == "Closed"
    after["IsClosed"] = closed
    if not closed:
        after["ClosedDate"] = None
    elif not before.get("IsClosed"):
        after["ClosedDate"] = now


def _task(before: Mapping[str, Any], after: Row, now: datetime) -> None:
    closed = after.get("Status") == "Completed"
    after["IsClosed"] = closed
    after["IsHighPriority"] = after.get("Priority") == "High"
    if not closed:
        after["CompletedDateTime"] = None
    elif not before.get("IsClosed"):
        after["CompletedDateTime"] = now


def _opportunity(before: Mapping[str, Any], after: Row, now: datetime) -> None:
    stage = after.get("StageName")
    odds, forecast, closed, won = STAGES.get(str(stage), (0, "Pipeline", False, False))
    if stage != before.get("StageName"):
        after["LastStageChangeDate"] = now if before else None
        if after.get("Probability") == before.get("Probability"):
            after["Probability"] = float(odds)
        after["ForecastCategoryName"] = forecast
    after["IsClosed"], after["IsWon"] = closed, won
    amount, chance = after.get("Amount"), after.get("Probability") or 0.0
    after["ExpectedRevenue"] = None if amount is None else amount * chance / 100
    _fiscal(after)


def _fiscal(after: Row) -> None:
    closing = after["CloseDate"]
    quarter = (closing.month + 2) // 3
    after["FiscalYear"], after["FiscalQuarter"] = closing.year, quarter
    after["Fiscal"] = f"{closing.year} {quarter}"


def _member(before: Mapping[str, Any], after: Row, now: datetime) -> None:
    after["HasResponded"] = after.get("Status") == "Responded"
    if after["HasResponded"] and not before.get("HasResponded"):
        after["FirstRespondedDate"] = now.date()


SETTLERS: dict[str, Callable[[Mapping[str, Any], Row, datetime], None]] = {
    "Contact": _contact,
    "Lead": _person,
    "User": _person,
    "Case": _case,
    "Task": _task,
    "Opportunity": _opportunity,
    "CampaignMember": _member,
}

# Read from a parent each time: (object, field) to the references to follow, in turn,
# and the parent's field.
BORROWED: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("Case", "ContactEmail"): (("ContactId",), "Email"),
    ("Case", "ContactPhone"): (("ContactId",), "Phone"),
    ("Case", "ContactMobile"): (("ContactId",), "MobilePhone"),
    ("Case", "ContactFax"): (("ContactId",), "Fax"),
    **{
        ("CampaignMember", name): (("ContactId", "LeadId"), name)
        for name in ("FirstName", "LastName", "Title", "Email", "Phone")
    },
    ("CampaignMember", "HasOptedOutOfEmail"): (
        ("ContactId", "LeadId"),
        "HasOptedOutOfEmail",
    ),
}
