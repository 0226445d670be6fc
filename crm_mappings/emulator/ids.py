"""Owns record ids: 15 and 18 characters, their checksum, and the minting of new ones."""

import string
from collections import defaultdict

CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_CHARACTERS = frozenset(BASE62)


def long_id(short: str) -> str:
    """The 18 characters of a 15-character id."""
    chunks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(CHECK[_capitals(chunk)] for chunk in chunks)


def _capitals(chunk: str) -> int:
    return sum(char.isupper() << place for place, char in enumerate(chunk))


def normal_id(text: object) -> str | None:
    """The 18-character form, or None when the text is no id at all.
    An 18-character id may come in any case: its checksum restores the right one."""
    if not isinstance(text, str) or not set(text) <= ID_CHARACTERS:
        return None
    if len(text) == 15:
        return long_id(text)
    return _restored(text) if len(text) == 18 else None


def _restored(text: str) -> str | None:
    body = ""
    for number, mark in enumerate(text[15:].upper()):
        bits = CHECK.find(mark)
        if bits < 0:
            return None
        for place, char in enumerate(text[number * 5 : number * 5 + 5]):
            body += char.upper() if bits >> place & 1 else char.lower()
    restored = long_id(body)
    return restored if restored.upper() == text.upper() else None


class Mint:
    """Hands out ids that never repeat within an org; `after` is the last number that
    was given before."""

    def __init__(self, pod: str = "Tb", *, after: int = 0) -> None:
        self._pod = pod
        self._used: defaultdict[str, int] = defaultdict(lambda: after)

    def next_id(self, prefix: str) -> str:
        self._used[prefix] += 1
        tail = _base62(self._used[prefix]).rjust(10, "0")
        return long_id(f"{prefix}{self._pod}{tail}")


def _base62(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = BASE62[digit] + text
    return text
