"""Owns what a translator works on: one text of a survey, and a file of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# More is no survey; and a file is read into memory as a whole.
LARGEST_FILE = 5_000_000


class FileRefused(ValueError):
    """The file cannot be read; says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One text: where it stands, and what it says in which language."""

    # Stable while keys are: question/nps/text, choice/topics/speed/label.
    id: str
    texts: Mapping[str, str]
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One translated text of a file."""

    id: str
    language: str
    text: str
    # What was translated, where the file says so.
    source: str | None = None


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of each text of a file; nothing is dropped without a word."""

    taken: list[str] = field(default_factory=list)
    same: int = 0
    blank: int = 0
    # Taken, although the text that was translated has changed since.
    outdated: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    # Of the survey's own language: a file of translations does not change it.
    own: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
