"""Owns what a plan holds: the records to write, what is skipped, and what keeps the
response from being written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID, uuid5

from crm_mappings.plan.convert import FileContent
from crm_mappings.plan.results import StepRef

# The class Write has an attribute of that name.
Anything: TypeAlias = object

CREATE: Final = "create"
UPDATE: Final = "update"
UPSERT: Final = "upsert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One record to write."""

    step: str
    # create, update (record_id) or upsert (key_field and key_value).
    action: str
    object: str
    record_id: str | None = None
    key_field: str | None = None
    key_value: str | int | float | None = None
    # Wire values; None clears; a StepRef waits for the id of an earlier step.
    fields: Mapping[str, Anything] = field(default_factory=dict)
    # What an update replaces, as far as the org told it.
    previous: Mapping[str, Anything] | None = None
    # The fields that are written only because they were blank.
    only_if_blank: frozenset[str] = frozenset()
    # How the record was chosen, for the log.
    note: str = ""
    # Save it although a duplicate rule of the org warns.
    saves_duplicates: bool = False

    @property
    def refs(self) -> tuple[str, ...]:
        """The earlier steps whose records must be there first."""
        refs = (value for value in self.fields.values() if isinstance(value, StepRef))
        return tuple(dict.fromkeys(ref.step for ref in refs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A record that a step found for later ones, and how; nothing is written to it."""

    step: str
    object: str
    record_id: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A step, or without one the whole mapping, that writes nothing, and why."""

    step: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why the response cannot be written until a person has acted."""

    step: str
    field: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """What to write, in order. With problems nothing of it may be sent."""

    writes: tuple[Write, ...] = ()
    skipped: tuple[Skip, ...] = ()
    problems: tuple[Problem, ...] = ()
    found: tuple[Sighting, ...] = ()


def has_file(write: Write) -> bool:
    return any(isinstance(value, FileContent) for value in write.fields.values())


def key_for(response_key: object, mapping_key: str, step_key: str) -> str:
    """Return our key of a new record: the same for every try to write it."""
    return str(uuid5(UUID(str(response_key)), f"{mapping_key}.{step_key}"))
