"""A source of events that answers what a test tells it, and can go away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from deployments import sources
from deployments.rules import read_field
from deployments.sources import PersonRef, SourceError, SourceUnavailable


@dataclass
class Shop:
    """Orders of a shop: `records` are read, `asked` says what was asked."""

    key: str = "shop"
    can_be_asked: bool = False
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, list[str], list[str]]] = field(default_factory=list)
    away: bool = False
    broken: bool = False

    def choices(self) -> list[tuple[str, str]]:
        return [("shop:main", "Main shop")]

    def objects(self, _source: str) -> list[tuple[str, str]]:
        return [("Order", "Order")]

    def fields(self, _source: str, _object_name: str) -> list[tuple[str, str]]:
        return []

    def problem(self, _source: str) -> str:
        return "The shop is closed." if self.away else ""

    def read(
        self, _source: str, object_name: str, record_ids: Any, paths: Any
    ) -> dict[str, dict[str, Any]]:
        self.asked.append((object_name, list(record_ids), list(paths)))
        if self.away:
            raise SourceUnavailable("The shop is closed.")
        if self.broken:
            raise SourceError("No such column.")
        return {
            key: {path: read_field(self.records[key], path) for path in paths}
            for key in record_ids
            if key in self.records
        }

    def people(
        self, _source: str, _kind: str, _what: str, _most: int
    ) -> list[PersonRef]:
        if self.away:
            raise SourceUnavailable("The shop is closed.")
        return [PersonRef(object="Contact", record_id=key) for key in self.records]


@contextmanager
def shop() -> Iterator[Shop]:
    before = dict(sources._sources)
    feed = Shop()
    sources.register(feed)
    try:
        yield feed
    finally:
        sources._sources.clear()
        sources._sources.update(before)
