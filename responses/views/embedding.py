"""Owns the script that other sites load to show a survey on their pages."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

ONE_HOUR = 3600


@require_safe
@gzip_page
def script(_request: HttpRequest) -> HttpResponse:
    """The same for every site; it asks nothing and keeps nothing."""
    answer = HttpResponse(_content(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = f"public, max-age={ONE_HOUR}"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _content() -> bytes:
    return (settings.ROOT / "static" / "respondent" / "embed.js").read_bytes()
