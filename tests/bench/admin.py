"""Screens of the admin among very many responses and write-backs, beside the bare list
of the same responses that Django's admin makes, in the same run.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from config.demo.processes import free_ports
from tests.bench._scene import scene
from tests.bench._servers import Server, serving
from tests.factories.org import RunningOrg, running_org

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
RESPONSES = "/admin/responses/response/"
WRITE_BACKS = "/admin/crm_mappings/writeback/"
BARE = "/admin/auth/response/"
LOGIN = "/admin/login/"


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    rows, times = (2_000, 10) if quick else (100_000, 60)
    ports = free_ports()
    own = {
        "BASE_URL": f"http://127.0.0.1:{ports.web}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DEBUG": "off",
        "SECRET_KEY": os.urandom(32).hex(),
    }
    with (
        running_org() as org,
        scene(folder, SALESFORCE_EXTRA_HOSTS=org.url, **own) as ours,
    ):
        told = ours.ask("admin", org.url, str(rows))
        with (
            serving("config.wsgi", ours, ports.web, LOGIN, folder / "web.log") as web,
            serving(
                "tests.bench._bare_admin", ours, ports.org, LOGIN, folder / "bare.log"
            ) as bare,
        ):
            return compared(web, bare, told, times)


def compared(
    web: Server, bare: Server, told: dict[str, Any], times: int
) -> dict[str, Any]:
    ours, floor = Visitor(web, told["session"]), Visitor(bare, told["session"])
    # By turns, so that what else the machine does meets both.
    for _round in range(times):
        floor.open("list", BARE)
        for name, path in told["screens"].items():
            ours.open(name, path)
    listed, plain = ours.median("responses"), floor.median("list")
    return {
        "product": round(1 / listed, 1),
        "floor": round(1 / plain, 1),
        "ratio": round(plain / listed, 2),
        "unit": "lists of 50 responses/s; floor: the same rows in a bare admin",
        "rows": told["rows"],
        "screens_ms": {name: ours.told(name) for name in told["screens"]},
        "bare_list_ms": floor.told("list"),
        "database": told["database"],
    }


class Visitor:
    """Somebody who is logged in and opens screens one after another."""

    def __init__(self, server: Server, session: str) -> None:
        self.server = server
        self.client = requests.Session()
        self.client.cookies.set("sessionid", session)
        self.took: dict[str, list[float]] = {}

    def open(self, name: str, path: str) -> None:
        began = time.perf_counter()
        answer = self.client.get(
            f"http://127.0.0.1:{self.server.port}{path}", allow_redirects=False
        )
        self.took.setdefault(name, []).append(time.perf_counter() - began)
        assert answer.status_code == 200, (path, answer.status_code)

    def median(self, name: str) -> float:
        # The first opens the connections and reads the templates.
        return statistics.median(self.took[name][1:])

    def told(self, name: str) -> dict[str, float]:
        cuts = statistics.quantiles(self.took[name][1:], n=20)
        return {
            "median": round(1000 * self.median(name), 1),
            "p95": round(1000 * cuts[18], 1),
        }


def prepare(org: RunningOrg, rows: int) -> dict[str, Any]:
    """Fill the tables, in a process that has Django set up; return what to open."""
    from django.db import connection as database

    from crm_mappings.models import WriteBack
    from responses.models import Response
    from tests.bench.write_back import Bench
    from tests.factories.crm import answered, put_many

    bench = Bench(org)
    said = (
        answered(
            bench.version,
            {"csat": number % 5 + 1, "nps": number % 11},
            at=NOW + timedelta(seconds=number),
        )
        for number in range(rows)
    )
    put_many(bench.mapping, said, state=WriteBack.State.WRITTEN)
    held = WriteBack.objects.order_by("pk").values_list("pk", flat=True)[:: rows // 100]
    WriteBack.objects.filter(pk__in=list(held)).update(state=WriteBack.State.HELD)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")
    response = Response.objects.order_by("-pk")[rows // 2]
    one = WriteBack.objects.get(response=response)
    survey = bench.version.survey
    return {
        "rows": rows,
        "database": database.vendor,
        "session": session(),
        "screens": {
            "home": "/admin/",
            "responses": RESPONSES,
            "responses_page_900": f"{RESPONSES}?p={min(900, rows // 50)}",
            "responses_of_a_survey": f"{RESPONSES}?survey__id__exact={survey.pk}",
            "one_response": f"{RESPONSES}{response.pk}/change/",
            "write_backs": WRITE_BACKS,
            "write_backs_held": f"{WRITE_BACKS}?state__exact=held",
            "one_write_back": f"{WRITE_BACKS}{one.pk}/change/",
            "results_with_charts": f"{RESPONSES}results/{survey.key}/",
            "mapping_editor": f"/admin/crm_mappings/mapping/{bench.mapping.pk}/change/",
        },
    }


def session() -> str:
    """The key of a session of a superuser who has just logged in."""
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )
    from django.contrib.sessions.backends.db import SessionStore

    user = get_user_model().objects.create_superuser("ada", password=None)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(prepare(RunningOrg(url=sys.argv[1]), int(sys.argv[2]))))
