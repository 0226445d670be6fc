"""Owns how a place in the dump is written: text that clients hand back untouched."""

from __future__ import annotations

import re

CURSOR = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


class NoCursor(ValueError):
    """What was sent as a cursor is none that a dump gave."""


def write(position: int) -> str:
    return str(position)


def read(text: str) -> int:
    """Return the position; an empty text is the start."""
    if not text:
        return 0
    if not CURSOR.match(text):
        raise NoCursor("Send a cursor as a dump gave it, or none to start anew.")
    return int(text)
