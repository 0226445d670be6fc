"""Completed responses to a survey of ten questions, beside a bare Django form view, in
the same run, on the same server and database, in rounds that take turns.

Reported at 8 and 32 respondents at once: completed responses a second, waiting times of
page and submit, CPU of the server for each, and what a web process holds in memory.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from config.demo.processes import free_ports
from tests.bench._scene import Scene, scene
from tests.factories.org import ROOT

# As the README serves it.
SERVER = ("--workers", "2", "--threads", "4", "--no-control-socket")
CROWDS = (8, 32)
TICKS = os.sysconf("SC_CLK_TCK")
LINKS = "links"


@dataclass(slots=True)
class Round:
    """What one crowd met."""

    completed: int
    seconds: float
    gets: list[float]
    submits: list[float]
    bytes: int
    cpu_ms: float

    @property
    def rate(self) -> float:
        return self.completed / self.seconds


@dataclass(slots=True)
class Server:
    """One web server in processes of its own."""

    port: int
    process: subprocess.Popen[bytes]
    path: str
    rounds: dict[str, list[Round]] = field(default_factory=dict)

    def round(self, name: str, together: int, paths: list[str]) -> Round:
        before = self.cpu()
        asked = {"port": self.port, "paths": paths, "together": together}
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench._respondents"],
            cwd=ROOT,
            input=json.dumps({**asked, "seed": together}),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        cpu_ms = 1000 * (self.cpu() - before) / told["completed"]
        found = Round(**told, cpu_ms=cpu_ms)
        self.rounds.setdefault(name, []).append(found)
        return found

    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def cpu(self) -> float:
        """Seconds that the web processes have worked."""
        return sum(_cpu(pid) for pid in (self.process.pid, *self.workers()))

    def memory_mb(self) -> float:
        """The largest web process."""
        return round(max(_memory_mb(pid) for pid in self.workers()), 1)


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    ports = free_ports()
    own = {
        "BASE_URL": f"http://127.0.0.1:{ports.web}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "off",
    }
    with scene(folder, **own) as ours:
        links = ours.ask("answers", str(200 if quick else 2_000))
        log = folder / "servers.log"
        bare = Scene({**ours.environment, "DJANGO_SETTINGS_MODULE": ""})
        with (
            _serving("tests.bench._floor", bare, ports.org, "/", log) as floor,
            _serving("config.wsgi", ours, ports.web, "/w/bench/", log) as product,
        ):
            told = _measured(product, floor, links, quick=quick)
        database = ours.environment["DATABASE_URL"].split(":", 1)[0]
    return {**told, "database": database}


def _measured(
    product: Server, floor: Server, links: list[str], *, quick: bool
) -> dict[str, Any]:
    respondents, rounds = (200, 1) if quick else (1_000, 3)
    for server in (floor, product):
        server.round("warm", 8, [server.path] * 100)
    for _number in range(rounds):
        for together in CROWDS:
            for server in (floor, product):
                server.round(str(together), together, [server.path] * respondents)
    product.round(LINKS, 8, links)
    memory = _memory(product, 1_000 if quick else 50_000)
    results: dict[str, Any] = {}
    for together in CROWDS:
        name = str(together)
        results[f"at_{name}"] = {
            "product": _told(product.rounds[name]),
            "floor": _told(floor.rounds[name]),
            "ratio": _ratio(product.rounds[name], floor.rounds[name]),
        }
    main = results["at_8"]
    return {
        "product": main["product"]["per_second"],
        "floor": main["floor"]["per_second"],
        "ratio": main["ratio"],
        "unit": "completed responses/s, 8 respondents at once",
        **results,
        "by_tracking_link_at_8": _told(product.rounds[LINKS]),
        "memory": memory,
    }


def _memory(product: Server, responses: int) -> dict[str, Any]:
    """What a web process holds while it takes so many responses."""
    found = [product.memory_mb()]
    for _part in range(5):
        product.round("memory", 8, [product.path] * (responses // 5))
        found.append(product.memory_mb())
    return {"responses": responses, "mb": found}


def _told(rounds: list[Round]) -> dict[str, Any]:
    gets = sorted(wait for one in rounds for wait in one.gets)
    submits = sorted(wait for one in rounds for wait in one.submits)
    return {
        "per_second": round(statistics.median(one.rate for one in rounds), 1),
        "page_ms": _waits(gets),
        "submit_ms": _waits(submits),
        "cpu_ms": round(statistics.median(one.cpu_ms for one in rounds), 2),
        "page_bytes": rounds[0].bytes,
    }


def _waits(waits: list[float]) -> dict[str, float]:
    return {
        "p50": round(1000 * waits[len(waits) // 2], 1),
        "p99": round(1000 * waits[len(waits) * 99 // 100], 1),
    }


def _ratio(product: list[Round], floor: list[Round]) -> float:
    """Of rounds that followed each other, so that noise of the machine meets both."""
    pairs = zip(product, floor, strict=True)
    return round(statistics.median(one.rate / bare.rate for one, bare in pairs), 2)


@contextmanager
def _serving(
    module: str, ours: Scene, port: int, path: str, log: Path
) -> Iterator[Server]:
    words = ("-m", "gunicorn", module, *SERVER, "--bind", f"127.0.0.1:{port}")
    with (
        log.open("ab") as out,
        ours.running(*words, stdout=out, stderr=out) as process,
    ):
        _wait_for(f"http://127.0.0.1:{port}{path}", log)
        yield Server(port=port, process=process, path=path)


def _wait_for(address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if requests.get(address, timeout=5).status_code == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{address} did not answer:\n{log.read_text()}")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _make(links: int) -> list[str]:
    """Put the survey, its web link and so many tracking links in place."""
    from django.utils import timezone

    from deployments.models import Deployment
    from tests.bench._ten_questions import document
    from tests.factories.deployments import make_deployment, make_invitation
    from tests.factories.surveys import publish_survey

    survey = publish_survey(document()).survey
    make_deployment(survey, key="bench", channel=Deployment.Channel.WEB)
    asked = make_deployment(survey, channel=Deployment.Channel.LINKS)
    now = timezone.now()
    made = (
        make_invitation(asked, email=f"{number}@example.com", now=now)
        for number in range(links)
    )
    return [f"/s/{one.token}/" for one in made]


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(_make(int(sys.argv[1]))))
