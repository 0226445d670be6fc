"""The start that the benchmarks share: a fresh database with every table, and our own
processes on it, which have Django set up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.factories.org import ROOT
from tests.factories.servers import fresh_database


@dataclass(frozen=True, slots=True)
class Scene:
    environment: dict[str, str]

    def ask(self, bench: str, *words: str) -> Any:
        """Run a benchmark as a program; return what its last line says in JSON."""
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.{bench}", *words],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    @contextmanager
    def running(self, *words: str, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
        """A program of ours, until the end of the block."""
        process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=self.environment, **how
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def scene(folder: Path, **settings: str) -> Iterator[Scene]:
    with fresh_database(folder) as url:
        own = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment = {**os.environ, **own, **settings}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        yield Scene(environment)
