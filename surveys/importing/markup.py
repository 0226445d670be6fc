"""Owns texts out of HTML: other tools keep theirs with markup, of which some stays."""

from __future__ import annotations

import html
import re

from surveys import rich
from surveys.texts import tidy

BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)
HIDDEN = re.compile(
    r"<\s*(script|style)\b.*?(?:</\s*\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
SPACES = re.compile(r"[ \t\u00a0]+")
LINES = re.compile(r" *\n[ \n]*\n *")

TELLING = re.compile(r"<\s*(?:a|b|strong|i|em|u|sub|sup|ul|ol)\b", re.IGNORECASE)
NAME = re.compile(r"<\s*([A-Za-z][A-Za-z0-9]*)")
SILENT = frozenset({"div", "span"})


def kept(text: str) -> tuple[str, bool]:
    """The text with the markup that texts here hold too, and whether more is lost."""
    if not TELLING.search(text):
        return plain(text)
    cleaned = " ".join(rich.clean(HIDDEN.sub("", text)).split())
    if not rich.is_rich(cleaned) or not rich.bare(cleaned):
        return plain(text)
    names = {name.lower() for name in NAME.findall(text)}
    return tidy(cleaned), not names <= rich.TAGS | SILENT


def plain(text: str) -> tuple[str, bool]:
    """The text without its markup, and whether there was some that meant something."""
    bare = TAG.sub("", BREAKS.sub("\n", HIDDEN.sub("", text)))
    meant = bool(re.search(r"<\s*(?!/|br\b|p\b|div\b|span\b)[A-Za-z]", text))
    said = SPACES.sub(" ", html.unescape(bare))
    return tidy(
        LINES.sub("\n\n", said).replace("\n ", "\n").replace(" \n", "\n")
    ), meant
