"""Owns the short way of a respondent's page: past the middlewares of accounts, sessions
and the API, which such a page has no use for. What it needs of the others is here: the
policy of what it may load and who may frame it, and the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import translation

from responses.doors import Way

ADDRESSES = tuple(f"/{way}/" for way in Way)


class RespondentPages:
    """The middleware before all that a respondent's page passes by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = _page(request)
        if match is None:
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        request.resolver_match = match
        translation.activate(translation.get_language_from_request(request))
        return _dressed(match.func(request, *match.args, **match.kwargs))


def _page(request: HttpRequest) -> ResolverMatch | None:
    if not request.path_info.startswith(ADDRESSES):
        return None
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    return match if getattr(match.func, "for_respondents", False) else None


def _dressed(response: HttpResponse) -> HttpResponse:
    replaced: dict[str, list[str]] = getattr(response, "_csp_replace", None) or {}
    parts = tuple((name, tuple(values)) for name, values in replaced.items())
    response.headers[HEADER] = _policy(parts)
    if not getattr(response, "xframe_options_exempt", False):
        response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    response.headers["Content-Length"] = str(len(response.content))
    return response


@lru_cache(maxsize=256)
def _policy(replaced: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return build_policy(replace={name: list(values) for name, values in replaced})
