"""Web servers in processes of their own, and crowds of respondents who come to them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.bench._scene import Scene
from tests.factories.org import ROOT

# As the README serves it.
THREADS = ("--threads", "4", "--no-control-socket")
TICKS = os.sysconf("SC_CLK_TCK")


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


@contextmanager
def serving(
    module: str, ours: Scene, port: int, path: str, log: Path, *, workers: int = 2
) -> Iterator[Server]:
    own = ("--workers", str(workers), "--bind", f"127.0.0.1:{port}")
    words = ("-m", "gunicorn", module, *THREADS, *own)
    with (
        log.open("ab") as out,
        ours.running(*words, stdout=out, stderr=out) as process,
    ):
        _wait_for(f"http://127.0.0.1:{port}{path}", process, log)
        yield Server(port=port, process=process, path=path)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    # Once it has ended, whoever answers there is another one.
    while time.monotonic() < until and process.poll() is None:
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
