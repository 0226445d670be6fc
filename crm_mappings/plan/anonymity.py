"""Owns whether a mapping must know who answered, or about what: of an anonymous
response nothing says so."""

from __future__ import annotations


def names_somebody(document: object) -> bool:
    """Whether a mapping finds its records by who was asked, or by what it is about.

    A value of that kind alone stays blank, and the record is made without it.
    """
    return naming_step(document) is not None


def naming_step(document: object) -> str | None:
    """Return the first step that does."""
    steps = document.get("steps", []) if isinstance(document, dict) else []
    named = (step for step in steps if _reads_person(step.get("find")))
    step = next(named, None)
    return None if step is None else str(step.get("key", ""))


def _reads_person(part: object) -> bool:
    if isinstance(part, list):
        return any(map(_reads_person, part))
    if not isinstance(part, dict):
        return False
    person = str(part.get("response", "")).startswith("recipient_")
    return "record" in part or person or any(map(_reads_person, part.values()))
