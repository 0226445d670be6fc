"""Owns how often one link, and one address, may send pages and try links.

Counted in the cache, by the minute, under a hash that is forgotten with it. Addresses
that are nobody's own (this machine, a private network) are those of a proxy or of a
whole office, so they are not limited.
"""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from deployments import callers, repeats

WINDOW = 60
SALT = "responses.limits"
# Of one link; a page saves itself while somebody answers.
PAGES_A_LINK = 240


class TooOften(Exception):
    """More than a person, or an office of them, would do in a minute."""


def count_page(request: HttpRequest, *, link: str) -> None:
    """Count a page that was sent; raises `TooOften`. Blank: a link for everybody."""
    spend("link", link, PAGES_A_LINK)
    spend("pages", own_address(request), settings.PAGES_PER_ADDRESS)


def count_miss(request: HttpRequest) -> None:
    """Count a link that leads nowhere: whoever tries many is guessing."""
    spend("misses", own_address(request), settings.MISSES_PER_ADDRESS)


def own_address(request: HttpRequest) -> str:
    """The sender's address where it is somebody's own; else blank."""
    given = callers.address(request)
    try:
        return given if ip_address(given).is_global else ""
    except ValueError:
        return ""


def spend(what: str, who: str, limit: int, *, window: int = WINDOW) -> None:
    """Count one more; raises `TooOften` beyond the limit. Blank: nobody is counted."""
    if who and repeats.count(_name(what, who), window=window) > limit:
        raise TooOften


def give_back(what: str, who: str) -> None:
    """Count one less: it was none of those that are limited."""
    repeats.give_back(_name(what, who))


def _name(what: str, who: str) -> str:
    return f"limit:{what}:{salted_hmac(SALT, who).hexdigest()}"
