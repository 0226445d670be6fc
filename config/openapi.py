"""Owns what the OpenAPI document says of the API as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from config.idempotency import CREATING, HEADER

MEDIA_TYPE = "application/problem+json"
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:tellback:problem:invalid"]},
        "title": {"type": "string", "description": "What is wrong, in words."},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "description": "Each mistake with its place in the request.",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {
                    "path": {"type": "string", "examples": ["links.0.email"]},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
ALWAYS = {
    "400": "The request has errors; each is named with its place.",
    "401": "There is no API key, or no valid one.",
    "403": "The API key lacks the scope.",
    "406": "None of the formats in Accept can be given.",
    "429": "The API key has called too often; see Retry-After.",
    "default": "Anything else that is wrong.",
}
WITH_BODY = {
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The Idempotency-Key was used for another call.",
}
IDEMPOTENCY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "1 to 255 visible ASCII characters. The same key and body again within seven "
        "days give the same answer, and nothing is made twice; another body is refused."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """API keys are bearer tokens."""

    target_class = "config.access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, method, operation


def add_problems(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Every operation says what its errors look like."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for path, method, operation in operations(result):
        told = dict(ALWAYS)
        if "{" in path:
            told["404"] = "There is none at this address."
        if method in {"post", "put", "patch"}:
            told |= WITH_BODY
        for code, text in told.items():
            operation["responses"].setdefault(
                code, {"description": text, "content": {MEDIA_TYPE: schema}}
            )
    return result


def add_idempotency(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Every POST that creates says that it takes an `Idempotency-Key`."""
    creating = set(creating_paths())
    for path, method, operation in operations(result):
        if method == "post" and path in creating:
            operation.setdefault("parameters", []).append(IDEMPOTENCY)
    return result


def api_patterns() -> Iterator[URLPattern]:
    """The addresses below /api/v1/."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "api/v1/":
            for pattern in resolver.url_patterns:
                if isinstance(pattern, URLPattern):
                    yield pattern


def creating_paths() -> Iterator[str]:
    for pattern in api_patterns():
        if pattern.name in CREATING:
            yield "/api/v1/" + re.sub(
                r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern)
            )
