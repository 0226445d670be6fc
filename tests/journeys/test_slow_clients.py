"""Clients that send a gigabyte, or nothing more: the server answers the others."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.factories.access import bearer

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

GIGABYTE = 1_000_000_000
MEGABYTE = 1_000_000
NESTED = {
    "/api/v1/tracking-links/": ("application/json", b'{"links": ' + b"[" * 5_000),
    "/api/v1/surveys/": ("application/json", b"[" * 5_000),
    "/api/soap/": ("text/xml", b"<a>" * 1_000),
    "/api/xmlrpc/": (
        "text/xml",
        b"<methodCall><params>" + b"<value><array><data>" * 500,
    ),
}


def begin(system, path: str, length: int) -> socket.socket:
    """Announce so much, send the beginning, and then nothing."""
    kind, beginning = NESTED[path]
    slow = socket.create_connection(("127.0.0.1", system.ports.web), timeout=20)
    key = system.made["api_key"]
    slow.sendall(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    slow.sendall(beginning)
    return slow


def memory(system) -> int:
    """Bytes that the web server's processes hold."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("There is no /proc here.")
    (server,) = [
        process
        for name, process in system.running.processes
        if name == "The web server"
    ]
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    total = 0
    for pid in [str(server.pid), *children.split()]:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        total += int(pages) * 4096
    return total


@pytest.mark.parametrize("path", NESTED)
def test_a_gigabyte_is_refused_before_it_comes(system, path):
    with begin(system, path, GIGABYTE) as slow:
        answer = b""
        while b"large" not in answer and (more := slow.recv(65_536)):
            answer += more

    status = answer.split(b" ", 2)[1]
    assert status == {"/api/soap/": b"500", "/api/xmlrpc/": b"200"}.get(path, b"413")
    assert b"too-large" in answer or b"too large" in answer


def pieces(total: int):
    """A body in chunks, of a length that nobody says."""
    for _piece in range(total // MEGABYTE):
        yield b"[" * MEGABYTE


@pytest.mark.parametrize("path", NESTED)
def test_a_gigabyte_in_chunks_is_refused_when_it_is_too_much(system, path):
    before = memory(system)
    headers = bearer(system.made["api_key"]) | {"Content-Type": NESTED[path][0]}
    body = pieces(GIGABYTE)

    try:
        answer = requests.post(
            system.ports.base_url + path, data=body, headers=headers, timeout=30
        )
    except requests.ConnectionError:  # it hung up on who went on sending
        answer = None

    assert answer is None or "too-large" in answer.text
    left = sum(1 for _piece in body)
    assert left > 900, "nearly all of it was read"
    assert memory(system) - before < 50 * MEGABYTE
    again = requests.get(f"{system.ports.base_url}/healthz", timeout=10)
    assert again.status_code == 200


def test_a_body_in_chunks_is_read_like_any_other(system):
    link = b'{"deployment": "case-closed", "links": [{"email": "in@example.com"}]}'

    answer = requests.post(
        f"{system.ports.base_url}/api/v1/tracking-links/",
        data=iter([link[:20], link[20:]]),
        headers=bearer(system.made["api_key"]) | {"Content-Type": "application/json"},
        timeout=30,
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()[0]["email"] == "in@example.com"


def test_slow_clients_hold_up_nobody(system):
    before = memory(system)
    headers = bearer(system.made["api_key"])
    with ExitStack() as slow:
        for path in NESTED:
            slow.enter_context(begin(system, path, MEGABYTE))
        for _try in range(10):
            for path in ("/healthz", "/api/v1/surveys/", "/api/soap/?wsdl"):
                answer = requests.get(
                    system.ports.base_url + path, headers=headers, timeout=10
                )
                assert answer.status_code == 200
            time.sleep(0.05)
        assert memory(system) - before < 50 * MEGABYTE


@pytest.mark.parametrize("path", NESTED)
def test_all_that_may_be_sent_of_nested_arrays_is_refused_in_little_memory(
    system, path
):
    kind, _beginning = NESTED[path]
    one = b"[" if kind == "application/json" else b"<value><array><data>"
    before = memory(system)

    answer = requests.post(
        system.ports.base_url + path,
        data=one * (2_400_000 // len(one)),
        headers=bearer(system.made["api_key"]) | {"Content-Type": kind},
        timeout=30,
    )

    assert answer.status_code == {"/api/soap/": 500, "/api/xmlrpc/": 200}.get(path, 400)
    assert "parse-error" in answer.text
    assert memory(system) - before < 300 * MEGABYTE
