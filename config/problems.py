"""Owns what an API error looks like: problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from surveys.mistakes import flatten

View = Callable[[HttpRequest], HttpResponse]


def problem(status: int, code: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "type": f"urn:tellback:problem:{code}",
        "title": title,
        "status": status,
        **more,
    }


def describe(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return problem(
            error.status_code,
            "invalid",
            _("The request has errors."),
            errors=list(flatten(error.detail)),
        )
    code = str(getattr(error.detail, "code", error.default_code))
    return problem(error.status_code, code.replace("_", "-"), str(error.detail))


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view with problem details."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    set_rollback()
    # Whatever the view writes otherwise: pages, YAML, lines.
    request = context["request"]
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = JSONRenderer.media_type
    response.data = describe(error)
    response.content_type = "application/problem+json"
    return response


def answer(
    details: dict[str, Any], *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """The problem as an answer, where no API view is at work."""
    return HttpResponse(
        json.dumps(details, ensure_ascii=False, default=str),
        status=details["status"],
        content_type="application/problem+json",
        headers=dict(headers or {}),
    )


def only(*methods: str) -> Callable[[View], View]:
    """Refuse calls of the view by any other method, where no API view is at work."""

    def limited(view: View) -> View:
        @wraps(view)
        def called(request: HttpRequest) -> HttpResponse:
            if request.method in methods:
                return view(request)
            error = exceptions.MethodNotAllowed(str(request.method))
            return answer(describe(error), headers={"Allow": ", ".join(methods)})

        return called

    return limited


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return answer(problem(413, "too-large", _("The body is too large.")))
    return answer(problem(400, "bad-request", _("This request cannot be read.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    return answer(describe(exceptions.NotFound()))


def server_error(request: HttpRequest) -> HttpResponseBase:
    if not is_api(request):
        return defaults.server_error(request)
    text = _("Something went wrong here; it was noted.")
    return answer(problem(500, "server-error", text))
