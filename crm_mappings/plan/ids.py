"""Owns Salesforce record ids: their two spellings and what their prefix tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from surveys.wording import gettext as _

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORT: Final = 15
LONG: Final = 18
PATTERN: Final = re.compile(r"[0-9A-Za-z]{15}(?:[A-Za-z0-5]{3})?\Z")

# The objects whose prefixes are the same in every org.
KEY_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "001": "Account",
        "003": "Contact",
        "005": "User",
        "006": "Opportunity",
        "00Q": "Lead",
        "00T": "Task",
        "00U": "Event",
        "500": "Case",
        "701": "Campaign",
        "800": "Contract",
    }
)


def is_event(object_: str) -> bool:
    """Say whether an object is a platform event: published once, never read again."""
    return object_.endswith("__e")


def is_id(text: object) -> bool:
    """Say whether `text` is a record id, of 15 or of 18 characters."""
    try:
        id18(text)
    except ValueError:
        return False
    return True


def id18(text: object) -> str:
    """Return the one spelling of an id that compares safely; raise ValueError.

    Ids of 15 characters depend on capitals. The last three of an id of 18 say
    which of the others are capitals, so it is understood in any spelling.
    """
    if not isinstance(text, str) or not PATTERN.match(text):
        raise ValueError(_("A record id has 15 or 18 letters and digits."))
    short = text[:SHORT]
    if len(text) == LONG:
        short = _respelled(short, text[SHORT:].upper())
    return short + _suffix(short)


def _suffix(short: str) -> str:
    return "".join(
        ALPHABET[
            sum(char.isupper() << place for place, char in enumerate(short[start:][:5]))
        ]
        for start in range(0, SHORT, 5)
    )


def _respelled(short: str, suffix: str) -> str:
    capitals = [
        bool(ALPHABET.index(char) >> place & 1) for char in suffix for place in range(5)
    ]
    pairs = list(zip(short, capitals, strict=True))
    if any(capital and not char.isalpha() for char, capital in pairs):
        raise ValueError(_("The last three characters do not fit this record id."))
    return "".join(char.upper() if up else char.lower() for char, up in pairs)
