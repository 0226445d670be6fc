"""Owns what undoing would do to each record, and why: judged by what was there before,
what we wrote and what the org holds now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings.delivery.comparing import same
from crm_mappings.models import WrittenRecord
from crm_mappings.plan.ids import is_event
from crm_mappings.salesforce.client import OrgClient


class Fate(StrEnum):
    """What undoing does to one record, or why it does nothing."""

    RESTORE = "restore"
    DELETE = "delete"
    ALREADY = "already"
    GONE = "gone"
    KEEP = "keep"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    BUSY = "busy"
    REFUSED = "refused"


DONE = frozenset({Fate.RESTORE, Fate.DELETE, Fate.ALREADY, Fate.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNow:
    """One field: what was there, what we wrote, and what is there now."""

    name: str
    before: object
    wrote: object
    holds: object

    @property
    def changed(self) -> bool:
        """Somebody else has written it since."""
        return not same(self.wrote, self.holds) and not same(self.before, self.holds)


@dataclass(slots=True, kw_only=True)
class Finding:
    """One record that was written, and what becomes of it."""

    record: WrittenRecord
    fate: Fate
    fields: tuple[FieldNow, ...] = ()
    message: str = ""

    @property
    def changed(self) -> list[FieldNow]:
        return [one for one in self.fields if one.changed]


def judged(
    org: OrgClient, records: Sequence[WrittenRecord], *, delete_created: bool
) -> list[Finding]:
    """Judge each record, the newest first: what one puts back, the next one finds."""
    held = _held(org, records)
    findings = []
    for record in records:
        holds = held.get(record.record_id)
        finding = _judge(record, holds, delete_created=delete_created)
        if finding.fate is Fate.RESTORE and holds is not None:
            holds.update(record.previous or {})
        elif finding.fate is Fate.DELETE:
            held.pop(record.record_id, None)
        findings.append(finding)
    return findings


def _held(
    org: OrgClient, records: Iterable[WrittenRecord]
) -> dict[str, dict[str, Any]]:
    """Return what the org holds of these records, by id."""
    wanted: dict[str, tuple[set[str], set[str]]] = {}
    for record in records:
        ids, fields = wanted.setdefault(record.object, (set(), {"Id"}))
        ids.add(record.record_id)
        fields.update(record.fields)
    held: dict[str, dict[str, Any]] = {}
    for object_, (ids, fields) in wanted.items():
        if is_event(object_):
            continue
        held |= org.retrieve(object_, sorted(ids), sorted(fields))
    return held


def _judge(
    record: WrittenRecord, holds: Mapping[str, Any] | None, *, delete_created: bool
) -> Finding:
    if is_event(record.object):
        said = _("An event that was published cannot be taken back.")
        return Finding(record=record, fate=Fate.KEEP, message=said)
    if holds is None:
        return Finding(record=record, fate=Fate.GONE)
    before = record.previous or {}
    fields = tuple(
        FieldNow(
            name=name,
            # A record that we made held nothing of it.
            before=wrote if record.created else before.get(name),
            wrote=wrote,
            holds=holds.get(name),
        )
        for name, wrote in record.fields.items()
    )
    return Finding(
        record=record, fate=_fate(record, fields, delete_created), fields=fields
    )


def _fate(
    record: WrittenRecord, fields: Sequence[FieldNow], delete_created: bool
) -> Fate:
    if not record.created and record.previous is None:
        return Fate.UNKNOWN
    if record.created and not delete_created:
        return Fate.KEEP
    if any(one.changed for one in fields):
        return Fate.CHANGED
    if record.created:
        return Fate.DELETE
    if all(same(one.before, one.holds) for one in fields):
        return Fate.ALREADY
    return Fate.RESTORE


def words(finding: Finding) -> str:
    """Say in a sentence what undoing does to a record, or why it does nothing."""
    if finding.fate is Fate.KEEP and finding.message:
        return finding.message
    names = [one.name for one in finding.changed]
    return sentence(finding.fate, names, finding.message)


def sentence(fate: Fate, names: Sequence[str] = (), message: str = "") -> str:
    """Say it of a fate that was kept, with the fields and the org's words."""
    if fate is Fate.CHANGED:
        text = _("Changed since by somebody else: %(names)s. It is left as it is.")
        return text % {"names": ", ".join(names)}
    if fate is Fate.REFUSED:
        return _("Salesforce refused: %(message)s") % {"message": message}
    return _words()[fate]


def _words() -> dict[Fate, str]:
    return {
        Fate.RESTORE: _("The values before are written back."),
        Fate.DELETE: _("The record is deleted."),
        Fate.ALREADY: _("The values before are there already."),
        Fate.GONE: _("The record is gone."),
        Fate.KEEP: _(
            "Tellback made this record. It stays unless you agree to delete it."
        ),
        Fate.UNKNOWN: _("The values before are not known, so it is left as it is."),
        Fate.BUSY: _("It is being written at this moment. Try again in a few minutes."),
    }
