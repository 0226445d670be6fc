"""Owns the front door: troubles, the call log, and the way to each noun. One
application behind two transports: WSGI and the requests adapter."""

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from crm_mappings.emulator.faults import ConnectionDropped
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.wire import (
    api,
    control,
    identity,
    oauth,
    pages,
    switch_page,
)
from crm_mappings.emulator.wire.exchange import Answer, Request, page, refused
from crm_mappings.emulator.wire.html import document, tag

WRITES = frozenset({"POST", "PATCH", "DELETE", "PUT"})
LONGEST_ADDRESS = 16_384
BODILESS = frozenset({204, 304})
SECURITY = [
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-XSS-Protection", "1; mode=block"),
    ("X-Robots-Tag", "none"),
    ("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private"),
]
STRICT = "default-src 'none'; style-src 'self'; form-action *; base-uri 'none'"


class Application:
    def __init__(self, org: Org) -> None:
        self.org = org

    def answer(self, request: Request) -> Answer:
        """May raise ConnectionDropped, which the transport has to act out."""
        if request.segments[:1] != ("services",) and request.segments[:1] != ("id",):
            return self._own(request)
        if self.org.faults.latency_ms:
            time.sleep(self.org.faults.latency_ms / 1000)
        status, told = 0, None
        try:
            told = self._salesforce(request)
            status = told.status
        finally:
            self._note(request, status, told)
        return told

    # -- the emulator's own pages and switches

    def _own(self, request: Request) -> Answer:
        with self.org.lock:
            try:
                told = (
                    control.answer(self.org, request)
                    or switch_page.answer(self.org, request)
                    or pages.answer(self.org, request)
                )
            except Refusal as refusal:
                told = refused(refusal)
        told.headers.append(("Content-Security-Policy", STRICT))
        return told

    # -- what Salesforce would answer

    def _salesforce(self, request: Request) -> Answer:
        if len(request.path) + len(request.query) > LONGEST_ADDRESS:
            return refused(Refusal("URI_TOO_LONG", "URI length limit exceeded"))
        with self.org.lock:
            if self.org.faults.take("unavailable"):
                return _maintenance(self.org.faults.retry_after)
            writing = request.segments[:2] == ("services", "data") and (
                request.method in WRITES
            )
            if writing and self.org.faults.take("drop_before_commit"):
                raise ConnectionDropped
            told = self._routed(request)
            if writing and self.org.faults.take("drop_after_commit"):
                raise ConnectionDropped
        told.pretty = request.header("X-PrettyPrint") == "1"
        told.headers[:0] = SECURITY
        return told

    def _routed(self, request: Request) -> Answer:
        head = request.segments[:2]
        told: Answer | None = None
        if head == ("services", "data"):
            told = api.answer(self.org, request)
        elif request.segments == ("services", "oauth2", "userinfo"):
            told = identity.userinfo(self.org, request)
        elif head == ("services", "oauth2"):
            told = oauth.answer(self.org, request)
        elif request.segments[0] == "id":
            told = identity.identity(self.org, request)
        return told or refused(Refusal("NOT_FOUND", "The resource does not exist"))

    def _note(self, request: Request, status: int, told: Answer | None) -> None:
        with self.org.lock:
            self.org.calls.note(
                at=self.org.clock.now(),
                method=request.method,
                path=request.path,
                query=_harmless(request),
                status=status,
                user_agent=request.header("User-Agent") or "",
                error=_first_error(told),
                request_id=request.header("X-Request-Id") or "",
            )

    # -- WSGI

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = from_environ(environ)
        told = self.answer(request)
        body = told.bytes()
        headers = told.header_list()
        if told.status not in BODILESS:
            headers.append(("Content-Length", str(len(body))))
        start_response(status_line(told.status), headers)
        return [] if request.method == "HEAD" else [body]


def from_environ(environ: dict[str, Any]) -> Request:
    scheme = environ.get("wsgi.url_scheme", "http")
    host = environ.get("HTTP_HOST") or (
        f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    )
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        method=environ["REQUEST_METHOD"],
        origin=f"{scheme}://{host}{environ.get('SCRIPT_NAME', '')}",
        path=environ.get("RAW_PATH") or environ.get("PATH_INFO", "/"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(length) if length else b"",
    )


def status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _maintenance(retry_after: int) -> Answer:
    text = "We're experiencing temporary delays. Please try again later."
    body = document("Unavailable", tag("h1", "Unavailable"), tag("p", text))
    told = page(body, status=503)
    if retry_after:
        told.headers.append(("Retry-After", str(retry_after)))
    return told


def _first_error(told: Answer | None) -> str | None:
    """The error code of an answer, for the call log."""
    shown = told.document if told and told.status >= 400 else None
    if isinstance(shown, list) and shown and isinstance(shown[0], dict):
        return shown[0].get("errorCode")
    return shown.get("error") if isinstance(shown, dict) else None


def _harmless(request: Request) -> str:
    """The query without tokens and codes."""
    return request.query if request.segments[:2] == ("services", "data") else ""
