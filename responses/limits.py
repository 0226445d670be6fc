"""Owns how often one link, and one address, may send pages and try links.

Counted in the cache, by the minute, under a hash that is forgotten with it. Addresses
that are nobody's own (this machine, a private network) are those of a proxy or of a
whole office, so they are not limited.
"""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from deployments import callers

WINDOW = 60
SALT = "responses.limits"
# Of one link; a page saves itself while somebody answers.
PAGES_A_LINK = 240


class TooOften(Exception):
    """More than a person, or an office of them, would do in a minute."""


def count_page(request: HttpRequest, *, link: str) -> None:
    """Count a page that was sent; raises `TooOften`. Blank: a link for everybody."""
    _spend("link", link, PAGES_A_LINK)
    _spend("pages", own_address(request), settings.PAGES_PER_ADDRESS)


def count_miss(request: HttpRequest) -> None:
    """Count a link that leads nowhere: whoever tries many is guessing."""
    _spend("misses", own_address(request), settings.MISSES_PER_ADDRESS)


def own_address(request: HttpRequest) -> str:
    """The sender's address where it is somebody's own; else blank."""
    given = callers.address(request)
    try:
        return given if ip_address(given).is_global else ""
    except ValueError:
        return ""


def _spend(what: str, who: str, limit: int) -> None:
    if not who:
        return
    name = f"limit:{what}:{salted_hmac(SALT, who).hexdigest()}"
    cache.add(name, 0, timeout=WINDOW)
    try:
        times = cache.incr(name)
    except ValueError:  # the minute ended in between
        times = 1
    if times > limit:
        raise TooOften
