"""Owns the parts of a mapping: its steps, finders and field rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from enum import StrEnum

from crm_mappings.plan.sources import ValueSource
from crm_mappings.plan.transforms import Transform
from surveys.conditions import Condition


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"
    FIND = "find"


class NoMatch(StrEnum):
    FAIL = "fail"
    SKIP = "skip"
    CREATE = "create"


class Several(StrEnum):
    FAIL = "fail"
    NEWEST = "newest"
    OLDEST = "oldest"
    ALL = "all"


class Blank(StrEnum):
    KEEP = "keep"
    CLEAR = "clear"
    DEFAULT = "default"


class Duplicates(StrEnum):
    """What is done where a duplicate rule of the org warns of a new record."""

    HOLD = "hold"
    SAVE = "save"


class Overwrite(StrEnum):
    ALWAYS = "always"
    IF_BLANK = "if_blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRecord:
    """Found by a record reference of the invitation."""

    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByValue:
    """Found by a field that holds a value: an external id, an e-mail, anything."""

    how: str
    field: str
    value: ValueSource


Finder = ByRecord | ByValue


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """Where the value of one field comes from."""

    field: str
    value: ValueSource
    # Answer -> value in Salesforce.
    table: Mapping[str, str] = made(default_factory=dict)
    transforms: tuple[Transform, ...] = ()
    blank: Blank = Blank.KEEP
    default: str = ""
    overwrite: Overwrite = Overwrite.ALWAYS
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec:
    """One record to write, or only to find."""

    key: str
    action: Action
    object: str
    # An ordered chain: the first that matches wins.
    find: tuple[Finder, ...] = ()
    no_match: NoMatch = NoMatch.FAIL
    several: Several = Several.FAIL
    key_field: str | None = None
    duplicates: Duplicates = Duplicates.HOLD
    condition: Condition | None = None
    fields: tuple[FieldSpec, ...] = ()

    @property
    def may_create(self) -> bool:
        if self.action in {Action.CREATE, Action.UPSERT}:
            return True
        return self.no_match is NoMatch.CREATE

    @property
    def may_update(self) -> bool:
        return self.action in {Action.UPDATE, Action.UPSERT}

    @property
    def key_rule(self) -> FieldSpec | None:
        """The rule that fills the key field; without one it holds a key of ours."""
        named = (rule for rule in self.fields if rule.field == self.key_field)
        return next(named, None)


class Erasure(StrEnum):
    """What becomes of what was written when the response is erased."""

    KEEP = "keep"
    CLEAR = "clear"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSpec:
    key: str
    survey: str
    connection: str
    when: str = "completed"
    condition: Condition | None = None
    # An administrator lets open variables choose records, knowing the risk.
    trusts_links: bool = False
    # After so many minutes without an answer it writes what there is; 0: never.
    partial_after: int = 0
    on_erasure: Erasure = Erasure.KEEP
    steps: tuple[StepSpec, ...] = ()
