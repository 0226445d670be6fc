"""Owns what becomes of an API call whose address lacks its last slash: it is sent to
the right one with its method and its body, which other redirects lose."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware

from config.problems import is_api


class Slashes(CommonMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response = super().process_response(request, response)
        if response.status_code == HTTPStatus.MOVED_PERMANENTLY and is_api(request):
            response.status_code = HTTPStatus.PERMANENT_REDIRECT
        return response
