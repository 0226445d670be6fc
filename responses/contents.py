"""What a file is, by its first bytes: its name and what a browser says do not count.

Pure. A group of types is what a survey offers; each type has the signs that its
files begin with, and the ending that it is stored and sent out with.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

HEAD = 4096
# Text that is none: markup that a browser might run.
MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|svg|\?xml|iframe)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Content:
    media_type: str
    ending: str


GROUPS: Mapping[str, tuple[Content, ...]] = {
    "image": (
        Content("image/jpeg", ".jpg"),
        Content("image/png", ".png"),
        Content("image/gif", ".gif"),
        Content("image/webp", ".webp"),
        Content("image/heic", ".heic"),
    ),
    "pdf": (Content("application/pdf", ".pdf"),),
    "document": (
        Content(
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ".docx",
        ),
        Content("application/vnd.oasis.opendocument.text", ".odt"),
        Content("application/rtf", ".rtf"),
    ),
    "spreadsheet": (
        Content(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ".xlsx",
        ),
        Content("application/vnd.oasis.opendocument.spreadsheet", ".ods"),
    ),
    "text": (Content("text/plain", ".txt"),),
    "audio": (
        Content("audio/mpeg", ".mp3"),
        Content("audio/wav", ".wav"),
        Content("audio/ogg", ".ogg"),
        Content("audio/mp4", ".m4a"),
    ),
    "video": (Content("video/mp4", ".mp4"), Content("video/webm", ".webm")),
}
SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"%PDF-", ".pdf"),
    (b"{\\rtf", ".rtf"),
    (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"),
    (b"\xff\xf3", ".mp3"),
    (b"OggS", ".ogg"),
    (b"\x1aE\xdf\xa3", ".webm"),
)
BRANDS: Mapping[bytes, str] = {
    b"heic": ".heic",
    b"heix": ".heic",
    b"mif1": ".heic",
    b"M4A ": ".m4a",
    b"isom": ".mp4",
    b"iso2": ".mp4",
    b"mp41": ".mp4",
    b"mp42": ".mp4",
    b"avc1": ".mp4",
    b"qt  ": ".mp4",
}


def recognised(head: bytes, groups: Collection[str]) -> Content | None:
    """What the file is, if it belongs to one of the groups."""
    ending = _ending(head)
    if ending is None:
        return None
    return next(
        (
            content
            for group in groups
            for content in GROUPS.get(group, ())
            if content.ending == ending
        ),
        None,
    )


def accepted(groups: Collection[str]) -> str:
    """The endings, for the browser's own choice of files."""
    endings = [one.ending for group in groups for one in GROUPS[group]]
    more = [".jpeg"] if ".jpg" in endings else []
    more += [".csv"] if ".txt" in endings else []
    return ",".join([*endings, *more])


def _ending(head: bytes) -> str | None:
    for sign, ending in SIGNS:
        if head.startswith(sign):
            return ending
    if head[:4] == b"RIFF":
        return {b"WEBP": ".webp", b"WAVE": ".wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    if head[:4] == b"PK\x03\x04":
        return _packed(head)
    return ".txt" if _is_text(head) else None


def _packed(head: bytes) -> str | None:
    """Office files are archives; what they are stands in their first entries."""
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in head:
        return ".odt"
    if b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet" in head:
        return ".ods"
    # A macro inside makes it another type, which no group holds.
    if b"vbaProject" in head or b"[Content_Types].xml" not in head:
        return None
    if b"word/" in head:
        return ".docx"
    return ".xlsx" if b"xl/" in head else None


def _is_text(head: bytes) -> bool:
    if b"\x00" in head or MARKUP.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a sign.
        return error.start >= len(head) - 3 and len(head) == HEAD
    return bool(head.strip())
