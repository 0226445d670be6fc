"""Owns conditional reading: an `ETag` on every answer of the API that is not streamed,
and 304 for who has it already."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_cache_control, patch_vary_headers

API = "/api/v1/"


class ApiConditionalGet(ConditionalGetMiddleware):
    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return response
        patch_vary_headers(response, ["Authorization"])
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        if response.status_code != 200:
            return response
        return super().process_response(request, response)
