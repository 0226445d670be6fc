"""Owns what a proposal says of an org: each object and field, what is there of it, and
what is to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from crm_mappings.plan.managed.wishes import FieldWish
from crm_mappings.plan.schema import PicklistValue
from crm_mappings.plan.sources import ValueSource

RESPONSE: Final = "Tellback_Response__c"
NAME: Final = "Name"
TITLE: Final = "{{survey.title}} {{response.completed_at}}"

# (object, value) → the fields that it had in an earlier proposal of the survey.
Kept: TypeAlias = Mapping[tuple[str, ValueSource], tuple[str, ...]]


class State(StrEnum):
    EXISTS = "exists"
    CREATE = "create"
    # A picklist that is there and lacks some of the choices.
    EXTEND = "extend"


class Part(StrEnum):
    RESPONSE = "response"
    RECORD = "record"
    QUESTION = "question"
    ROLL_UP = "roll_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPlan:
    """One field, and the value that is written to it."""

    name: str
    label: str
    help: str
    wish: FieldWish
    state: State
    part: Part
    source: ValueSource
    transforms: tuple[str, ...] = ()
    # Fields that have the name it would have, and cannot hold it.
    instead_of: tuple[str, ...] = ()
    # All values of the picklist, those that are there already first.
    values: tuple[PicklistValue, ...] = ()
    lacking: int = 0
    restricted: bool = False
    # The user sees it and may write it.
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPlan:
    name: str
    label: str
    exists: bool
    fields: tuple[FieldPlan, ...]
    # Custom fields that are there and open, of which Tellback made some.
    others: tuple[str, ...] = ()
    open: bool = False
    title: bool = True  # its Name can be written

    @property
    def new(self) -> tuple[FieldPlan, ...]:
        return tuple(one for one in self.fields if one.state is not State.EXISTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    survey: str
    records: tuple[str, ...]
    objects: tuple[ObjectPlan, ...]
    # What finds no place, in words.
    left_out: tuple[str, ...] = ()
    # The NPS question whose answer is rolled up.
    nps: str = ""

    @property
    def response(self) -> ObjectPlan:
        return self.objects[0]

    @property
    def complete(self) -> bool:
        """Nothing is to be created, and the user may write all of it."""
        return all(
            one.exists
            and one.open
            and all(field.state is State.EXISTS and field.open for field in one.fields)
            for one in self.objects
        )

    def count(self, state: State) -> int:
        return sum(field.state is state for one in self.objects for field in one.fields)
