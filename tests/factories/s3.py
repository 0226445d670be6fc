"""An S3-speaking server on loopback that checks every signature (AWS Signature
Version 4) and can break on purpose. Objects are kept in memory."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(slots=True)
class S3:
    origin: str
    bucket: str = "dumps"
    user: str = "AKIATELLBACK"
    secret: str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    # In the order in which they became visible.
    log: list[str] = field(default_factory=list)
    # So many are taken, then the server has trouble.
    breaks_after: int | None = None
    read_only: bool = False


class Refused(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def s3(self) -> S3:
        return self.server.s3  # type: ignore[attr-defined]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._check_signature(body)
            status, text = self._act(body)
        except Refused as error:
            status = error.status
            text = f"<Error><Code>{error.code}</Code><Message>no</Message></Error>"
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"etag"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

    def log_message(self, *_arguments: object) -> None:
        pass

    def _check_signature(self, body: bytes) -> None:
        """As the specification has it, beside what the client has made of it."""
        kind, _space, rest = self.headers.get("Authorization", "").partition(" ")
        told = dict(part.strip().split("=", 1) for part in rest.split(",") if part)
        if kind != "AWS4-HMAC-SHA256" or "Credential" not in told:
            raise Refused(403, "AccessDenied")
        user, *scope = told["Credential"].split("/")
        if user != self.s3.user:
            raise Refused(403, "InvalidAccessKeyId")
        payload = self.headers["x-amz-content-sha256"]
        if payload != "UNSIGNED-PAYLOAD" and (
            payload != hashlib.sha256(body).hexdigest()
        ):
            raise Refused(400, "XAmzContentSHA256Mismatch")
        parts = urlsplit(self.path)
        query = sorted(parse_qsl(parts.query, keep_blank_values=True))
        names = told["SignedHeaders"].split(";")
        request = "\n".join(
            [
                self.command,
                quote(unquote(parts.path), safe="/-_.~"),
                "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in query),
                *(f"{name}:{self.headers[name].strip()}" for name in names),
                "",
                told["SignedHeaders"],
                payload,
            ]
        )
        text = "\n".join(
            [
                kind,
                self.headers["x-amz-date"],
                "/".join(scope),
                hashlib.sha256(request.encode()).hexdigest(),
            ]
        )
        key = f"AWS4{self.s3.secret}".encode()
        for step in scope:
            key = hmac.digest(key, step.encode(), "sha256")
        if hmac.digest(key, text.encode(), "sha256").hex() != told["Signature"]:
            raise Refused(403, "SignatureDoesNotMatch")

    def _act(self, body: bytes) -> tuple[int, str]:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _slash, name = unquote(parts.path).lstrip("/").partition("/")
        if bucket != self.s3.bucket:
            raise Refused(404, "NoSuchBucket")
        if self.command == "GET" and not name:
            return 200, self._listed(query.get("prefix", ""))
        if self.command in {"GET", "HEAD"}:
            if name not in self.s3.objects:
                raise Refused(404, "NoSuchKey")
            return 200, self.s3.objects[name].decode("latin-1")
        if self.s3.read_only:
            raise Refused(403, "AccessDenied")
        if self.command == "DELETE":
            self.s3.objects.pop(name, None)
            return 204, ""
        if self.command == "POST":
            return self._upload(name, query)
        if "partNumber" in query:
            self.s3.uploads[query["uploadId"]][int(query["partNumber"])] = body
            return 200, ""
        return self._keep(name, body)

    def _keep(self, name: str, body: bytes) -> tuple[int, str]:
        limit = self.s3.breaks_after
        if limit is not None and len(self.s3.log) >= limit:
            raise Refused(400, "SlowDownForGood")
        self.s3.objects[name] = body
        self.s3.log.append(name)
        return 200, ""

    def _upload(self, name: str, query: dict[str, str]) -> tuple[int, str]:
        if "uploads" in query:
            number = f"u{len(self.s3.uploads)}"
            self.s3.uploads[number] = {}
            return 200, (
                f"<InitiateMultipartUploadResult {NAMESPACE}><UploadId>{number}"
                "</UploadId></InitiateMultipartUploadResult>"
            )
        found = self.s3.uploads.pop(query["uploadId"])
        self._keep(name, b"".join(found[number] for number in sorted(found)))
        return 200, f"<CompleteMultipartUploadResult {NAMESPACE}/>"

    def _listed(self, prefix: str) -> str:
        found = [
            name
            for name in sorted(self.s3.objects)
            if name.startswith(prefix) and "/" not in name[len(prefix) :]
        ]
        inner = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>1</Size></Contents>"
            for name in found
        )
        return (
            f"<ListBucketResult {NAMESPACE}><IsTruncated>false</IsTruncated>{inner}"
            "</ListBucketResult>"
        )


@contextmanager
def s3_server() -> Iterator[S3]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server = S3(origin=f"http://127.0.0.1:{httpd.server_port}")
    httpd.s3 = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
