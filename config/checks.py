"""Misconfiguration is a system check with an id and a hint."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@checks.register(checks.Tags.security)
def demo_org_is_open(**_kwargs: Any) -> list[checks.CheckMessage]:
    """tellback.W001: the emulated org, which anyone may change, is public."""
    if not settings.DEMO_ORG or urlsplit(settings.BASE_URL).hostname in LOOPBACK:
        return []
    return [
        checks.Warning(
            "DEMO_ORG is on, and BASE_URL is not this machine alone.",
            hint="Whoever reaches the emulated org may change it. Set DEMO_ORG=off.",
            id="tellback.W001",
        )
    ]


@checks.register(checks.Tags.security)
def base_url_is_plain(**_kwargs: Any) -> list[checks.CheckMessage]:
    """tellback.W002: links with secrets would go over plain http."""
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme == "https" or parts.hostname in LOOPBACK:
        return []
    return [
        checks.Warning(
            "BASE_URL is plain http, so tracking links and log-ins can be read.",
            hint="Put Tellback behind https and set BASE_URL=https://….",
            id="tellback.W002",
        )
    ]


@checks.register(checks.Tags.security)
def debug_is_on(**_kwargs: Any) -> list[checks.CheckMessage]:
    """tellback.W003: error pages would show settings to everybody."""
    if not settings.DEBUG or urlsplit(settings.BASE_URL).hostname in LOOPBACK:
        return []
    return [
        checks.Warning(
            "DEBUG is on, and BASE_URL is not this machine alone.",
            hint="Error pages show settings and data. Set DEBUG=off.",
            id="tellback.W003",
        )
    ]
