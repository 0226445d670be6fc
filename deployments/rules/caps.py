"""Owns when somebody has been asked often enough: at most N in a span of time, of whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from deployments.addresses import normal_address
from deployments.rules.events import record_key
from deployments.rules.spans import Span, words
from surveys.conditions import Condition, Reader, holds
from surveys.wording import gettext as _

PERSON = ""  # the cap counts a person, not a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `most` in the span, of a person or of a record such as the account."""

    id: int
    name: str
    most: int
    span: Span
    object: str = PERSON
    condition: Condition | None = None  # None: for everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How often the subject of a cap was asked within its span, and when last."""

    cap: Cap
    times: int
    last_at: datetime | None = None


def subjects(email: str, records: Mapping[str, str]) -> dict[str, str]:
    """Return who and what an invitation is counted for: object -> key.

    The keys are digests: what was counted does not tell who it was.
    """
    keys = {
        name.lower(): _digest(record_key(name, id_))
        for name, id_ in records.items()
        if id_
    }
    return (
        {PERSON: _digest(f"person:{normal_address(email)}"), **keys} if email else keys
    )


def exceeded(asked: Asked) -> bool:
    return asked.times >= asked.cap.most


def applies(cap: Cap, read: Reader) -> bool:
    """Say whether the cap is for this record at all."""
    return cap.condition is None or holds(cap.condition, read)


def reason(asked: Asked) -> str:
    cap = asked.cap
    whom = cap.object or _("person")
    said = _(
        "The limit “%(cap)s” is reached: at most %(most)s %(span)s for each "
        "%(whom)s, and there were %(times)s, the last on %(day)s."
    )
    return said % {
        "cap": cap.name,
        "most": cap.most,
        "span": words(cap.span),
        "whom": whom,
        "times": asked.times,
        "day": f"{asked.last_at:%Y-%m-%d %H:%M} UTC" if asked.last_at else "–",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
