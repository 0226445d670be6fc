"""A ring wakes a worker; whatever happens to it costs the caller nothing."""

from __future__ import annotations

import logging

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from deployments.doorbell import ring

TASK = "deployments.tasks.decide_events"


@pytest.mark.django_db
def test_a_ring_waits_in_the_queue_without_arguments():
    ring(TASK)

    (wake_up,) = OrmQ.objects.all()
    task = wake_up.task
    assert (task["func"], task["args"], task["kwargs"]) == (TASK, (), {})


@pytest.mark.django_db(transaction=True)
def test_a_ring_is_taken_back_with_the_work_it_announced():
    with transaction.atomic():
        ring(TASK)
        transaction.set_rollback(True)

    assert not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_fails_spoils_neither_the_caller_nor_the_transaction(caplog):
    caplog.set_level(logging.WARNING)

    with connection.execute_wrapper(refuse_the_queue), transaction.atomic():
        ring(TASK)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)

    assert f"Nobody was woken for {TASK}" in caplog.text


def refuse_the_queue(execute, sql, params, many, context):
    if "django_q_ormq" in sql and sql.startswith("INSERT"):
        sql, params = "SELECT nothing FROM nowhere", ()
    return execute(sql, params, many, context)


@pytest.mark.django_db(transaction=True)
def test_another_broker_is_rung_after_the_commit_only(settings):
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "orm": None}

    with transaction.atomic():
        ring(TASK)
        assert not OrmQ.objects.exists()

    assert OrmQ.objects.count() == 1
