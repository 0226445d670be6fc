"""Owns how an org spells a value: when what it holds is what we wrote, and how what it
held is sent to it again. Pure."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Final

from crm_mappings.plan.ids import id18

BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
TOLD_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+0000")
ADDRESS: Final = re.compile(r"[^\s@;]+@[^\s@;]+")


def as_it_is_sent(held: object) -> object:
    """Return a value that was read so that the org takes it: it refuses moments in
    the spelling in which it tells them."""
    if isinstance(held, str) and TOLD_MOMENT.fullmatch(held):
        return held.removesuffix("+0000") + "Z"
    return held


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
        for read in (_moment, _record, _address)
    )


def _plain(text: str) -> str:
    """Without what an org changes by itself: line ends and space at the end, and how
    rich text spells breaks and marks."""
    text = html.unescape(BREAK.sub("\n", text))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _choices(text: str) -> frozenset[str]:
    """Several choices come back in the order of the list, not in ours."""
    return frozenset(part.strip() for part in text.split(";"))


def _moment(text: str) -> datetime | None:
    """An org keeps whole seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=0)


def _record(text: str) -> str | None:
    try:
        return id18(text)
    except ValueError:
        return None


def _address(text: str) -> str | None:
    """An org keeps e-mail addresses in lower case."""
    return text.casefold() if ADDRESS.fullmatch(text) else None
