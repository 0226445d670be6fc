"""Owns from where a call came: behind so many proxies, as the last of them says."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address(request: HttpRequest) -> str:
    """The address of the caller. What stands further left in `X-Forwarded-For` than
    our own proxies wrote is the caller's invention."""
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return str(request.META.get("REMOTE_ADDR", ""))
    told = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")
    ]
    return told[-proxies] if len(told) >= proxies else ""
