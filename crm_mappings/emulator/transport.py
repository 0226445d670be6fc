"""Owns the org's second door: a requests adapter that needs no server."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.response import HTTPResponse

from crm_mappings.emulator.faults import ConnectionDropped
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.wire.application import Application
from crm_mappings.emulator.wire.exchange import Answer, Request
from crm_mappings.emulator.wire.oauth import LOGIN_HOSTS


class OrgAdapter(BaseAdapter):
    """Answers for the org's own host and the public log-in hosts; any other host is
    unreachable, as a token sent there would be lost."""

    def __init__(self, org: Org, *, hosts: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.org = org
        self._application = Application(org)
        self._more_hosts = hosts

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the signature is given by requests
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        known = {self.org.host, *LOGIN_HOSTS, *self._more_hosts}
        if parts.netloc not in known:
            message = f"No such host in the emulated world: {parts.netloc}"
            raise requests.ConnectionError(message, request=request)
        try:
            told = self._application.answer(_request(request))
        except ConnectionDropped:
            message = "Connection aborted: remote end closed without response"
            raise requests.ConnectionError(message, request=request) from None
        return self._response(request, told)

    def close(self) -> None:
        """Nothing is held open."""

    def _response(
        self, request: requests.PreparedRequest, told: Answer
    ) -> requests.Response:
        body = b"" if request.method == "HEAD" else told.bytes()
        headers = [*told.header_list(), ("Content-Length", str(len(body)))]
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=dict(headers),
            status=told.status,
            preload_content=False,
        )
        response = requests.Response()
        response.status_code = told.status
        response.headers = CaseInsensitiveDict(headers)
        response.encoding = requests.utils.get_encoding_from_headers(response.headers)
        response.raw = raw
        response.url = request.url or ""
        response.request = request
        return response


def _request(prepared: requests.PreparedRequest) -> Request:
    parts = urlsplit(prepared.url or "")
    body = prepared.body or b""
    return Request(
        method=prepared.method or "GET",
        origin=f"{parts.scheme}://{parts.netloc}",
        path=parts.path or "/",
        query=parts.query,
        headers={name.lower(): str(value) for name, value in prepared.headers.items()},
        body=body.encode() if isinstance(body, str) else _read(body),
    )


def _read(body: Any) -> bytes:
    """Bodies may be bytes, files or generators."""
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    read = body.read() if hasattr(body, "read") else b"".join(body)
    return read.encode() if isinstance(read, str) else bytes(read)
