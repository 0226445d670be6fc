"""Completed one-step responses against the emulated org in its own process, beside
one call a record, in the same run.

Reported: API calls, records a second without and with 200 ms a call, what a record
costs with few and with many rows waiting, and how soon a new response is sent while a
backfill runs.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.factories.org import ROOT, RunningOrg, running_org
from tests.factories.servers import fresh_database

LATENCY_MS = 200
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    with fresh_database(folder) as url, running_org() as org:
        org.faults(daily_limit=1_000_000)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SALESFORCE_EXTRA_HOSTS": org.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.write_back", org.url, str(int(quick))],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(org: RunningOrg, *, quick: bool) -> dict[str, Any]:
    """Measure in a process that has Django set up."""
    rows = 1_000 if quick else 10_000
    bench = Bench(org)
    fast = bench.drained(rows)
    peak = _peak_mb()
    org.faults(latency_ms=LATENCY_MS)
    slow = bench.drained(rows)
    one_slow = bench.one_by_one(20 if quick else 100)
    org.faults(latency_ms=0)
    one_fast = bench.one_by_one(200 if quick else 1_000)
    many = bench.with_many_waiting(5_000 if quick else 100_000)
    return {
        "product": slow["per_second"],
        "floor": one_slow,
        "ratio": round(slow["per_second"] / one_slow, 1),
        "unit": f"records/s at {LATENCY_MS} ms a call; floor: one call a record",
        "rows": rows,
        "calls": fast["calls"],
        "calls_per_1000_records": round(1000 * fast["calls"] / rows, 2),
        "one_call_a_record_calls_per_1000_records": 1000,
        "records_per_second_0_ms": fast["per_second"],
        "one_call_a_record_per_second_0_ms": one_fast,
        "ratio_0_ms": round(fast["per_second"] / one_fast, 1),
        "peak_memory_mb": peak,
        "database": bench.vendor,
        **many,
    }


class Bench:
    def __init__(self, org: RunningOrg) -> None:
        from django.db import connection as database

        from crm_mappings import connections
        from tests.factories.crm import make_mapping, record_step
        from tests.factories.surveys import publish_survey

        self.org = org
        self.vendor = database.vendor
        self.version = publish_survey()
        made = connections.create(
            key="bench",
            name="Bench",
            login_url=org.url,
            client_id=org.client_id,
            client_secret=org.client_secret,
        )
        self.connection = connections.connect(connection=made, now=NOW)
        self.mapping = make_mapping(self.connection, self.version, record_step())

    def put(self, count: int, **fields: Any) -> None:
        """Put completed responses into the outbox."""
        from crm_mappings.models import WriteBack
        from responses.models import Response

        for start in range(0, count, 5_000):
            made = Response.objects.bulk_create(
                Response(
                    survey=self.version.survey,
                    version=self.version,
                    status=Response.Status.COMPLETED,
                    answers={"csat": number % 5 + 1, "nps": number % 11},
                    language="en",
                    started_at=NOW,
                    updated_at=NOW,
                    completed_at=NOW + timedelta(seconds=number),
                )
                for number in range(start, min(start + 5_000, count))
            )
            WriteBack.objects.bulk_create(
                WriteBack(
                    response=response,
                    mapping=self.mapping,
                    revision=self.mapping.live_revision,
                    due_at=NOW,
                    created_at=NOW,
                    **fields,
                )
                for response in made
            )

    def used(self) -> int:
        return int(self.org.control("GET", "calls")["api_usage"]["used"])

    def drained(self, rows: int) -> dict[str, Any]:
        from django.utils import timezone

        from crm_mappings import delivery
        from crm_mappings.models import WriteBack

        self.put(rows)
        before, started = self.used(), time.perf_counter()
        written = 0
        while done := delivery.deliver_due(now=timezone.now(), clock=timezone.now):
            if not done.claimed:
                break
            written += done.written
        took = time.perf_counter() - started
        calls = self.used() - before
        assert written == rows, (written, rows)
        WriteBack.objects.all().delete()
        return {"per_second": round(rows / took, 1), "calls": calls}

    def one_by_one(self, records: int) -> float:
        """The way of the peers: one upsert a call, with the same client."""
        from crm_mappings import connections

        client = connections.client(self.connection)
        started = time.perf_counter()
        for number in range(records):
            record = {"Tellback_Key__c": f"one-{number}", "Score__c": number % 5}
            client.upsert("Tellback_Response__c", "Tellback_Key__c", [record])
        took = time.perf_counter() - started
        client.close()
        return round(records / took, 1)

    def with_many_waiting(self, waiting: int) -> dict[str, Any]:
        """The cost of a record with few and many rows waiting, and how soon a new
        response is sent meanwhile."""
        from crm_mappings.models import Backfill, WriteBack

        few = self._seconds_a_record(1_000)
        backfill = Backfill.objects.create(
            mapping=self.mapping, total=waiting, created_at=NOW, complete=True
        )
        priority = WriteBack.Priority.BACKFILL
        self.put(waiting, priority=priority, backfill=backfill)
        many = self._seconds_a_record(1_000)
        waits: list[float] = []
        for _ in range(20):
            stop = threading.Event()
            worker = threading.Thread(target=_work, args=(stop,), daemon=True)
            worker.start()
            time.sleep(0.3)
            before = time.perf_counter()
            self.put(1)
            new = WriteBack.objects.filter(priority=WriteBack.Priority.LIVE)
            key = new.latest("pk").pk
            while WriteBack.objects.get(pk=key).state == WriteBack.State.WAITING:
                time.sleep(0.01)
            waits.append(time.perf_counter() - before)
            stop.set()
            worker.join()
        return {
            "waiting_rows": waiting,
            "ms_a_record_few_waiting": few,
            "ms_a_record_many_waiting": many,
            "new_response_starts_after_s": {
                "median": round(statistics.median(waits), 2),
                "most": round(max(waits), 2),
            },
        }

    def _seconds_a_record(self, records: int) -> float:
        from django.utils import timezone

        from crm_mappings import delivery

        self.put(records)
        started = time.perf_counter()
        done = delivery.deliver_due(now=timezone.now(), limit=records)
        assert done.written == records, done
        return round(1000 * (time.perf_counter() - started) / records, 3)


def _work(stop: threading.Event) -> None:
    """Be the one worker of a small installation."""
    from django.db import connections as databases
    from django.utils import timezone

    from crm_mappings import delivery

    while not stop.is_set():
        if not delivery.deliver_due(now=timezone.now(), clock=timezone.now).claimed:
            stop.wait(0.2)
    databases.close_all()


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    import django

    django.setup()
    told = measure(RunningOrg(url=sys.argv[1]), quick=sys.argv[2] == "1")
    print(json.dumps(told))
