"""Owns the org as a server of its own: its command line, its threads, its clean end."""

import argparse
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from crm_mappings.emulator.assertions import readable
from crm_mappings.emulator.faults import ConnectionDropped
from crm_mappings.emulator.org import CLIENT_ID, CLIENT_SECRET, Org
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.emulator.seeding import seed
from crm_mappings.emulator.wire.application import Application

LARGEST_BODY = 50_000_000


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with connections that stay open, and WSGI to the application."""

    protocol_version = "HTTP/1.1"
    server_version = "EmulatedOrg"
    sys_version = ""
    timeout = 120
    wbufsize = -1  # head and body leave together
    disable_nagle_algorithm = True
    server: "OrgServer"

    def handle_any(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.send_error(411)  # bodies of unknown length are not taken
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        try:
            parts = self.server.application(self._environ(body), self._start)
            self.wfile.write(b"".join(parts))
            self.wfile.flush()
        except ConnectionDropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = handle_any

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in self.headers.items()
        }
        return environ | {
            "REQUEST_METHOD": self.command,
            "RAW_PATH": path,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
        }

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The org keeps its own log of calls."""


class OrgServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, org: Org, host: str, port: int) -> None:
        self.org = org
        self.application = Application(org)
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    org = Org(
        client_id=options.client_id,
        client_secret=options.client_secret,
        callback_urls=tuple(options.callback_url),
        rotate_refresh_tokens=options.rotate,
        sandbox=options.sandbox,
        new_ids=options.new_ids,
    )
    org.client.certificates += options.certificate
    if options.seed:
        seed(org)
    try:
        server = OrgServer(org, options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"Cannot listen at {options.host}:{options.port}: {error}\n")
        return 1
    serve(server, timeout=options.outbound_timeout)
    return 0


def serve(server: OrgServer, *, timeout: float) -> None:
    """Until SIGTERM or SIGINT."""
    sender = Sender(server.org, timeout=timeout)
    _stop_on_signals(server)
    sender.start()
    sys.stdout.write(f"Emulated org ready at {server.url}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        server.server_close()
        sender.stop()


def _stop_on_signals(server: OrgServer) -> None:
    def stop(_number: int, _frame: Any) -> None:
        # shutdown waits for the loop that this very thread runs.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _certificate(path: str) -> str:
    try:
        return readable(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {error}") from error


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m crm_mappings.emulator",
        description="An emulated Salesforce org for the demo and the tests.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--client-id", default=CLIENT_ID)
    parser.add_argument("--client-secret", default=CLIENT_SECRET)
    parser.add_argument(
        "--callback-url",
        action="append",
        default=[],
        help="an allowed OAuth callback (repeatable); without one, any is allowed",
    )
    parser.add_argument(
        "--certificate",
        action="append",
        default=[],
        type=_certificate,
        help="a PEM file that the app's JWT assertions are signed with (repeatable)",
    )
    parser.add_argument("--sandbox", action="store_true", help="be a sandbox")
    parser.add_argument(
        "--rotate", action="store_true", help="rotate refresh tokens at each use"
    )
    parser.add_argument(
        "--outbound-timeout", type=float, default=60.0, help="seconds for a listener"
    )
    parser.add_argument("--seed", action="store_true", help="start with demo rows")
    parser.add_argument(
        "--new-ids", action="store_true", help="give ids that no earlier start gave"
    )
    return parser.parse_args(arguments)
