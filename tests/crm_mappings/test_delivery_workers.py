"""Several workers at one outbox, and how much a batch costs."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections as databases
from django.test.utils import CaptureQueriesContext

from crm_mappings.delivery import Delivered
from crm_mappings.models import Attempt, WriteBack
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    connected,
    deliver,
    make_case,
    make_mapping,
    record_step,
    task_step,
)
from tests.factories.surveys import publish_survey


@pytest.mark.django_db(transaction=True)
def test_many_workers_write_each_response_once(org):
    connection, version = connected(org), publish_survey()
    make_mapping(connection, version, task_step(), record_step())
    case = make_case(org.org)
    for _ in range(60):
        completed(version, records={"Case": case})
    done: list[Delivered] = []
    failures: list[Exception] = []

    def work() -> None:
        try:
            while True:
                told = deliver(limit=7)
                done.append(told)
                if not told.claimed:
                    return
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            databases.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    deliver()  # what one of them left to another

    assert failures == []
    assert set(WriteBack.objects.values_list("state", flat=True)) == {"written"}
    assert len(org.org.query("SELECT Id FROM Task")) == 60
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 60
    assert Attempt.objects.count() == 60


@pytest.mark.django_db
def test_a_batch_costs_as_many_statements_as_one_row(org, connection, version):
    make_mapping(connection, version, case_step(), record_step())
    answers = {"csat": 1, "nps": 1, "why": "x"}

    def statements(rows: int) -> int:
        for _ in range(rows):
            completed(version, answers, records={"Case": make_case(org.org)})
        with CaptureQueriesContext(
            database,
        ) as seen:
            assert deliver(now=NOW + timedelta(seconds=rows)).written == rows
        return len(seen)

    statements(1)
    assert statements(2) == statements(30)
