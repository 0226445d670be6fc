"""Owns plain text out of HTML: other tools keep their texts with markup."""

from __future__ import annotations

import html
import re

from surveys.texts import tidy

BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.IGNORECASE)
HIDDEN = re.compile(
    r"<\s*(script|style)\b.*?(?:</\s*\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
SPACES = re.compile(r"[ \t\u00a0]+")
LINES = re.compile(r" *\n[ \n]*\n *")


def plain(text: str) -> tuple[str, bool]:
    """The text without its markup, and whether there was some that meant something."""
    bare = TAG.sub("", BREAKS.sub("\n", HIDDEN.sub("", text)))
    meant = bool(re.search(r"<\s*(?!/|br\b|p\b|div\b|span\b)[A-Za-z]", text))
    said = SPACES.sub(" ", html.unescape(bare))
    return tidy(
        LINES.sub("\n\n", said).replace("\n ", "\n").replace(" \n", "\n")
    ), meant
