"""Owns when a value that the org holds is the value that we wrote. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from crm_mappings.plan.ids import id18


def same(wrote: object, holds: object) -> bool:
    """Say whether the org holds what was written, in its own spelling of it."""
    if _is_blank(wrote) or _is_blank(holds):
        return _is_blank(wrote) and _is_blank(holds)
    if isinstance(wrote, bool) or isinstance(holds, bool):
        return wrote is holds
    if isinstance(wrote, int | float) and isinstance(holds, int | float):
        return abs(wrote - holds) < 1e-9 * max(1.0, abs(wrote), abs(holds))
    if isinstance(wrote, str) and isinstance(holds, str):
        return _same_text(wrote, holds)
    return wrote == holds


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _same_text(wrote: str, holds: str) -> bool:
    first, second = _plain(wrote), _plain(holds)
    if first == second or _choices(first) == _choices(second):
        return True
    return any(
        read(first) is not None and read(first) == read(second)
        for read in (_moment, _record)
    )


def _plain(text: str) -> str:
    """Without what an org changes by itself: line ends and space at the end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _choices(text: str) -> frozenset[str]:
    """Several choices come back in the order of the list, not in ours."""
    return frozenset(text.split(";")) if ";" in text else frozenset([text])


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _record(text: str) -> str | None:
    try:
        return id18(text)
    except ValueError:
        return None
