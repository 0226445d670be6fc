"""Owns the shapes of what a value source can ever give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final, TypeAlias

# So many choices are tried in every combination.
MOST_CHOICES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Finite:
    """These values; incomplete: these and others no longer, larger or smaller."""

    values: tuple[object, ...]
    blank: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyText:
    """Any text up to a length; None when nothing limits it."""

    longest: int | None
    blank: bool = False
    # Typed by a respondent, or else given by another system.
    typed: bool = False
    # Known to be an address of e-mail.
    email: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordId:
    """The id of a record of one of these objects."""

    objects: tuple[str, ...]
    blank: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileId:
    """A file that a respondent has sent, by its id with us."""

    megabytes: int
    blank: bool = False


Domain: TypeAlias = Finite | AnyText | RecordId | FileId


def sets(keys: list[object]) -> Iterator[list[object]]:
    """Return every set of choices, or of many choices each alone and ever more."""
    if len(keys) > MOST_CHOICES:
        yield from ([key] for key in keys)
        yield from (keys[:count] for count in range(2, len(keys) + 1))
        return
    sizes = range(1, len(keys) + 1)
    every = chain.from_iterable(combinations(keys, size) for size in sizes)
    yield from map(list, every)
