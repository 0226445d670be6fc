"""A burst of outbound messages: 100 notifications a message over 16 connections, until
all are stored and acknowledged; beside a bare insert of the same rows, in the same run.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.demo.processes import free_ports
from tests.bench._scene import Scene, scene
from tests.factories.messages import message

# As the README serves it.
SERVER = ("--workers", "2", "--threads", "4", "--no-control-socket")
CONNECTIONS, A_MESSAGE = 16, 100
ORG = "00Dxx0000001gPFEAY"
FIELDS = (
    "<sf:ContactEmail>ada@example.com</sf:ContactEmail><sf:IsClosed>true</sf:IsClosed>"
    "<sf:LastModifiedDate>2026-09-08T23:40:33.000Z</sf:LastModifiedDate>"
    "<sf:Status>Closed</sf:Status><sf:Subject>Printer</sf:Subject>"
)


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    count = 2_000 if quick else 10_000
    port = free_ports().web
    own = {
        "BASE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "off",
    }
    with scene(folder, **own) as ours:
        hook = urlsplit(ours.ask("notifications", "prepare")["hook"])
        with _serving(ours, port):
            waits, seconds = _burst(hook.hostname or "", port, hook.path, count)
        told = ours.ask("notifications", "count", str(count))
    assert told["stored"] == count, told
    rate = count / seconds
    return {
        "product": round(rate),
        "floor": round(told["floor"]),
        "ratio": round(rate / told["floor"], 2),
        "unit": "notifications/s, stored and acknowledged; floor: bare insert",
        "notifications": count,
        "acknowledged_p50_ms": round(1000 * statistics.median(waits), 1),
        "acknowledged_p99_ms": round(1000 * _p99(waits), 1),
        "lost": count - told["stored"],
        "database": told["database"],
    }


def _p99(waits: list[float]) -> float:
    return sorted(waits)[max(0, int(len(waits) * 0.99) - 1)]


@contextmanager
def _serving(ours: Scene, port: int) -> Iterator[None]:
    server = ("-m", "gunicorn", "config.wsgi", *SERVER)
    place = ("--bind", f"127.0.0.1:{port}", "--log-level", "error")
    with ours.running(*server, *place):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                link.request("GET", "/healthz")
                link.getresponse().read()
            except OSError:
                time.sleep(0.2)
            else:
                break
        else:
            raise AssertionError("The web server did not start")
        yield


def _burst(host: str, port: int, path: str, count: int) -> tuple[list[float], float]:
    """Send everything; return how long each message waited, and all together."""
    bodies = [_body(start) for start in range(0, count, A_MESSAGE)]
    parts = [bodies[number::CONNECTIONS] for number in range(CONNECTIONS)]

    def send(part: list[bytes]) -> list[float]:
        waits = []
        link = http.client.HTTPConnection(host, port, timeout=60)
        for body in part:
            before = time.perf_counter()
            link.request(
                "POST", path, body, {"Content-Type": "text/xml; charset=utf-8"}
            )
            answer = link.getresponse()
            text = answer.read()
            assert answer.status == 200, (answer.status, text)
            assert b"<Ack>true</Ack>" in text
            waits.append(time.perf_counter() - before)
        link.close()
        return waits

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        waits = [wait for some in pool.map(send, parts) for wait in some]
    return waits, time.perf_counter() - started


def _body(start: int) -> bytes:
    notifications = [
        f"<Notification><Id>04lxx{number:010d}</Id>"
        '<sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>500xx{number:010d}</sf:Id>{FIELDS}</sObject></Notification>"
        for number in range(start, start + A_MESSAGE)
    ]
    return message(*notifications, org=ORG)


def prepare() -> dict[str, Any]:
    from crm_mappings import connections

    row = connections.create(key="bench", name="Bench", client_id="x", org_id=ORG)
    return {"hook": connections.hook_url(row)}


def count(wanted: int) -> dict[str, Any]:
    """Count what is there, and insert the same rows once more with nothing around."""
    from django.db import connection as database

    from deployments.models import TriggerEvent

    rows = list(TriggerEvent.objects.order_by("pk"))
    for row in rows:
        row.pk, row.event_id = None, f"floor-{row.event_id}"
    started = time.perf_counter()
    for start in range(0, len(rows), A_MESSAGE):
        TriggerEvent.objects.bulk_create(rows[start : start + A_MESSAGE])
    took = time.perf_counter() - started
    stored = len(rows)
    return {"stored": stored, "floor": wanted / took, "database": database.vendor}


if __name__ == "__main__":
    import django

    django.setup()
    told = prepare() if sys.argv[1] == "prepare" else count(int(sys.argv[2]))
    print(json.dumps(told))
