"""Owns how XML from outside is read: no DTD, no entity, no network, no depth."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from surveys.hardened_xml import has_document_type, read_root

ENCODINGS = {"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii"}
DEEPEST = 40
# What XML 1.0 cannot carry in any way.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadXml(ValueError):
    """The bytes are no XML that is taken here; the text says why."""


def parse(body: bytes) -> Any:
    """Return the root element."""
    if has_doctype(body):
        raise BadXml("A document type is not taken here.")
    try:
        root = read_root(body)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml(f"This is no well-formed XML: {error}") from error
    # The look at the bytes does not know every encoding; this one does not care.
    if has_document_type(root):
        raise BadXml("A document type is not taken here.")
    if (root.getroottree().docinfo.encoding or "utf-8").lower() not in ENCODINGS:
        raise BadXml("Send UTF-8 or UTF-16.")
    if too_deep(root):
        raise BadXml("The XML is nested too deeply.")
    return root


def has_doctype(body: bytes) -> bool:
    marks = ("<!doctype", "<!entity")
    for encoding in ("latin-1", "utf-16-le", "utf-16-be"):
        text = body.decode(encoding, "replace").lower()
        if any(mark in text for mark in marks):
            return True
    return False


def too_deep(root: Any) -> bool:
    level = [root]
    for _depth in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def legal(text: str) -> str:
    """The text without what no XML can carry."""
    return ILLEGAL.sub("\ufffd", text)
