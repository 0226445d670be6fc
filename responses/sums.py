"""Owns the small sum that keeps simple machines out, without any other service.

The numbers come from the stamp of the page, which is signed, so nothing is kept.
"""

from __future__ import annotations

import unicodedata
from hashlib import sha256

FIELD = "sum"


def numbers(stamp: str) -> tuple[int, int]:
    """Two numbers from 1 to 9: the same for the same page."""
    drawn = sha256(f"responses.sums:{stamp}".encode()).digest()
    return drawn[0] % 9 + 1, drawn[1] % 9 + 1


def words(stamp: str) -> str:
    first, second = numbers(stamp)
    return f"{first} + {second}"


def is_right(stamp: str, given: str) -> bool:
    """Digits of any script count, and what stands around them does not."""
    digits = [str(unicodedata.digit(sign, "")) for sign in given[:20]]
    return "".join(digits) == str(sum(numbers(stamp)))
