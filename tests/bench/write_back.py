"""Completed one-step responses against the emulated org in its own process, beside
one call a record, in the same run.

Reported: API calls, records a second without and with 200 ms a call, what a record
costs and how many queries a batch makes with few and with many rows waiting, memory
after the first and after the last batch, how soon a new response is sent while a
worker carries out a backfill, and how fast a run is put back: looked at and done.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench._scene import scene
from tests.factories.org import RunningOrg, running_org

LATENCY_MS = 200
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WHOLE = re.compile(r"(Seq Scan on|SCAN) crm_mappings_writeback\b(?! USING)")


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    with running_org() as org:
        org.faults(daily_limit=1_000_000)
        with scene(folder, SALESFORCE_EXTRA_HOSTS=org.url) as ours:
            return dict(ours.ask("write_back", org.url, str(int(quick))))


def measure(org: RunningOrg, *, quick: bool) -> dict[str, Any]:
    """Measure in a process that has Django set up."""
    rows = 1_000 if quick else 10_000
    bench = Bench(org)
    fast = bench.drained(rows)
    org.faults(latency_ms=LATENCY_MS)
    slow = bench.drained(rows)
    one_slow = bench.one_by_one(20 if quick else 100)
    org.faults(latency_ms=0)
    one_fast = bench.one_by_one(200 if quick else 1_000)
    undone = bench.undone_beside_one_by_one(400 if quick else 2_000)
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
        "memory_mb_first_batch": fast["memory"][0],
        "memory_mb_last_batch": fast["memory"][-1],
        "database": bench.vendor,
        "undo": undone,
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
        from tests.factories.crm import answered, put_many

        said = ({"csat": n % 5 + 1, "nps": n % 11} for n in range(count))
        responses = (answered(self.version, answers, at=NOW) for answers in said)
        put_many(self.mapping, responses, **fields)

    def used(self) -> int:
        return int(self.org.control("GET", "calls")["api_usage"]["used"])

    def drained(self, rows: int) -> dict[str, Any]:
        from django.utils import timezone

        from crm_mappings import delivery
        from crm_mappings.models import WriteBack

        self.put(rows)
        before, started = self.used(), time.perf_counter()
        written, memory = 0, []
        while done := delivery.deliver_due(now=timezone.now(), clock=timezone.now):
            if not done.claimed:
                break
            written += done.written
            memory.append(_memory_mb())
        took = time.perf_counter() - started
        calls = self.used() - before
        assert written == rows, (written, rows)
        WriteBack.objects.all().delete()
        return {
            "per_second": round(rows / took, 1),
            "calls": calls,
            "memory": memory,
        }

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

    def undone_beside_one_by_one(self, rows: int) -> dict[str, Any]:
        """Put back what was written, and delete one record a call, without and with
        the time that a call takes."""
        told: dict[str, Any] = {"records": rows}
        for latency, calls in ((0, rows // 4), (LATENCY_MS, rows // 20)):
            product, floor = self._undone(rows, latency), self._deleted(calls, latency)
            told |= {
                f"records_per_second_{latency}_ms": product["per_second"],
                f"one_call_a_record_per_second_{latency}_ms": floor,
                f"ratio_{latency}_ms": round(product["per_second"] / floor, 1),
                "calls_per_1000_records": round(1000 * product["calls"] / rows, 2),
            }
        return told

    def _undone(self, rows: int, latency_ms: int) -> dict[str, Any]:
        from django.utils import timezone

        from crm_mappings import delivery
        from crm_mappings.delivery.undoing import runs
        from crm_mappings.models import UndoRun, WriteBack

        self.put(rows)
        while delivery.deliver_due(now=timezone.now()).claimed:
            pass
        self.org.faults(latency_ms=latency_ms)
        before, started = self.used(), time.perf_counter()
        run = runs.look_over(mapping=self.mapping, now=timezone.now())
        runs.carry_on(clock=timezone.now, stop=lambda: False)
        runs.begin(run=run, delete_created=True, now=timezone.now())
        runs.carry_on(clock=timezone.now, stop=lambda: False)
        took = time.perf_counter() - started
        calls = self.used() - before
        self.org.faults(latency_ms=0)
        done = UndoRun.objects.get(pk=run.pk).done
        assert done == {"delete": rows}, done
        WriteBack.objects.all().delete()
        return {"per_second": round(rows / took, 1), "calls": calls}

    def _deleted(self, records: int, latency_ms: int) -> float:
        """The way of the peers: one record a call, with the same client."""
        from crm_mappings import connections

        ids = [row["Id"] for row in self.org.rows("Tellback_Response__c")][:records]
        client = connections.client(self.connection)
        self.org.faults(latency_ms=latency_ms)
        started = time.perf_counter()
        for record in ids:
            client.delete([record])
        took = time.perf_counter() - started
        self.org.faults(latency_ms=0)
        client.close()
        return round(records / took, 1)

    def with_many_waiting(self, waiting: int) -> dict[str, Any]:
        """The cost of a record with few and many rows waiting, and how soon a new
        response is sent meanwhile."""
        from crm_mappings.models import Backfill, WriteBack

        # Warm first, then by turns, so that what else the machine does meets both.
        self._cost_of_a_record(1_000)
        few, asked_few = self._cost_of_a_record(1_000), self._queries_a_batch(1_000)
        backfill = Backfill.objects.create(
            mapping=self.mapping, total=waiting, created_at=NOW, complete=True
        )
        priority = WriteBack.Priority.BACKFILL
        self.put(waiting, priority=priority, backfill=backfill)
        self._analyse()
        many, asked_many = self._cost_of_a_record(1_000), self._queries_a_batch(1_000)
        return {
            "waiting_rows": waiting,
            "ms_a_record_few_waiting": few[0],
            "ms_a_record_many_waiting": many[0],
            "own_computing_ms_a_record_few_waiting": few[1],
            "own_computing_ms_a_record_many_waiting": many[1],
            "queries_a_batch_few_waiting": len(asked_few),
            "queries_a_batch_many_waiting": len(asked_many),
            "queries_that_read_the_whole_outbox": self._whole_reads(asked_many),
            "new_response_starts_after_s": self._starts(30),
        }

    def _cost_of_a_record(self, records: int) -> tuple[float, float]:
        """Return milliseconds on the clock, and those that this process computed: what
        else the machine does lengthens only the first."""
        from django.utils import timezone

        from crm_mappings import delivery

        self.put(records)
        started = (time.perf_counter(), time.process_time())
        done = delivery.deliver_due(now=timezone.now(), limit=records)
        ended = (time.perf_counter(), time.process_time())
        assert done.written == records, done
        clock, computed = (
            round(1000 * (end - start) / records, 3)
            for start, end in zip(started, ended, strict=True)
        )
        return clock, computed

    def _queries_a_batch(self, records: int) -> list[str]:
        from django.db import connection as database
        from django.test.utils import CaptureQueriesContext
        from django.utils import timezone

        from crm_mappings import delivery

        self.put(records)
        with CaptureQueriesContext(database) as asked:
            delivery.deliver_due(now=timezone.now(), limit=records)
        return [query["sql"] for query in asked]

    def _analyse(self) -> None:
        """Let the database know how much there is, as it does by itself in time."""
        from django.db import connection as database

        with database.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _whole_reads(self, asked: list[str]) -> int:
        """Count the queries whose plan reads the outbox from end to end."""
        from django.db import connection as database

        how = "EXPLAIN" if self.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        about = [
            sql
            for sql in asked
            if sql.startswith(("SELECT", "UPDATE")) and "writeback" in sql
        ]
        found = 0
        for sql in about:
            with database.cursor() as cursor:
                cursor.execute(f"{how} {sql}")
                plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
            found += WHOLE.search(plan) is not None
        return found

    def _starts(self, times: int) -> dict[str, float]:
        """How soon a response that is new is taken up by a worker that is at work on
        the backfill: the very task that the queue calls, at whatever moment of it."""
        from crm_mappings.models import WriteBack

        stop = threading.Event()
        worker = threading.Thread(target=_work, args=(stop,), daemon=True)
        worker.start()
        waits, computed = [], []
        for number in range(times):
            time.sleep(0.3 + 0.37 * (number % 7))
            before, spent = time.perf_counter(), time.process_time()
            self.put(1)
            new = WriteBack.objects.filter(priority=WriteBack.Priority.LIVE)
            key = new.latest("pk").pk
            while WriteBack.objects.get(pk=key).state == WriteBack.State.WAITING:
                time.sleep(0.01)
            waits.append(time.perf_counter() - before)
            computed.append(time.process_time() - spent)
        left = WriteBack.objects.filter(state=WriteBack.State.WAITING).count()
        stop.set()
        worker.join()
        cuts = statistics.quantiles(waits, n=20)
        return {
            "median": round(statistics.median(waits), 2),
            "p75": round(cuts[14], 2),
            "p95": round(cuts[18], 2),
            "most": round(max(waits), 2),
            # What lay before it, on a machine that has nothing else to do.
            "computing_before_it_median": round(statistics.median(computed), 2),
            "computing_before_it_most": round(max(computed), 2),
            "responses": times,
            "rows_of_the_backfill_left": left,
        }


def _work(stop: threading.Event) -> None:
    """Be the one worker of a small installation."""
    from django.db import connections as databases

    from crm_mappings import tasks

    while not stop.is_set():
        tasks.deliver()
    databases.close_all()


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 2**20, 1)


if __name__ == "__main__":
    import django

    django.setup()
    told = measure(RunningOrg(url=sys.argv[1]), quick=sys.argv[2] == "1")
    print(json.dumps(told))
