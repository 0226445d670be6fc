"""What one web process holds while it takes 50,000 completed responses: looked at
before, and after each tenth of them.

Reported as what it holds at the end to what it held after the first tenth, when all
that is kept in memory on purpose is there: 1 is flat.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.demo.processes import free_ports
from tests.bench._scene import scene
from tests.bench._servers import serving

PARTS = 10


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    ports, responses = free_ports(), 1_000 if quick else 50_000
    own = {
        "BASE_URL": f"http://127.0.0.1:{ports.web}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "off",
    }
    with scene(folder, **own) as ours:
        ours.ask("answers", "0")
        log = folder / "memory.log"
        with serving(
            "config.wsgi", ours, ports.web, "/w/bench/", log, workers=1
        ) as web:
            found = {0: web.memory_mb()}
            for part in range(1, PARTS + 1):
                some = responses // PARTS
                web.round("memory", 8, [web.path] * some)
                found[part * some] = web.memory_mb()
                print(part * some, found[part * some], flush=True)
        database = ours.environment["DATABASE_URL"].split(":", 1)[0]
    warm, last = found[responses // PARTS], found[responses]
    return {
        "product": last,
        "floor": warm,
        "ratio": round(last / warm, 3),
        "unit": "MB of one web process at the end; floor: after the first tenth",
        "mb_after_responses": found,
        "database": database,
    }
