"""What a drill does inside a process with Django set up: prepare, work, look."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db.models import Count, Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from crm_mappings import connections, delivery, tasks  # noqa: E402
from crm_mappings.delivery.undoing import Fate, runs, sentence  # noqa: E402
from crm_mappings.models import (  # noqa: E402
    Attempt,
    Backfill,
    BulkJob,
    Connection,
    Mapping,
    RecordTurn,
    UndoRun,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan.planner import key_for  # noqa: E402
from deployments import doorbell  # noqa: E402
from responses.models import Response  # noqa: E402
from tests.factories.crm import (  # noqa: E402
    answered,
    make_mapping,
    put_many,
    record_step,
    task_step,
)
from tests.factories.surveys import publish_survey  # noqa: E402

State = WriteBack.State
NAMED = {"field": "Subject", "value": {"variable": "agent"}}
ABOUT = {"field": "WhatId", "value": {"record": "Case"}}


def prepare(
    *,
    url: str,
    client_id: str,
    client_secret: str,
    rows: int,
    kind: str,
    cases: list[str],
    backfill: bool = False,
) -> bool:
    connection = connections.create(
        key="drill",
        name="Drill",
        login_url=url,
        client_id=client_id,
        client_secret=client_secret,
    )
    connections.connect(connection=connection, now=timezone.now())
    version = publish_survey()
    task = task_step(fields=[ABOUT, NAMED])
    found = record_step(
        key_field=None,
        action="update",
        object="Case",
        key="case",
        find=[{"record": "Case"}],
        fields=[{"field": "CSAT__c", "value": {"question": "csat"}}],
    )
    steps = {
        "key": [record_step()],
        "task": [task],
        "both": [record_step(), task],
        "case": [found, record_step()],
        "update": [found, task],
    }[kind]
    now = timezone.now()
    mapping = make_mapping(connection, version, *steps)
    put_many(
        mapping,
        (
            answered(
                version,
                {"csat": number % 4 + 1, "nps": 9},
                at=now,
                records={"Case": cases[number % len(cases)]},
                variables={"agent": f"Call back {number}"},
            )
            for number in range(rows)
        ),
        **(_of_a_backfill(mapping, rows) if backfill else {}),
    )
    return True


def _of_a_backfill(mapping: Mapping, rows: int) -> dict[str, Any]:
    kept = Backfill.objects.create(
        mapping=mapping, total=rows, complete=True, created_at=timezone.now()
    )
    return {"backfill": kept, "priority": WriteBack.Priority.BACKFILL}


def work(*, seconds_ahead: int = 0) -> bool:
    """Be a worker: what the queue would call, until nothing is due."""
    tasks.deliver(clock=lambda: timezone.now() + timedelta(seconds=seconds_ahead))
    return True


def work_in_bulk() -> bool:
    """Be a worker that gives a backfill to the Bulk API, however small it is, and asks
    for the job until it has ended."""
    jobs = BulkJob.objects.exclude(status=BulkJob.Status.DONE)
    for _turn in range(5):
        delivery.deliver_in_bulk(now=timezone.now(), clock=timezone.now, least=1)
        jobs.update(asked_at=timezone.now())
    return not jobs.exists()


def ring(*, times: int) -> bool:
    """Wake workers, as many responses at once would."""
    for _ in range(times):
        doorbell.ring("crm_mappings.tasks.deliver")
    return True


def begin_undo() -> bool:
    """Look over all that was written, and let it be put back."""
    run = runs.look_over(mapping=Mapping.objects.get(), now=timezone.now())
    for _turn in range(5):
        # On a slow machine one wake-up is not long enough to look at all of it.
        tasks.put_back()
    return runs.begin(run=run, delete_created=True, now=timezone.now())


def put_back() -> bool:
    """Be a worker that undoes."""
    tasks.put_back()
    return True


def hurry() -> int:
    """Let leases, turns and pauses end, send again what a person would have put right;
    return how many are not settled."""
    now = timezone.now()
    undos = UndoRun.objects.filter(status=UndoRun.Status.RUNNING)
    undos.update(due_at=now)
    BulkJob.objects.exclude(status=BulkJob.Status.DONE).update(asked_at=now)
    open_ = WriteBack.objects.filter(state__in=[State.WAITING, State.SENDING])
    open_.update(due_at=now)
    RecordTurn.objects.all().delete()
    Connection.objects.update(not_before=None, usage_at=None)
    return open_.count() + undos.count()


def score_five(*, every: int) -> bool:
    for number, response in enumerate(Response.objects.order_by("pk")):
        if number % every == every // 2:
            response.answers["csat"] = 5
            response.save(update_fields=["answers"])
    return True


def count() -> dict[str, Any]:
    """Return how many are written and held, and what must be in the org."""
    mapping = Mapping.objects.get()
    written = WriteBack.objects.filter(state=State.WRITTEN).select_related("response")
    newest = written.order_by("response__completed_at", "response_id").last()
    kept = WrittenRecord.objects.filter(write_back__in=written)
    steps = [step["key"] for step in mapping.live_revision.document["steps"]]
    return {
        "written": written.count(),
        "held": WriteBack.objects.filter(state=State.HELD).exclude(reason="").count(),
        "troubled": Attempt.objects.exclude(outcome="written").count(),
        # What we say is in the org: the records, and what the case holds by now.
        "kept": [(one.object, one.record_id) for one in kept],
        "without_record": sum(
            written.count() - kept.filter(step=step).count()
            for step in {"answer", "task"} & set(steps)
        ),
        "csat": newest.response.answers["csat"] if newest and "case" in steps else None,
        "keys": [
            key_for(row.response.key, mapping.key, "answer")
            for row in written
            if "answer" in steps
        ],
        "tasks": [
            row.response.variables["agent"] for row in written if "task" in steps
        ],
    }


def count_undone() -> dict[str, Any]:
    """Return what became of the write-backs of the undo, and of which cases."""
    run = UndoRun.objects.get()
    undone = WriteBack.objects.filter(state=State.UNDONE).select_related("response")
    told = undone.annotate(times=Count("log", filter=Q(log__outcome="undone")))
    listed = [
        one.write_back_id
        for one in run.findings.exclude(write_back__state=State.UNDONE)
        if sentence(Fate(one.fate), one.names, one.message)
    ]
    return {
        "open": run.status != UndoRun.Status.DONE,
        "total": run.total,
        "counted": runs.progress(run),
        "undone": told.count(),
        "told_twice": told.filter(times__gt=1).count(),
        "listed": len(set(listed)),
        "cases": [row.response.records["Case"] for row in undone],
    }


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (
        *(prepare, work, work_in_bulk, ring, hurry, score_five, count),
        *(begin_undo, put_back, count_undone),
    )
}

if __name__ == "__main__":
    print(json.dumps(ACTS[sys.argv[1]](**json.loads(sys.argv[2]))))
