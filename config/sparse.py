"""Owns `?fields=` of REST: each list and each resource can be read in part, all of
them in this one way. Which fields there are is what the OpenAPI document says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from config.openapi import API, fields_of
from config.problems import describe
from surveys import sparse


class SparseFields:
    """The middleware that takes what was not asked for out of an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        told = request.GET.getlist(sparse.NAME)
        if not told or not is_reading(request, response):
            return response
        known = fields_of(str(request.resolver_match.route))  # type: ignore[union-attr]
        if known is None:
            return response
        names = sparse.read(",".join(told))
        try:
            sparse.check(names, known)
        except sparse.UnknownFields as error:
            refuse(response, str(error))
        else:
            response.data = part(response.data, names)  # type: ignore[attr-defined]
        return response


def is_reading(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        request.method in {"GET", "HEAD"}
        and request.path_info.startswith(API)
        and isinstance(response, Response)
        and response.status_code == 200
    )


def part(data: Any, names: tuple[str, ...]) -> Any:
    """A page keeps what leads to the next one; its rows have what was asked for."""
    if isinstance(data, Mapping) and isinstance(data.get("results"), list):
        rows = [sparse.pick(row, names) for row in data["results"]]
        return {**data, "results": rows}
    return sparse.pick(data, names) if isinstance(data, Mapping) else data


def refuse(response: Any, text: str) -> None:
    """Make the answer one that says what is wrong with the question."""
    response.data = describe(ValidationError({sparse.NAME: [text]}))
    response.status_code = 400
    response.content_type = "application/problem+json"
