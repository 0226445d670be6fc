"""The files of a theme, at addresses that change with it: its stylesheet, its logo.

Strict pages hold no style of their own, so a theme's colours come as a file.
"""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from surveys import themes, theming
from surveys.models import Theme
from surveys.pictures import Picture
from surveys.themes import Look

NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,49})-([0-9a-f]{16})\Z")
FOR_EVER = "public, max-age=31536000, immutable"
# What was asked for has changed since: the next visit must ask again.
FOR_NOW = "public, max-age=60"
# An SVG that is opened by itself stays a drawing.
ONLY_A_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_safe
def stylesheet(_request: HttpRequest, name: str) -> HttpResponse:
    look, caching = _find(name)
    return as_stylesheet(look, caching)


@require_safe
def logo(_request: HttpRequest, name: str, ending: str) -> HttpResponse:
    look, caching = _find(name)
    if look.logo is None or look.logo.ending != ending:
        raise Http404
    return as_picture(look.logo, caching)


def as_stylesheet(look: Look, caching: str) -> HttpResponse:
    css = themes.stylesheet(look, fonts_at=static("respondent/fonts/"))
    return _file(css.encode(), "text/css; charset=utf-8", caching)


def as_picture(picture: Picture, caching: str) -> HttpResponse:
    response = _file(picture.data, picture.media_type, caching)
    response["Content-Security-Policy"] = ONLY_A_PICTURE
    return response


def _find(name: str) -> tuple[Look, str]:
    match = NAME.match(name)
    if match is None:
        raise Http404
    theme = get_object_or_404(Theme.objects.only("key", "fingerprint"), key=match[1])
    caching = FOR_EVER if theme.fingerprint == match[2] else FOR_NOW
    return theming.look(theme.key, theme.fingerprint), caching


def _file(content: bytes, media_type: str, caching: str) -> HttpResponse:
    headers = {"Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=media_type, headers=headers)
