"""Completed responses to a survey of ten questions, beside a bare Django form view, in
the same run, on the same server and database, in rounds that take turns.

Reported at 8 and 32 respondents at once: completed responses a second, waiting times of
page and submit, and CPU of the server for each. `memory` tells what a web process holds.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from config.demo.processes import free_ports
from tests.bench._scene import Scene, scene
from tests.bench._servers import Round, Server, serving

CROWDS = (8, 32)
LINKS = "links"
# It is a server of its own that no package of Python brings, so it is not of
# this run: measured on 2026-11-21 on two cores of the same kind, tuned (APCu, opcache,
# nginx, PostgreSQL), with the same ten questions and the same respondents.
LIMESURVEY: dict[str, Any] = {
    "version": "LimeSurvey 6.14, measured 2026-11-21 on two cores, not in this run",
    "per_second": {"at_8": 15.3, "at_32": 14.8},
    "best_per_second": 18.5,
    "cpu_ms": 115.0,
}


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
        bare.ask("_floor")
        with (
            serving("tests.bench._floor", bare, ports.org, "/", log) as floor,
            serving("config.wsgi", ours, ports.web, "/w/bench/", log) as product,
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
        "limesurvey": _beside_limesurvey(main["product"]),
    }


def _beside_limesurvey(at_8: dict[str, Any]) -> dict[str, Any]:
    """How we stand to its best sitting; the CPU is the steadier figure."""
    return {
        **LIMESURVEY,
        "times_as_many": round(at_8["per_second"] / LIMESURVEY["best_per_second"], 1),
        "times_less_cpu": round(LIMESURVEY["cpu_ms"] / at_8["cpu_ms"], 1),
    }


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
