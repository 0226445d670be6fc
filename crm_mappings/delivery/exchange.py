"""Owns what the activity log keeps of a call: its shape, and none of the words that
people have written. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_mappings.delivery.jobs import Entry
from crm_mappings.plan.ids import is_id
from crm_mappings.plan.planner import FileContent, StepRef
from crm_mappings.salesforce.collections import RecordResult
from crm_mappings.salesforce.errors import Refusal
from surveys.wording import gettext as _

VERBS = {"create": "POST", "update": "PATCH", "upsert": "PATCH"}


def note(entry: Entry, *, door: str, result: RecordResult) -> None:
    """Keep one record of one call, with what the org said of it."""
    errors = [_error(error) for error in result.errors]
    answer: dict[str, Any] = {"success": result.success}
    if result.id:
        answer |= {"id": result.id, "created": result.created}
    keep(entry, door=door, answer=answer | ({"errors": errors} if errors else {}))


def note_refusal(entry: Entry, *, door: str, refusal: Refusal) -> None:
    keep(entry, door=door, answer={"success": False, "errors": [_error(refusal)]})


def keep(entry: Entry, *, door: str, answer: dict[str, Any]) -> None:
    write = entry.write
    request = {
        "method": VERBS[write.action],
        "door": door,
        "object": write.object,
        "step": write.step,
        "record": redacted(entry.now.fields) | _address(entry),
    }
    entry.job.exchange.append({"request": request, "answer": answer})


def _address(entry: Entry) -> dict[str, object]:
    known = entry.address()
    return known if entry.is_ours else redacted(known)


def redacted(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields without words: numbers, marks and ids say who or what, texts say
    only how long they are."""
    return {name: _redacted(value) for name, value in fields.items()}


def _redacted(value: object) -> object:
    if isinstance(value, StepRef):
        return _("(the record of step “%(step)s”)") % {"step": value.step}
    if isinstance(value, FileContent):
        return _("(a file)")
    if not isinstance(value, str) or is_id(value):
        return value
    return _("(text of %(count)s characters)") % {"count": len(value)}


def _error(refusal: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    return told | ({"fields": list(refusal.fields)} if refusal.fields else {})


def keep_graph(
    entries: Sequence[Entry], *, failed: int | None, refusal: Refusal
) -> None:
    """Keep a graph that was refused: every record of it, and the one at fault."""
    for number, entry in enumerate(entries):
        rolled_back = {"success": False, "rolled_back": True}
        at_fault = {"success": False, "errors": [_error(refusal)]}
        answer = at_fault if number == (failed or 0) else rolled_back
        keep(entry, door="composite/graph", answer=answer)
