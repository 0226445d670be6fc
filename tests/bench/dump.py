"""The dump over HTTP beside `COPY … TO STDOUT` of the same rows as CSV, in the same run;
tracking links beside bare inserts; and how soon the API answers among so many rows.

On PostgreSQL (`DATABASE_URL`); on SQLite the floor is reading the rows bare. The peer is
LimeSurvey's export, measured before on a machine like this one: 2,000 to 3,000 rows/s.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

from tests.bench._scene import scene
from tests.factories.org import ROOT

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUESTIONS = 10
TEXT = "The person on the phone was kind, and knew what to do at once."
NARROW = "position, key, status, language, started_at, updated_at, completed_at"
# What our table has as well, as it is in the database.
WIDE = (
    f"response.{NARROW.replace(', ', ', response.')}, 'bench', version.number, "
    "response.is_test, deployment.key, invitation.public_id, invitation.email, "
    "response.quality, response.records"
)
JOINS = (
    "JOIN surveys_surveyversion AS version ON version.id = response.version_id "
    "LEFT JOIN deployments_deployment AS deployment "
    "ON deployment.id = response.deployment_id "
    "LEFT JOIN deployments_invitation AS invitation "
    "ON invitation.id = response.invitation_id"
)
LIMESURVEY = 3_000
READ = 1 << 18


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    with scene(folder, API_CALLS_PER_MINUTE="1000000") as ours:
        return dict(ours.ask("dump", str(int(quick))))


def measure(*, quick: bool) -> dict[str, Any]:
    """Measure in a process that has Django set up."""
    rows = 20_000 if quick else 1_000_000
    bench = Bench(rows)
    narrow, wide, tables = list[float](), list[float](), list[dict[str, Any]]()
    with bench.server() as server:
        small = server.dump("csv", limit=rows // 10)
        memory = server.memory()
        # In turns, so that what else the machine does meets them all.
        for _round in range(3):
            narrow.append(bench.floor(NARROW))
            tables.append(server.dump("csv"))
            wide.append(bench.floor(WIDE))
        lines = server.dump("ndjson")
        more = server.memory()
        reads = server.reads(100 if quick else 500)
        links, inserts = list[float](), list[float]()
        for _round in range(5):
            links.append(server.links())
            inserts.append(bench.inserts())
    product = round(statistics.median(map(rows_a_second, tables)), 1)
    floor, seven = statistics.median(wide), statistics.median(narrow)
    return {
        "product": product,
        "floor": floor,
        "ratio": round(product / floor, 2),
        "unit": "rows/s as CSV over HTTP; floor: COPY … TO STDOUT of the same columns "
        "of the same rows as CSV",
        "copy_of_seven_columns_and_answers_rows_per_second": seven,
        "ratio_to_seven_columns_and_answers": round(product / seven, 2),
        "rows": rows,
        "ndjson_rows_per_second": rows_a_second(lines),
        "a_tenth_rows_per_second": rows_a_second(small),
        "first_byte_s": round(statistics.median(one["first"] for one in tables), 3),
        "megabytes": round(tables[0]["bytes"] / 1e6, 1),
        "peak_memory_mb": {"after_a_tenth": memory, "after_all": more},
        "limesurvey_rows_per_second_elsewhere": LIMESURVEY,
        "times_limesurvey": round(product / LIMESURVEY, 1),
        "numbering_rows_per_second": bench.numbered,
        "links_per_second_1000_in_a_call": statistics.median(links),
        "bare_inserts_per_second": statistics.median(inserts),
        "links_ratio": round(statistics.median(links) / statistics.median(inserts), 2),
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
        """Rows of a template, each with its own key, answers and moments."""
        from django.db import connection as database

        from responses.models import Response

        template = Response.objects.create(**self._values(0))
        own = [self._values(number) for number in range(1, min(self.rows, 1_000))]
        Response.objects.bulk_create(Response(**one) for one in own)
        if database.vendor != "postgresql":
            for start in range(1_000, self.rows, 5_000):
                numbers = range(start, min(start + 5_000, self.rows))
                rows = (Response(**self._values(number)) for number in numbers)
                Response.objects.bulk_create(rows)
            return
        said = " || ".join(
            f"jsonb_build_object('q{place}', (number + {place}) %% 11)"
            for place in range(8)
        )
        moment = "row.{0} + number * interval '1.000123 seconds'"
        made = {
            "key": "gen_random_uuid()",
            "answers": f"row.answers || {said} || jsonb_build_object('q8', "
            f"'{TEXT} ' || number)",
            **{
                name: moment.format(name)
                for name in ("started_at", "updated_at", "completed_at")
            },
        }
        names = [
            field.column
            for field in Response._meta.concrete_fields
            if field.name != "id"
        ]
        values = ", ".join(made.get(name, f"row.{name}") for name in names)
        with database.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO responses_response ({', '.join(names)}) SELECT {values} "
                "FROM responses_response AS row, generate_series(%s, %s) AS number "
                "WHERE row.id = %s",
                [1_000, self.rows - 1, template.pk],
            )

    def _values(self, number: int) -> dict[str, Any]:
        moment = NOW + timedelta(seconds=number, microseconds=123 * number)
        return {
            "survey": self.version.survey,
            "version": self.version,
            "deployment": self.deployment,
            "status": "completed",
            "answers": answers(number),
            "language": "en",
            "started_at": moment,
            "updated_at": moment + timedelta(seconds=90),
            "completed_at": moment + timedelta(seconds=90),
        }

    def floor(self, columns: str) -> float:
        """What the database alone can give, of these columns and the answers."""
        from django.db import connection as database

        names = ", ".join(
            f"response.answers ->> 'q{number}'" for number in range(QUESTIONS)
        )
        query = (
            f"SELECT {columns}, {names} FROM responses_response AS response "
            f"{JOINS if columns == WIDE else ''} ORDER BY position"
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
    return {**scores, "q8": f"{TEXT} {number}", "q9": "Nothing, thanks"}


class Server:
    """One web process, asked as a client asks."""

    def __init__(self, port: int, secret: str, pid: int, rows: int) -> None:
        self.port, self.pid, self.rows = port, pid, rows
        self.called = 0
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
            "of_a_status": "responses/?survey=bench&status=screened_out",
            "of_a_day": "responses/?survey=bench&completed_before=2026-11-22T00:00:00Z",
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

    def links(self) -> float:
        self.called += 1
        body = {
            "deployment": "bench",
            "links": [
                {"email": f"a{number}-{self.called}@example.com", "name": "Ada"}
                for number in range(1_000)
            ],
        }
        text = json.dumps(body)

        def call() -> None:
            answer = self.ask("tracking-links/", text)
            assert answer.status == 201, answer.read()
            answer.read()

        return round(1_000 / timed(call), 1)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    import django

    django.setup()
    told = measure(quick=sys.argv[1] == "1")
    print(json.dumps(told))
