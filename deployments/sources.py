"""Where trigger events come from: the protocol that a feed of events implements.

A source value names one feed, such as `salesforce:production`. Whoever has a feed
registers it when its app is ready; this room asks, and knows no vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Choice = tuple[str, str]  # a value, and how people call it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in the order of changes: a time and, within it, the id of a record."""

    at: datetime
    record_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record as it is now, and where it stands in the order of changes."""

    record_id: str
    cursor: Cursor
    changed_at: datetime
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """A record that is a person, by its object and id."""

    object: str
    record_id: str


class EventSource(Protocol):
    """One kind of feed; `key` is the part of its source values before the colon."""

    key: str
    can_be_asked: bool  # what changed, and what a record holds; or it only tells

    def choices(self) -> Sequence[Choice]:
        """Return the source values that can be listened to now."""

    def objects(self, source: str) -> Sequence[Choice]:
        """Return the kinds of record that the source tells about, if it knows."""

    def fields(self, source: str, object_name: str) -> Sequence[Choice]:
        """Return the fields of such a record, if it knows."""

    def problem(self, source: str) -> str:
        """Return why nothing can come from there now, or "" when it can."""

    def read(
        self,
        source: str,
        object_name: str,
        record_ids: Sequence[str],
        paths: Sequence[str],
    ) -> Mapping[str, Mapping[str, object]]:
        """Return record id -> path -> value, for the records that are there.

        Raises `UnknownSource` where nothing can be asked, `SourceUnavailable` where
        it can be asked later, and `SourceError` where asking again does not help.
        """

    def changed(
        self,
        source: str,
        object_name: str,
        paths: Sequence[str],
        since: Cursor,
        most: int,
    ) -> Sequence[Record]:
        """Return the records that changed after the cursor, in its order; raises as
        `read` does."""

    def people(
        self, source: str, kind: str, what: str, most: int
    ) -> Sequence[PersonRef]:
        """Return the people of a report, list view, campaign or query; raises as
        `read` does. More than `most` are an error: nobody is left out silently."""

    def setup_url(self, trigger_pk: int) -> str:
        """Return the page that says what the other system needs for a trigger."""

    def own_users(self, source: str) -> frozenset[str]:
        """Return the ids of the users as whom Tellback itself writes there."""


class SourceError(Exception):
    """The source cannot say what it was asked; the text says why."""


class SourceUnavailable(SourceError):
    """It cannot be asked at the moment; later it can."""


class UnknownSource(LookupError):
    """No feed is registered for the source value."""


_sources: dict[str, EventSource] = {}


def register(source: EventSource) -> None:
    """Make a feed known; the same key again takes its place."""
    if not source.key or ":" in source.key:
        raise ValueError(f"A source key is a word without a colon, not {source.key!r}.")
    _sources[source.key] = source


def get(source: str) -> EventSource:
    """Return the feed behind a source value such as `salesforce:production`."""
    try:
        return _sources[source.partition(":")[0]]
    except KeyError:
        raise UnknownSource(f"Nothing feeds events from {source}.") from None


def can_be_asked(source: str) -> bool:
    """Say whether there is a feed behind the source value that answers questions."""
    try:
        return get(source).can_be_asked
    except UnknownSource:
        return False


def all_choices() -> list[Choice]:
    return [choice for key in sorted(_sources) for choice in _sources[key].choices()]


def read_what_there_is(
    source: str, object_name: str, record_ids: Sequence[str], paths: Sequence[str]
) -> Mapping[str, Mapping[str, object]]:
    """Read as a source does, but what such a record cannot have is left out.

    Raises `UnknownSource` and `SourceUnavailable` only.
    """
    if not paths:
        return {}
    try:
        return get(source).read(source, object_name, record_ids, paths)
    except SourceUnavailable:
        raise
    except SourceError:
        if len(paths) == 1:
            return {}
    found: dict[str, dict[str, object]] = {}
    for path in paths:
        told = read_what_there_is(source, object_name, record_ids, [path])
        for record_id, values in told.items():
            found.setdefault(record_id, {}).update(values)
    return found
