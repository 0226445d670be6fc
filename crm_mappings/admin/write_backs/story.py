"""Owns how one write-back is told: the kind of error in plain words, the rule that
wrote the refused field, and each record with its values before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_mappings.delivery import matching
from crm_mappings.models import Attempt, ObjectDescription, WriteBack, WrittenRecord
from crm_mappings.plan.proving import HINTS
from crm_mappings.plan.specs import Erasure
from crm_mappings.salesforce import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    field: str
    label: str
    before: str | None  # None: not known, because the record was made
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    object: str
    record_id: str
    url: str
    created: bool
    step: str
    written_at: Any
    undone_at: Any
    # What becomes of it because its response was erased; "": nothing.
    erasure: str
    changes: tuple[Change, ...]


# What the planner says before anything is sent, by its code in capitals.
OURS: Mapping[str, Promise] = MappingProxyType(
    {
        "NO_MATCH": gettext_lazy("There is no such record"),
        "SEVERAL_MATCHES": gettext_lazy("Several records fit"),
        "REQUIRED_MISSING": gettext_lazy("A required field has no value"),
        "GAVE_UP": gettext_lazy("It was tried often, in vain"),
        "MAPPING_PAUSED": gettext_lazy("The mapping is paused"),
        "NEWER_WRITTEN": gettext_lazy("A newer response is written"),
        "RESPONSE_ERASED": gettext_lazy("The response was erased"),
        "NO_RESPONSE": gettext_lazy("There are no answers any more"),
        "MAY_BE_WRITTEN": gettext_lazy("It may be written already"),
        "NOTHING_TO_WRITE": gettext_lazy("There is nothing to write"),
        "INTERNAL_ERROR": gettext_lazy("Tellback failed"),
    }
)


# How an attempt ended, or what a person did.
OUTCOMES: Mapping[str, Promise] = MappingProxyType(
    {
        "written": gettext_lazy("written"),
        "held": gettext_lazy("held"),
        "skipped": gettext_lazy("skipped"),
        "retry": gettext_lazy("to be tried again"),
        "sent_again": gettext_lazy("sent again"),
        "given_up": gettext_lazy("given up"),
        "repaired": gettext_lazy("written again after a comparison"),
        "undone": gettext_lazy("put back"),
        "undo_refused": gettext_lazy("not put back"),
        "erased": gettext_lazy("erased in Salesforce"),
        "not_erased": gettext_lazy("not erased in Salesforce"),
    }
)
MISFITS = frozenset(code.upper() for code in HINTS)


def kind(error_class: str, code: str = "") -> str:
    """Return the kind of error in plain words; `code` tells more of some."""
    if code in OURS:
        return str(OURS[code])
    if code in MISFITS:
        return _("A value does not fit its field")
    words = errors.words(error_class)
    return _(words.title) if words else error_class.replace("_", " ").capitalize()


def todo(error_class: str, code: str = "") -> str:
    if code in matching.CODES:
        return _("Say which record is meant.")
    words = errors.words(error_class)
    return _(words.todo) if words else ""


def record_url(write_back: WriteBack, record_id: str) -> str:
    """Return where the record is in Salesforce, or "" when that is not known."""
    instance = write_back.mapping.connection.instance_url
    return f"{instance.rstrip('/')}/{record_id}" if instance else ""


def rule_url(write_back: WriteBack) -> str:
    """Return where the rule that wrote the refused field is edited."""
    mapping = reverse("admin:crm_mappings_mapping_change", args=[write_back.mapping_id])
    rule = write_back.rule or {}
    anchor = "-".join(str(rule[key]) for key in ("step", "field") if rule.get(key))
    return f"{mapping}#at-{anchor}" if anchor else mapping


def rule_name(write_back: WriteBack) -> str:
    """Return the rule in words: the field and its step, or the step alone."""
    rule = write_back.rule or {}
    if rule.get("field"):
        text = _("Rule for %(field)s in step “%(step)s”")
    else:
        text = _("Step “%(step)s”")
    return text % {"field": rule.get("field"), "step": rule.get("step")}


def records(write_back: WriteBack) -> tuple[Record, ...]:
    """Return what was written, with labels where the object is described."""
    rows = list(write_back.records.order_by("written_at", "pk"))
    labels = _labels(write_back, {row.object for row in rows})
    return tuple(_record(write_back, row, labels.get(row.object, {})) for row in rows)


def _record(
    write_back: WriteBack, row: WrittenRecord, labels: Mapping[str, str]
) -> Record:
    return Record(
        object=row.object,
        record_id=row.record_id,
        url=record_url(write_back, row.record_id),
        created=row.created,
        step=row.step,
        written_at=row.written_at,
        undone_at=row.undone_at,
        erasure=_erasure(row),
        changes=tuple(_change(row, name, labels) for name in row.fields),
    )


def _erasure(row: WrittenRecord) -> str:
    if not row.erasing:
        return ""
    deleted = row.erasing == Erasure.DELETE and row.created
    if row.erased_at:
        return _("deleted in Salesforce") if deleted else _("cleared in Salesforce")
    if row.erase_problem:
        words = {"problem": row.erase_problem}
        return _("not erased in Salesforce yet: %(problem)s") % words
    return _("is being deleted") if deleted else _("is being cleared")


def _change(row: WrittenRecord, name: str, labels: Mapping[str, str]) -> Change:
    known = not row.created and row.previous is not None and name in row.previous
    return Change(
        field=name,
        label=labels.get(name, name),
        before=say((row.previous or {})[name]) if known else None,
        after=say(row.fields[name]),
    )


def say(value: object) -> str:
    """Return a field's value as a person reads it; blank is an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def log(write_back: WriteBack) -> Iterator[tuple[Attempt, str]]:
    """Yield every attempt, the last first, and how it ended in words."""
    for attempt in write_back.log.order_by("-number", "-pk"):
        yield attempt, str(OUTCOMES.get(attempt.outcome, attempt.outcome))


def _labels(write_back: WriteBack, objects: set[str]) -> dict[str, dict[str, str]]:
    described = ObjectDescription.objects.filter(
        connection=write_back.mapping.connection_id, object__in=objects
    )
    return {
        row.object: {
            field["name"]: field["label"] for field in row.describe.get("fields", [])
        }
        for row in described
    }
