"""Owns what an import tells: what was carried over, changed, and left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class ImportRefused(ValueError):
    """The file cannot be imported at all; says why."""


@dataclass(frozen=True, slots=True)
class Note:
    what: str
    # What it became, or why it changed or stayed behind.
    why: str


@dataclass(slots=True, kw_only=True)
class Report:
    format: str
    # What the file holds, counted before anything is left out.
    found: dict[str, Any] = field(default_factory=dict)
    made: dict[str, int] = field(default_factory=dict)
    carried_over: list[Note] = field(default_factory=list)
    changed: list[Note] = field(default_factory=list)
    left_out: list[Note] = field(default_factory=list)

    def carry(self, what: str, why: str) -> None:
        self.carried_over.append(Note(what, why))

    def change(self, what: str, why: str) -> None:
        self.changed.append(Note(what, why))

    def leave(self, what: str, why: str) -> None:
        self.left_out.append(Note(what, why))

    def document(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "found": self.found,
            "made": self.made,
            "carried_over": [
                {"what": one.what, "as": one.why} for one in self.carried_over
            ],
            "changed": [{"what": one.what, "why": one.why} for one in self.changed],
            "left_out": [{"what": one.what, "why": one.why} for one in self.left_out],
        }
