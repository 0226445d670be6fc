"""Owns the API names of custom fields: made of the question's key, short enough,
unique in their object, and the same every time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

SUFFIX: Final = "__c"
LONGEST: Final = 40 - len(SUFFIX)
MARK: Final = 5
UPPER: Final = frozenset({"nps", "csat", "ces", "url", "id"})


def api_name(words: tuple[str, ...], number: int = 1) -> str:
    """Return a custom field's name: `("nps", "group")` → `NPS_Group__c`.

    What is too long is cut, and told from its like by a mark of the whole.
    """
    parts = re.findall(r"[A-Za-z0-9]+", "_".join(words))
    name = "_".join(_cased(part) for part in parts)
    if not name[:1].isalpha():
        name = f"X_{name}".rstrip("_")
    end = "" if number == 1 else f"_{number}"
    if len(name) + len(end) > LONGEST:
        mark = hashlib.sha256("\n".join(words).encode()).hexdigest()[: MARK - 1]
        name = f"{name[: LONGEST - MARK - len(end)].rstrip('_')}_{mark}"
    return f"{name}{end}{SUFFIX}"


def _cased(word: str) -> str:
    return word.upper() if word.lower() in UPPER else word[0].upper() + word[1:]


def candidates(words: tuple[str, ...], taken: set[str]) -> Iterator[str]:
    """Yield the names to try in turn, without those that are taken."""
    for number in range(1, 1_000):
        name = api_name(words, number)
        if name.lower() not in taken:
            yield name
