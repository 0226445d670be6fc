"""Owns the little HTML that a text may hold: emphasis, links, lists, and nothing else.

A text without such a tag is plain, and every sign of it is shown as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import nh3

from surveys.definition.piping import PIPE

INLINE = frozenset({"a", "b", "strong", "i", "em", "u", "sub", "sup", "br"})
BLOCKS = frozenset({"p", "ul", "ol", "li"})
TAGS = INLINE | BLOCKS
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)(?:\s[^<>]*)?/?>")
BLOCK = re.compile(r"</?(?:p|ul|ol|li)\b", re.IGNORECASE)
# An address that a respondent's answer begins could lead anywhere.
ADDRESS = re.compile(r"(?:https?://[^\s{}]|mailto:[^\s{}])")


def is_rich(text: str) -> bool:
    return any(match[1].lower() in TAGS for match in TAG.finditer(text))


def refused(text: str) -> list[str]:
    """The tags of the text that it may not hold, each once."""
    names = (match[1].lower() for match in TAG.finditer(text))
    return sorted({name for name in names if name not in TAGS})


def has_blocks(text: str) -> bool:
    return bool(BLOCK.search(text))


def clean(text: str, *, blocks: bool = True, fill: Callable[[str], str] = str) -> str:
    """The text as safe HTML; what `fill` puts for names in it is no HTML."""
    safe = nh3.clean(
        text,
        tags=set(TAGS if blocks else INLINE),
        attributes={"a": {"href"}},
        attribute_filter=_address,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return PIPE.sub(lambda match: html.escape(fill(match[0])), safe)


def bare(text: str) -> str:
    """The words of a rich text; a plain one stays as it is."""
    if not is_rich(text):
        return text
    return html.unescape(nh3.clean(text, tags=set())).strip()


def _address(_tag: str, name: str, value: str) -> str | None:
    return value if name != "href" or ADDRESS.match(value) else None
