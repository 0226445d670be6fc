"""Pictures as documents hold them, small enough to read."""

from __future__ import annotations

import base64
from typing import Any

from tests.factories.themes import PNG

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 6">'
    '<circle cx="4" cy="3" r="2" fill="{colour}"/></svg>'
)
HOSTILE = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>',
    b'<svg xmlns="http://www.w3.org/2000/svg"><image href="https://evil.example"/></svg>',
    b"<html>no picture</html>",
    b"",
    b"\x89PNG\r\n\x1a\n" + bytes(200_000),
)


def address(data: bytes = PNG, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def drawing(colour: str) -> str:
    return address(SVG.format(colour=colour).encode(), "image/svg+xml")


def pictured(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The choices, each with a drawing in the colour that is its key."""
    return [{**choice, "image": drawing(choice["key"])} for choice in choices]
