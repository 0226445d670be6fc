"""Owns what every respondent page has in common: who is let in, which headers go
out, and that whatever cannot be done is said in words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import cast

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page

from deployments import invitations
from responses import arrivals, limits, once, origins
from responses.views import notices
from surveys.definition.kinds import LARGEST_FILE

log = logging.getLogger(__name__)

# A file of the largest size, and the page around it: more is not even read.
LARGEST_BODY = (LARGEST_FILE + 5) * 1024 * 1024

View = Callable[..., HttpResponse]

HEADERS = {
    "Cache-Control": "no-store",
    # Not no-referrer: that makes browsers send “Origin: null” with our own forms.
    # To other sites the address, which holds the token, is told by neither.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
NOTICES: dict[type[Exception], notices.Notice] = {
    invitations.UnknownToken: notices.UNKNOWN_LINK,
    arrivals.UnknownLink: notices.UNKNOWN_LINK,
    arrivals.NotOpen: notices.NOT_OPEN,
    arrivals.Closed: notices.ENDED,
    arrivals.Erased: notices.ERASED,
    once.AnsweredAlready: notices.ALREADY_ANSWERED,
    invitations.InvitationExpired: notices.ENDED,
    invitations.InvitationCancelled: notices.CANCELLED,
    limits.TooOften: notices.TOO_MANY,
    RequestDataTooBig: notices.TOO_LARGE,
    TooManyFieldsSent: notices.NOT_UNDERSTOOD,
    TooManyFilesSent: notices.NOT_UNDERSTOOD,
    MultiPartParserError: notices.NOT_UNDERSTOOD,
    UnreadablePostError: notices.NOT_UNDERSTOOD,
    BadRequest: notices.NOT_UNDERSTOOD,
}
# What people meet who guess at links.
MISSES = (invitations.UnknownToken, arrivals.UnknownLink)


def respondent_page(view: View) -> Callable[..., HttpResponseBase]:
    """The view as a page for respondents: no cookie, no cache, no cross-site post.

    Compressed here and nowhere else: guessing a secret by the size of a page (BREACH)
    needs requests with guesses in them, and without the token in its address, which
    is the secret, no page is shown. Pages behind a log-in are another matter.
    """

    @csrf_exempt
    @gzip_page
    @wraps(view)
    def page(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        response = _guarded(view, request, *args, **kwargs)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    # It may take the short way (`config.respondent_pages`).
    page.for_respondents = True  # type: ignore[attr-defined]
    return cast("Callable[..., HttpResponseBase]", page)


def _guarded(
    view: View, request: HttpRequest, *args: str, **kwargs: str
) -> HttpResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        response = notices.render(notices.NOT_HERE)
        response.headers["Allow"] = "GET, HEAD, POST"
        return response
    if request.method == "POST" and origins.is_foreign(request):
        return notices.render(notices.FOREIGN)
    try:
        if _length(request) > LARGEST_BODY:
            raise notices.Refused(notices.TOO_LARGE)
        if request.method == "POST":
            limits.count_page(request, link=kwargs.get("token", ""))
        return view(request, *args, **kwargs)
    except notices.Refused as refusal:
        return notices.render(refusal.notice)
    except DatabaseError:
        log.exception("A respondent page could not be shown")
        return notices.render(notices.TROUBLE)
    except tuple(NOTICES) as error:
        return _said(request, error)


def _said(request: HttpRequest, error: Exception) -> HttpResponse:
    """What went wrong, in words; whoever tries many wrong links is counted."""
    if isinstance(error, MISSES):
        try:
            limits.count_miss(request)
        except limits.TooOften as often:
            error = often
    response = notices.render(_notice(error))
    if isinstance(error, limits.TooOften):
        response.headers["Retry-After"] = str(limits.WINDOW)
    return response


def _length(request: HttpRequest) -> int:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isascii() and length.isdigit() else 0


def _notice(error: Exception) -> notices.Notice:
    return next(notice for kind, notice in NOTICES.items() if isinstance(error, kind))
