"""Owns what comes over the wire and what goes back: requests, answers and JSON."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from crm_mappings.emulator.refusals import Refusal, unreadable_json

Headers = dict[str, str]
NO_BODY = "The HTTP entity body is required, but this request has no entity body."


@dataclass(kw_only=True)
class Request:
    method: str
    origin: str  # scheme and host (and mount) at which the server was reached
    path: str  # still percent-encoded
    query: str = ""
    headers: Headers = field(default_factory=dict)  # names in lower case
    body: bytes = b""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        parts = [part for part in self.path.split("/") if part]
        return tuple(unquote(part) for part in parts)

    @cached_property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        read = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in read.items()}

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2].partition("/")[0].partition(":")[0]

    @property
    def mount(self) -> str:
        """The path at which the org is mounted in its server; mostly none."""
        path = self.origin.partition("://")[2].partition("/")[2]
        return f"/{path}" if path else ""

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    def json(self) -> Any:
        """The body, or a refusal in the words of the org's JSON reader."""
        if not self.body.strip():
            raise unreadable_json(NO_BODY)
        kind = (self.header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = f"Content-Type '{kind}' not supported"
            raise Refusal("UNSUPPORTED_MEDIA_TYPE", message)
        return read_json(self.body)

    def json_object(self) -> dict[str, Any]:
        read = self.json()
        if not isinstance(read, dict):
            start = "START_ARRAY value [" if isinstance(read, list) else "VALUE"
            message = f"Cannot deserialize request body from {start} [line:1, column:1]"
            raise unreadable_json(message)
        return read


def read_json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"[line:{error.lineno}, column:{error.colno}]"
        raise unreadable_json(f"Unexpected character: {error.msg} at {place}") from None
    except (ValueError, RecursionError):
        raise unreadable_json("Unexpected character at [line:1, column:1]") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


@dataclass(kw_only=True)
class Answer:
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    document: Any = None  # sent as JSON unless there is a body
    body: bytes | None = None
    content_type: str = "application/json;charset=UTF-8"
    pretty: bool = False

    @property
    def empty(self) -> bool:
        return not self.body and self.document is None

    def bytes(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.document is None:
            return b""
        text = pretty(self.document) if self.pretty else _compact(self.document)
        return text.encode("utf-8", "replace")

    def header_list(self) -> list[tuple[str, str]]:
        kind = [] if self.empty else [("Content-Type", self.content_type)]
        return [*self.headers, *kind]


def _compact(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def pretty(document: Any, indent: str = "") -> str:
    """The org's own style: spaces on both sides of the colon, ``[ ]`` when empty."""
    inner = indent + "  "
    if isinstance(document, dict) and document:
        lines = (
            f"{inner}{_compact(key)} : {pretty(value, inner)}"
            for key, value in document.items()
        )
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(document, list):
        items = (pretty(value, indent) for value in document)
        return f"[ {', '.join(items)} ]" if document else "[ ]"
    return _compact(document)


def refused(refusal: Refusal) -> Answer:
    return Answer(status=refusal.status, document=[refusal.as_row_error()])


def page(html: str, status: int = 200) -> Answer:
    return Answer(
        status=status, body=html.encode(), content_type="text/html; charset=utf-8"
    )


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=[("Location", location)], body=b"")
