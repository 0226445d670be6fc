"""Owns how records are put together for calls: what is about the same record becomes
one, what shares a parent goes together, what was too much goes in small calls. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_mappings.delivery.jobs import Entry
from crm_mappings.plan.planner import Write, has_file
from crm_mappings.plan.values import is_blank
from crm_mappings.salesforce.collections import LARGEST

# A call that was too much last time, or met locked records, holds fewer at once.
SMALL = 20

ParentOf = Callable[[Write], str]


@dataclass(slots=True, kw_only=True, eq=False)
class Parcel:
    """One record on the wire, for one response or for several in their order."""

    entries: list[Entry]

    @property
    def write(self) -> Write:
        return self.entries[0].write

    def payload(self) -> dict[str, Any]:
        """Return the record as it stands after all of them: the last word counts."""
        told: dict[str, Any] = {}
        for entry in self.entries:
            told |= entry.fields()
        return told | self.entries[0].address()


def no_parent(_write: Write) -> str:
    return ""


def calls(
    wave: Sequence[Entry], parent_of: ParentOf = no_parent
) -> Iterator[list[Parcel]]:
    """Cut a wave into calls: one kind of write each, and no record twice."""
    kinds: dict[tuple[object, ...], list[Entry]] = {}
    for entry in wave:
        write = entry.write
        kind = (
            *(write.object, write.action, write.key_field, write.saves_duplicates),
            *(has_file(write), entry.job.goes_in_small_calls),
        )
        kinds.setdefault(kind, []).append(entry)
    for (*_rest, files, small), group in kinds.items():
        parcels = merged(group)
        parcels.sort(key=lambda parcel: parent_of(parcel.write))
        # A file may fill a call by itself.
        size = 1 if files else SMALL if small else LARGEST
        for start in range(0, len(parcels), size):
            yield parcels[start : start + size]


def merged(group: Sequence[Entry]) -> list[Parcel]:
    """Put entries about the same record into one parcel, in their order."""
    parcels: dict[object, Parcel] = {}
    for entry in group:
        known = entry.identity
        key = id(entry) if known is None else (type(known).__name__, known)
        if key in parcels:
            parcels[key].entries.append(entry)
        else:
            parcels[key] = Parcel(entries=[entry])
    for parcel in parcels.values():
        share(parcel.entries)
    return list(parcels.values())


def share(entries: Sequence[Entry]) -> None:
    """Let several entries be one write: a field that is written only when it is blank
    keeps the first answer."""
    known: dict[str, object] = {}
    for entry in entries if len(entries) > 1 else ():
        fields = _fields(entry, known)
        entry.sent = replace(entry.write, fields=fields)
        known |= fields


def give_last_word(entries: Sequence[Entry]) -> None:
    """Leave to each entry of one write only the fields whose value is its own: what a
    newer answer has replaced on the way was never in the org."""
    later: frozenset[str] = frozenset()
    for entry in reversed(entries):
        names = frozenset(entry.now.fields)
        if names & later:
            entry.leave_out(names & later)
        later |= names


def follow_each_other(entries: Sequence[Entry]) -> None:
    """Let each entry see the record as the one before it has left it."""
    known: dict[str, object] = {}
    for entry in entries:
        fields = _fields(entry, known)
        previous = entry.write.previous
        if previous is not None:
            previous = {name: known.get(name, previous.get(name)) for name in fields}
        entry.sent = replace(entry.write, fields=fields, previous=previous)
        known |= fields


def _fields(entry: Entry, known: dict[str, object]) -> dict[str, object]:
    write = entry.write
    return {
        name: value
        for name, value in write.fields.items()
        if name not in entry.overtaken
        and (name not in write.only_if_blank or is_blank(known.get(name)))
    }
