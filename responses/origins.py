"""Owns which posts are refused: those that a page of another site sends.

The token in the address is the credential, so there is no cookie whose expiry
could cost an answer. Browsers say where a post comes from; what says nothing is no
browser that another site could steer.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

OWN_FETCHES = {"same-origin", "none"}


def is_foreign(request: HttpRequest) -> bool:
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site.strip().lower() not in OWN_FETCHES
    origin = request.headers.get("Origin")
    return origin is not None and origin.strip().lower() not in own_origins(request)


def own_origins(request: HttpRequest) -> set[str]:
    here = urlsplit(request.build_absolute_uri("/"))
    return {f"{here.scheme}://{here.netloc}".lower(), settings.BASE_URL.lower()}


# What scanners of mail, previews of messengers, crawlers and plain tools call themselves.
MACHINES = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|scanner|slurp|facebookexternalhit|whatsapp|"
    r"google-?imageproxy|safelinks|mimecast|proofpoint|barracuda|trendmicro|"
    r"symantec|headless|phantomjs|curl/|wget/",
    re.IGNORECASE,
)


def machine_sign(request: HttpRequest) -> str:
    """What tells that no person asked for this page; blank when nothing does."""
    if request.method == "HEAD":
        return "head"
    if is_prefetch(request):
        return "prefetch"
    return "agent" if MACHINES.search(request.headers.get("User-Agent", "")) else ""


def is_prefetch(request: HttpRequest) -> bool:
    """True for a page that is fetched before anybody asked to see it."""
    purposes = (
        request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz")
    )
    return any("prefetch" in purpose.lower() for purpose in purposes)
