"""Misconfiguration is a system check with an id and a hint."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
COUNTS_APART = "django.core.cache.backends.locmem.LocMemCache"


def is_this_machine_alone() -> bool:
    return urlsplit(settings.BASE_URL).hostname in LOOPBACK


@checks.register(checks.Tags.security)
def demo_org_is_open(**_kwargs: Any) -> list[checks.CheckMessage]:
    """tellback.W001: the emulated org, which anyone may change, is public."""
    if not settings.DEMO_ORG or is_this_machine_alone():
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
    if urlsplit(settings.BASE_URL).scheme == "https" or is_this_machine_alone():
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
    if not settings.DEBUG or is_this_machine_alone():
        return []
    return [
        checks.Warning(
            "DEBUG is on, and BASE_URL is not this machine alone.",
            hint="Error pages show settings and data. Set DEBUG=off.",
            id="tellback.W003",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def limits_are_counted_apart(**_kwargs: Any) -> list[checks.CheckMessage]:
    """tellback.W004: each web process would count floods and guesses by itself."""
    backend = settings.CACHES["default"]["BACKEND"]
    if backend != COUNTS_APART or is_this_machine_alone():
        return []
    return [
        checks.Warning(
            "Each web process counts by itself how often somebody comes: with four of "
            "them, a limit lets through up to four times as much.",
            hint="Set CACHE_URL to a cache that they share, such as "
            "rediscache://127.0.0.1:6379/1. With one web process all is well.",
            id="tellback.W004",
        )
    ]
