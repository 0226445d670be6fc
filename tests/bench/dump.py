"""The dump over HTTP beside `COPY … TO STDOUT` of the same rows as CSV, in the same run;
tracking links beside bare inserts; and how soon the API answers among so many rows.

On PostgreSQL (`DATABASE_URL`); on SQLite the floor is reading the rows bare. The peer is
LimeSurvey's export, measured before on a machine like this one: 2,000 to 3,000 rows/s.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.factories.org import ROOT
from tests.factories.servers import fresh_database

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUESTIONS = 10
LIMESURVEY = 3_000
READ = 1 << 18


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    with fresh_database(folder) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "API_CALLS_PER_MINUTE": "1000000",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.dump", str(int(quick))],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(*, quick: bool) -> dict[str, Any]:
    """Measure in a process that has Django set up."""
    rows = 20_000 if quick else 1_000_000
    bench = Bench(rows)
    floor = max(bench.floor() for _ in range(2))
    with bench.server() as server:
        small = server.dump("csv", limit=rows // 10)
        memory = server.memory()
        table = max((server.dump("csv") for _ in range(2)), key=rows_a_second)
        lines = server.dump("ndjson")
        more = server.memory()
        reads = server.reads(100 if quick else 500)
        links = server.links(3)
    inserts = max(bench.inserts() for _ in range(3))
    product = rows_a_second(table)
    return {
        "product": product,
        "floor": floor,
        "ratio": round(product / floor, 2),
        "unit": "rows/s as CSV over HTTP; floor: COPY … TO STDOUT of the same as CSV",
        "rows": rows,
        "ndjson_rows_per_second": rows_a_second(lines),
        "a_tenth_rows_per_second": rows_a_second(small),
        "first_byte_s": round(table["first"], 3),
        "megabytes": round(table["bytes"] / 1e6, 1),
        "peak_memory_mb": {"after_a_tenth": memory, "after_all": more},
        "limesurvey_rows_per_second_elsewhere": LIMESURVEY,
        "times_limesurvey": round(product / LIMESURVEY, 1),
        "numbering_rows_per_second": bench.numbered,
        "links_per_second_1000_in_a_call": links,
        "bare_inserts_per_second": inserts,
        "links_ratio": round(links / inserts, 2),
        "read_ms": reads,
        "database": bench.vendor,
    }


def rows_a_second(told: dict[str, Any]) -> float:
    return round(told["rows"] / told["took"], 1)


class Bench:
    """A survey of ten questions that very many have answered."""

    def __init__(self, rows: int) -> None:
        from django.db import connection as database

        from responses.dump.positions import number_all
        from tests.factories.access import make_api_key
        from tests.factories.deployments import make_deployment
        from tests.factories.surveys import publish_survey

        self.rows, self.vendor = rows, database.vendor
        questions = [
            {"key": f"q{number}", "kind": "long_text", "text": {"en": "?"}}
            if number > 7
            else {"key": f"q{number}", "kind": "nps", "text": {"en": "?"}}
            for number in range(QUESTIONS)
        ]
        self.version = publish_survey(
            {
                "key": "bench",
                "title": {"en": "Bench"},
                "default_language": "en",
                "pages": [{"key": "p1", "questions": questions}],
            }
        )
        self.deployment = make_deployment(self.version.survey, key="bench")
        self.secret = make_api_key()
        self._fill()
        began = time.perf_counter()
        number_all()
        self.numbered = round(rows / (time.perf_counter() - began), 1)
        with database.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _fill(self) -> None:
        from responses.models import Response

        for start in range(0, self.rows, 5_000):
            Response.objects.bulk_create(
                Response(
                    survey=self.version.survey,
                    version=self.version,
                    deployment=self.deployment,
                    status=Response.Status.COMPLETED,
                    answers=answers(number),
                    language="en",
                    started_at=NOW,
                    updated_at=NOW,
                    completed_at=NOW,
                )
                for number in range(start, min(start + 5_000, self.rows))
            )

    def floor(self) -> float:
        """What the database alone can give, of the same columns."""
        from django.db import connection as database

        names = ", ".join(f"answers ->> 'q{number}'" for number in range(QUESTIONS))
        query = (
            f"SELECT position, key, status, language, started_at, updated_at, "
            f"completed_at, {names} FROM responses_response ORDER BY position"
        )
        began = time.perf_counter()
        with database.cursor() as cursor:
            if self.vendor == "postgresql":
                raw = cursor.cursor
                with raw.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
                    for _block in copy:
                        pass
            else:
                cursor.execute(query)
                for _row in cursor:
                    pass
        return round(self.rows / (time.perf_counter() - began), 1)

    def inserts(self) -> float:
        """A thousand rows of the table of invitations, with what each must have."""
        from django.db import connection as database
        from django.db import transaction

        from deployments.invitations.inviting import _row
        from deployments.models import Invitation
        from deployments.rules import Invitee

        invitee = Invitee(email="ada@example.com", name="Ada")
        rows = [
            _row(self.deployment, invitee, now=NOW, send_at=None) for _ in range(1_000)
        ]
        columns = [f for f in Invitation._meta.concrete_fields if not f.primary_key]
        names = ", ".join(column.column for column in columns)
        marks = ", ".join(["%s"] * len(columns))
        values = [
            [
                column.get_db_prep_save(column.pre_save(row, True), database)
                for column in columns
            ]
            for row in rows
        ]
        began = time.perf_counter()
        with transaction.atomic(), database.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO deployments_invitation ({names}) VALUES ({marks})",
                values,
            )
        return round(1_000 / (time.perf_counter() - began), 1)

    @contextmanager
    def server(self) -> Iterator[Server]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--timeout", "600"),
                *("--log-level", "warning"),
            ],
            cwd=ROOT,
        )
        try:
            server = Server(port, self.secret, process.pid, self.rows)
            server.wait()
            yield server
        finally:
            process.terminate()
            process.wait()


def answers(number: int) -> dict[str, Any]:
    scores = {f"q{place}": (number + place) % 11 for place in range(8)}
    text = "The person on the phone was kind, and knew what to do at once."
    return {**scores, "q8": f"{text} {number}", "q9": "Nothing, thanks"}


class Server:
    """One web process, asked as a client asks."""

    def __init__(self, port: int, secret: str, pid: int, rows: int) -> None:
        self.port, self.pid, self.rows = port, pid, rows
        self.headers = {"Authorization": f"Bearer {secret}", "Host": "127.0.0.1"}

    def ask(self, path: str, body: str = "") -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {**self.headers, "Content-Type": "application/json"}
        method = "POST" if body else "GET"
        connection.request(method, f"/api/v1/{path}", body or None, headers)
        return connection.getresponse()

    def wait(self) -> None:
        while True:
            try:
                self.ask("surveys/").read()
            except OSError:
                time.sleep(0.1)
            else:
                return

    def dump(self, kind: str, limit: int | None = None) -> dict[str, Any]:
        more = f"&limit={limit}" if limit else ""
        began = time.perf_counter()
        answer = self.ask(f"responses/dump/?survey=bench&format={kind}{more}")
        size = len(answer.read(1))
        first = time.perf_counter() - began
        while block := answer.read(READ):
            size += len(block)
        took = time.perf_counter() - began
        return {
            "rows": limit or self.rows,
            "took": took,
            "first": first,
            "bytes": size,
        }

    def memory(self) -> float:
        """The most that the process that answers ever had."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        status = Path(f"/proc/{children.split()[0]}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return round(int(peak.split()[1]) / 1024, 1)

    def reads(self, times: int) -> dict[str, dict[str, float]]:
        listed = json.loads(self.ask("responses/?survey=bench&limit=50").read())
        key = listed["results"][-1]["key"]
        paths = {
            "one": f"responses/{key}/",
            "page_of_50": "responses/?survey=bench&limit=50",
            "deep_page": "responses/?" + listed["next"].partition("?")[2],
            "dump_page_of_100": f"responses/dump/?survey=bench&after={self.rows // 2}"
            "&limit=100",
        }
        return {name: self._times(path, times) for name, path in paths.items()}

    def _times(self, path: str, times: int) -> dict[str, float]:
        took = [timed(lambda: self.ask(path).read()) for _ in range(times)]
        cuts = statistics.quantiles(took, n=100)
        return {
            "median": round(1000 * statistics.median(took), 2),
            "p99": round(1000 * cuts[98], 2),
        }

    def links(self, rounds: int) -> float:
        body = {
            "deployment": "bench",
            "links": [
                {"email": f"a{number}@example.com", "name": "Ada"}
                for number in range(1_000)
            ],
        }
        text = json.dumps(body)

        def call() -> None:
            answer = self.ask("tracking-links/", text)
            assert answer.status == 201, answer.read()
            answer.read()

        return round(1_000 / min(timed(call) for _ in range(rounds)), 1)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    import django

    django.setup()
    told = measure(quick=sys.argv[1] == "1")
    print(json.dumps(told))
