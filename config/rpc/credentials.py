"""Owns where a key may stand in the headers of a call: HTTP Basic, or Bearer."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest


def secret_of(request: HttpRequest) -> str:
    """The key, or an empty text. With Basic it is the password, or else the user."""
    header = request.headers.get("Authorization", "")
    scheme, _space, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "unreadable"  # not "none": what was sent is wrong
    user, _colon, password = text.partition(":")
    return password or user or "empty"
