"""Owns what the OpenAPI document says of the API as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.generators import SchemaGenerator

from config.idempotency import CREATING, HEADER
from config.rpc.operations import OPERATIONS
from surveys import preconditions, sparse

API = "/api/v1/"

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
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}

CONDITION = {
    "name": preconditions.HEADER,
    "in": "header",
    "required": False,
    "description": "The ETag of what was read: refused when it has changed since.",
    "schema": {"type": "string"},
}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """API keys are bearer tokens."""

    target_class = "config.access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """The scope stands where OpenAPI 3.1 has the role that is required."""
        scopes = getattr(auto_schema.view, "required_scopes", {})
        scope = scopes.get(auto_schema.method)
        return {self.name: [scope] if scope else []}


class Closed(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """What refuses a name that it does not know says so."""

    target_class = "surveys.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001 - as its docs
            self.target, direction, bypass_extensions=True
        )
        return {**schema, "additionalProperties": False}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield path, method, operation


def add_words(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """What is an operation of all protocols is described in the same words; and each
    says its scope."""
    for _path, _method, told in operations(result):
        if operation := OPERATIONS.get(told["operationId"]):
            told["summary"] = operation.summary
            told["description"] = operation.detail
        scopes = [
            f"Scope: `{scope}`." for one in told["security"] for scope in one["apiKey"]
        ]
        told["description"] = "\n\n".join(
            filter(None, [told.get("description"), *scopes])
        )
    return result


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
        if method == "put":
            told["412"] = "It is another than If-Match names."
        told |= _own_problems(method, path)
        for code, text in told.items():
            operation["responses"].setdefault(
                code, {"description": text, "content": {MEDIA_TYPE: schema}}
            )
    return result


def _own_problems(method: str, path: str) -> dict[str, str]:
    """What an operation of all protocols refuses besides, by the status of REST."""
    told: dict[str, list[str]] = {}
    for operation in OPERATIONS.values():
        verb, address = operation.rest.split()
        if (verb.lower(), _bare(f"{API}{address}")) == (method, _bare(path)):
            for code, when in operation.errors.items():
                status = "404" if code == "not-found" else "409"
                line = f"`urn:tellback:problem:{code}`: {when}"
                if line not in told.setdefault(status, []):
                    told[status].append(line)
    return {status: " ".join(lines) for status, lines in told.items()}


def add_idempotency(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Every POST that creates says that it takes an `Idempotency-Key`."""
    creating = set(creating_paths())
    for path, method, operation in operations(result):
        if method == "post" and path in creating:
            operation.setdefault("parameters", []).append(IDEMPOTENCY)
    return result


def add_conditions(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Every PUT replaces what can be read at its address, and says that it minds."""
    for _path, method, operation in operations(result):
        if method == "put":
            operation.setdefault("parameters", []).append(CONDITION)
    return result


def add_sparse_fields(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Every GET of something with fields says that it can be read in part."""
    for _path, method, operation in operations(result):
        told = operation.setdefault("parameters", []) if method == "get" else []
        taken = any(one.get("name") == sparse.NAME for one in told)
        place = _rows(result, operation) if method == "get" and not taken else {}
        if known := _resolved(result, place).get("properties"):
            told.append(_fields_parameter(known))
            _make_partial(result, place)
    return result


def _fields_parameter(known: Iterable[str]) -> dict[str, Any]:
    names = {"type": "string", "enum": sorted(known)}
    return {
        "name": sparse.NAME,
        "in": "query",
        "required": False,
        "description": sparse.HELP,
        "schema": {"type": "array", "items": names, "minItems": 1},
        "style": "form",
        "explode": False,
    }


def _make_partial(document: dict[str, Any], place: dict[str, Any]) -> None:
    """What can be read in part promises no field: it has a schema of its own."""
    whole = _resolved(document, place)
    part = {name: value for name, value in whole.items() if name != "required"}
    if "$ref" in place:
        name = f"{place['$ref'].rpartition('/')[2]}Part"
        document["components"]["schemas"][name] = part
        place["$ref"] = f"#/components/schemas/{name}"
    else:
        place.pop("required", None)


def fields_of(route: str) -> frozenset[str] | None:
    """Which fields there are behind a route; None where it cannot be read in part."""
    return _fields_by_route().get(_bare(f"/{route}"))


@cache
def _fields_by_route() -> Mapping[str, frozenset[str]]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        _bare(path): frozenset(names)
        for path, method, operation in operations(document)
        if method == "get"
        for one in operation.get("parameters", [])
        if one["name"] == sparse.NAME
        for names in [one["schema"].get("items", {}).get("enum")]
        if names
    }


def _bare(path: str) -> str:
    """The address without the names of its parts."""
    return re.sub(r"<[^>]+>|{\w+}", "{}", path)


def _rows(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """Where the schema of the answer stands or, of a page, that of its rows."""
    content = operation["responses"].get("200", {}).get("content", {})
    place: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    rows = _resolved(document, place).get("properties", {}).get("results")
    return rows["items"] if rows else place


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    return schema


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
