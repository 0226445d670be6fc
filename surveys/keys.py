"""Keys proposed from what a person wrote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import count


def propose(
    text: str,
    taken: Container[str],
    *,
    fallback: str,
    separator: str = "_",
    longest: int = 40,
) -> str:
    """A key made of the words of the text, unlike every key that is taken."""
    words = re.findall(r"[a-z0-9]+", _plain(text))
    if not words or not words[0][0].isalpha():
        words = [fallback, *words]
    key = _joined(words, separator, longest)
    if key not in taken:
        return key
    for number in count(2):
        ending = f"{separator}{number}"
        numbered = f"{key[: longest - len(ending)]}{ending}"
        if numbered not in taken:
            return numbered
    raise AssertionError("Counting has no end.")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(sign for sign in folded if sign.isascii()).lower()


def _joined(words: list[str], separator: str, longest: int) -> str:
    """As many whole words as fit, and of the first at least its beginning."""
    key = words[0][:longest]
    for word in words[1:]:
        if len(key) + len(separator) + len(word) > longest:
            break
        key = f"{key}{separator}{word}"
    return key
