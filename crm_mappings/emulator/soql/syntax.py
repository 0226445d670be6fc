"""Owns what a parsed query is."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Union

Scalar = str | float | int | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps of a parent: Contact.Account.Name."""

    parts: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class DateWord:
    """TODAY, LAST_N_DAYS:7 …"""

    word: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    path: Path
    sign: str
    value: Scalar | DateWord


@dataclass(frozen=True, slots=True)
class Membership:
    path: Path
    sign: str  # IN, NOT IN, INCLUDES, EXCLUDES
    values: Union[tuple["Scalar | DateWord", ...], "Query"]


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    part: "Condition"


Condition = Comparison | Membership | Both | Either | Negation


@dataclass(frozen=True, slots=True)
class Aggregate:
    function: str
    path: Path | None
    alias: str | None


@dataclass(frozen=True, slots=True)
class Everything:
    """FIELDS(ALL), FIELDS(STANDARD), FIELDS(CUSTOM)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Order:
    path: Path
    descending: bool = False
    nulls_last: bool = False


Selected = Union[Path, Aggregate, Everything, "Query"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    text: str = field(repr=False)
    selected: tuple[Selected, ...]
    source: str
    source_at: int
    where: Condition | None = None
    groups: tuple[Path, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def bare_count(self) -> bool:
        """SELECT COUNT() FROM …, which answers only the size."""
        first = self.selected[0]
        return isinstance(first, Aggregate) and first.path is None

    @property
    def aggregated(self) -> bool:
        return bool(self.groups) or any(
            isinstance(each, Aggregate) for each in self.selected
        )
