"""A name server on this machine that tells what a test wants told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone(dict[tuple[str, str], list[str]]):
    """(name, type) -> values; whatever else is asked for is not there."""

    silent = False
    broken = False

    def answer(self, wire: bytes) -> bytes | None:
        if self.silent:
            return None
        asked = dns.message.from_wire(wire)
        told = dns.message.make_response(asked)
        told.flags |= dns.flags.RA
        [question] = asked.question
        name = str(question.name).rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        values = self.get((name, kind), [])
        if self.broken:
            told.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            told.answer.append(
                dns.rrset.from_text(question.name, 60, "IN", kind, *values)
            )
        elif not any(known == name for known, _kind in self):
            told.set_rcode(dns.rcode.NXDOMAIN)
        return told.to_wire()


@contextmanager
def name_server(settings: Any) -> Iterator[Zone]:
    zone = Zone()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        settings.DNS_SERVER = f"127.0.0.1:{server.getsockname()[1]}"
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    wire, sender = server.recvfrom(4096)
                except TimeoutError:
                    continue
                answer = zone.answer(wire)
                if answer:
                    server.sendto(answer, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield zone
        finally:
            over.set()
            thread.join()
