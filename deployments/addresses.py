"""Owns what counts as an e-mail address, and when two of them are the same."""

from __future__ import annotations

import re

LONGEST = 254
ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z"
)


def normal_address(text: str) -> str:
    """Return the one spelling that is stored and compared: no case, no spaces."""
    return text.strip().lower()


def is_address(text: str) -> bool:
    """Say whether mail can be sent there: one plain address with a full domain."""
    return len(text) <= LONGEST and ADDRESS.match(normal_address(text)) is not None
