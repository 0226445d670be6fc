"""Respondents for benchmarks, in a process of their own: each opens a connection, gets
the page, sends the form with what is hidden in it, and must see the thank-you page.

Prints one JSON line: how many, in how long, and every waiting time.
"""

from __future__ import annotations

import json
import random
import re
import socket
import sys
import threading
import time
from queue import Empty, SimpleQueue
from urllib.parse import urlencode

from tests.bench._ten_questions import typed

HIDDEN = re.compile(rb'<input type="hidden" name="([^"]+)" value="([^"]*)"')
# Of the first form: another one may stand below it.
ACTION = re.compile(rb'<form[^>]*?(?: action="([^"]*)"|>)')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PLACE = re.compile(rb"\r\nlocation: *(\S+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Connection:
    """One respondent's connection; opened again where the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.cookies: list[str] = []

    def ask(
        self, method: str, path: str, body: bytes = b""
    ) -> tuple[int, bytes, bytes]:
        """Status, head and body."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), 60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        if method == "POST":
            lines.append("Content-Type: application/x-www-form-urlencoded")
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Accept-Language: en")
        if self.cookies:
            lines.append(f"Cookie: {'; '.join(self.cookies)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return self._read(self.socket)

    def _read(self, open_socket: socket.socket) -> tuple[int, bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(open_socket)
        head, _gap, body = data.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        assert length, head
        while len(body) < int(length[1]):
            body += self._more(open_socket)
        self.cookies += [cookie.decode() for cookie in COOKIE.findall(head)]
        if CLOSES.search(head):
            self.close()
        return int(head.split(None, 2)[1]), head, body

    def _more(self, open_socket: socket.socket) -> bytes:
        part = open_socket.recv(65536)
        if not part:
            raise ConnectionError("The server closed in the middle of an answer.")
        return part

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def respond(port: int, path: str, rng: random.Random) -> tuple[float, float, int]:
    """Answer once: seconds for the page, seconds until thanks, bytes of the page."""
    connection = Connection(port)
    began = time.perf_counter()
    status, _head, page = connection.ask("GET", path)
    shown = time.perf_counter()
    assert status == 200, (status, page[:500])
    hidden = [(name.decode(), value.decode()) for name, value in HIDDEN.findall(page)]
    found = ACTION.search(page)
    action = (found[1] or b"").decode() if found else ""
    body = urlencode([*hidden, *typed(rng), ("go", "submit")]).encode()
    sent = time.perf_counter()
    status, head, answer = connection.ask("POST", action or path, body)
    if status == 303:
        place = PLACE.search(head)
        assert place
        status, _head, answer = connection.ask("GET", place[1].decode())
    done = time.perf_counter()
    assert status == 200, (status, answer[:500])
    assert b"Thank you" in answer, answer[:500]
    connection.close()
    return shown - began, done - sent, len(page)


def crowd(port: int, paths: list[str], together: int, seed: int) -> dict[str, object]:
    """Answer at each path, so many at once."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for path in paths:
        waiting.put(path)
    gets: list[float] = []
    submits: list[float] = []
    weights: set[int] = set()

    def work(number: int) -> None:
        rng = random.Random(f"{seed}:{number}")
        while True:
            try:
                path = waiting.get_nowait()
            except Empty:
                return
            shown, done, weight = respond(port, path, rng)
            gets.append(shown)
            submits.append(done)
            weights.add(weight)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(together)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert len(gets) == len(paths), f"{len(gets)} of {len(paths)} were answered"
    told = {"gets": gets, "submits": submits, "bytes": max(weights)}
    return {"completed": len(gets), "seconds": took, **told}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(crowd(**asked)))
