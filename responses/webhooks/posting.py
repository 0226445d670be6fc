"""The one place that calls addresses which people typed in.

The name is resolved once and that very address is connected to, when it is a public
one: nobody can make us call our own network by a name that changes its mind, nor by
a redirect, which is never followed. What may be called beside is in the settings.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

CONNECT_SECONDS = 5.0
# From the first byte sent to the last byte read, however slowly they drip.
WHOLE_SECONDS = 15.0
MOST_READ = 4_096
AGENT = "Tellback"
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# All of IPv6 that is given out for the world; the rest has meanings of its own.
WORLD = ipaddress.IPv6Network("2000::/3")
# What no public host has, though some versions of Python take it for public; the last
# is how a machine in Azure is told its secrets.
SPECIAL = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "168.63.129.16/32")
]

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(ValueError):
    """This address is not called; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a call: a status, or what went wrong before there was one."""

    status: int | None = None
    problem: str = ""
    text: str = ""
    retry_after: int | None = None
    milliseconds: int = 0

    @property
    def well(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def check(url: str) -> SplitResult:
    """Return the parts of an address that may be called. Raises `AddressRefused`."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused(_("This is no address.")) from error
    if not host or parts.username is not None or parts.password is not None:
        raise AddressRefused(_("This is no address of the form https://host/path."))
    if parts.scheme != "https" and not _is_allowed(parts):
        raise AddressRefused(_("The address must begin with https://."))
    if any(character <= " " or character == "\x7f" for character in url):
        raise AddressRefused(_("The address has blanks or control characters in it."))
    return parts


def post(
    url: str, *, body: bytes, headers: Mapping[str, str], seconds: float = WHOLE_SECONDS
) -> Answer:
    """Send the body; never raises for what the other side does."""
    began = time.monotonic()
    try:
        parts = check(url)
        with _connection(parts, seconds) as connection, _deadline(connection, seconds):
            return _exchange(connection, parts, body, headers, began)
    except AddressRefused as error:
        return Answer(problem=str(error), milliseconds=_since(began))
    except ssl.SSLError as error:
        why = error.reason or type(error).__name__
        text = _("There was no secure connection: %(why)s.") % {"why": why}
        return Answer(problem=text, milliseconds=_since(began))
    except (OSError, HTTPException, UnicodeError) as error:
        if isinstance(error, TimeoutError) or time.monotonic() - began >= seconds:
            return Answer(problem=_("It took too long."), milliseconds=_since(began))
        text = _("It was not reached: %(why)s.") % {"why": type(error).__name__}
        return Answer(problem=text, milliseconds=_since(began))


def resolve(parts: SplitResult) -> tuple[str, int]:
    """Return the address to connect to. Raises `AddressRefused`."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return public_address(host, port, allowed=_is_allowed(parts)), port


def public_address(host: str, port: int, *, allowed: bool = False) -> str:
    """The address of a host: a public one, unless the host is allowed any.

    Raises `AddressRefused`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = _("There is no host “%(host)s”.") % {"host": host[:100]}
        raise AddressRefused(text) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not allowed:
        # One that is not public spoils them all: it was put there for a reason.
        for address in addresses:
            _refuse_private(address)
    return addresses[0]


def _refuse_private(address: str) -> None:
    if not _is_public(_meant(ipaddress.ip_address(address.partition("%")[0]))):
        raise AddressRefused(
            _("%(address)s is no public address; an administrator may allow it.")
            % {"address": address}
        )


def _is_public(ip: Ip) -> bool:
    if ip.version == 6 and ip not in WORLD:
        return False
    special = any(ip in network for network in SPECIAL)
    return ip.is_global and not (ip.is_multicast or special)


def _meant(ip: Ip) -> Ip:
    """Take off the clothes of an IPv6 address that an IPv4 one may wear."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


def _is_allowed(parts: SplitResult) -> bool:
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return origin in settings.WEBHOOK_EXTRA_HOSTS


@contextlib.contextmanager
def _connection(parts: SplitResult, seconds: float) -> Iterator[HTTPConnection]:
    address, port = resolve(parts)
    host = parts.hostname or ""
    limit = min(CONNECT_SECONDS, seconds)
    with socket.create_connection((address, port), timeout=limit) as raw:
        sock = raw
        if parts.scheme == "https":
            context = ssl.create_default_context()
            sock = context.wrap_socket(raw, server_hostname=host)
        sock.settimeout(seconds)
        connection = HTTPConnection(host, port)
        connection.sock = sock
        with contextlib.closing(connection):
            yield connection


def _exchange(
    connection: HTTPConnection,
    parts: SplitResult,
    body: bytes,
    headers: Mapping[str, str],
    began: float,
) -> Answer:
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    own = {"Host": parts.netloc, "User-Agent": AGENT}
    connection.request("POST", target, body=body, headers={**own, **headers})
    response = connection.getresponse()
    text = response.read(MOST_READ).decode("utf-8", "replace")
    wait = response.headers.get("Retry-After", "").strip()
    return Answer(
        status=response.status,
        text=text.replace("\x00", "\ufffd"),
        retry_after=int(wait) if wait.isascii() and wait.isdigit() else None,
        milliseconds=_since(began),
    )


@contextlib.contextmanager
def _deadline(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection at the deadline: a timeout of the socket's own begins anew
    with every byte."""
    sock = connection.sock

    def cut() -> None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _since(began: float) -> int:
    return round(1000 * (time.monotonic() - began))
