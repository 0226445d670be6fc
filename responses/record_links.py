"""Where a record that a response is about can be seen: asked of the rooms that
know the CRMs."""

from __future__ import annotations

from collections.abc import Callable

# From object and record id to an address; None or "" from who does not know it.
Linker = Callable[[str, str], str | None]

_linkers: list[Linker] = []


def register(linker: Linker) -> None:
    if linker not in _linkers:
        _linkers.append(linker)


def link(object_name: str, record_id: str) -> str:
    """The address of the record, or an empty string."""
    found = (linker(object_name, record_id) for linker in _linkers)
    return next((address for address in found if address), "")
