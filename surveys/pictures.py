"""A picture, told by its first bytes: a theme's logo, or what a choice shows.

Documents hold it as a data address, or by the name that its content has. An SVG is a
program to a browser that opens it: only drawing is let in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from lxml import etree

from surveys.hardened_xml import has_document_type, read_root
from surveys.wording import gettext as _

LARGEST = 200_000
SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
}
MEDIA_TYPES = {ending: media_type for media_type, ending in ENDINGS.items()}
DATA = re.compile(r"data:([a-z+/]{1,20});base64,([A-Za-z0-9+/=\s]*)\Z")
# 128 bits of its content: as good as never the same for two.
NAME = re.compile(r"[0-9a-f]{32}\.(?:png|jpg|gif|webp|svg)\Z")
SVG = "http://www.w3.org/2000/svg"
DRAWING = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "clipPath", "mask"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "linearGradient", "radialGradient", "stop", "pattern"),
        *("style", "metadata"),
    }
)


class PictureRefused(ValueError):
    """It is no picture that can be shown; says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    media_type: str
    data: bytes

    @property
    def ending(self) -> str:
        return ENDINGS[self.media_type]

    @property
    def name(self) -> str:
        """Another picture has another name."""
        return f"{hashlib.sha256(self.data).hexdigest()[:32]}.{self.ending}"

    def __str__(self) -> str:
        text = base64.b64encode(self.data).decode("ascii")
        return f"data:{self.media_type};base64,{text}"


def from_bytes(data: bytes) -> Picture:
    if len(data) > LARGEST:
        raise PictureRefused(
            _("Use a picture of at most %(most)s KB.") % {"most": LARGEST // 1000}
        )
    found = next((kind for sign, kind in SIGNS if data.startswith(sign)), "")
    if not found and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        found = "image/webp"
    if not found and b"<svg" in data[:4096]:
        _check_drawing(data)
        found = "image/svg+xml"
    if not found:
        raise PictureRefused(_("Use a picture: PNG, JPEG, WebP, GIF or SVG."))
    return Picture(found, data)


def from_text(text: str) -> Picture:
    """The picture of a data address, as documents hold it."""
    match = DATA.match(text)
    if match is None:
        raise PictureRefused(_("Use a picture as data:image/png;base64,… here."))
    try:
        data = base64.b64decode(match[2], validate=False)
    except (binascii.Error, ValueError) as error:
        raise PictureRefused(_("The picture is not proper base64.")) from error
    return from_bytes(data)


def stored(name: str, data: bytes) -> Picture:
    """One that was read before, by its name."""
    ending = name.rpartition(".")[2]
    return Picture(MEDIA_TYPES[ending], data)


def _check_drawing(data: bytes) -> None:
    try:
        root = read_root(data, keep_instructions=True)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise PictureRefused(_("This SVG cannot be read. Save it anew.")) from error
    if has_document_type(root):
        raise PictureRefused(_("An SVG with a document type (DTD) is not taken."))
    for node in root.iter():
        problem = _foreign(node)
        if problem:
            raise PictureRefused(
                _(
                    "This SVG holds more than a drawing (%(what)s). Save it as plain SVG."
                )
                % {"what": problem[:60]}
            )


def _foreign(node: etree._Element) -> str:
    """What of the node is no drawing, blank when all of it is."""
    if not isinstance(node.tag, str):
        return "<?…?>"
    name = etree.QName(node)
    if name.namespace in {None, SVG} and name.localname not in DRAWING:
        return f"<{name.localname}>"
    if "@import" in (node.text or "") or "url(" in _outside(node.text or ""):
        return "url()"
    found = (_leads_out(str(name), str(value)) for name, value in node.attrib.items())
    return next(filter(None, found), "")


def _leads_out(name: str, value: str) -> str:
    local = name.rpartition("}")[2].lower()
    if local.startswith("on"):
        return local
    if local == "href" and not value.startswith("#"):
        return "href"
    return "url()" if "url(" in _outside(value) else ""


def _outside(text: str) -> str:
    """The text without what leads to another part of the same drawing."""
    return re.sub(r"url\(\s*[\"']?#", "", text)
