"""Many workers at one log-in, in threads and in processes, and one that is killed."""

from __future__ import annotations

import threading

import pytest
from django.db import connections as databases

from crm_mappings import connections
from crm_mappings.models import Connection
from tests.factories.crm import logged_in_by_a_person, served
from tests.factories.workers import start_worker

pytestmark = pytest.mark.django_db(transaction=True)

ASK = """
import sys
sys.stdin.readline()
print(connections.client(row).organization()["Name"])
"""
GET_AND_WAIT = """
import time
fresh = connections.log_in_again(connection=row, now=timezone.now())
print("got", flush=True)
time.sleep(60)
"""


@pytest.fixture
def rotating(settings):
    with served(rotate_refresh_tokens=True) as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


def refreshes(org) -> int:
    return sum("token" in call.path for call in org.org.calls.calls)


def test_twenty_threads_at_an_ended_token_refresh_once(rotating):
    connection = logged_in_by_a_person(rotating)
    rotating.org.clock.advance(hours=24)
    rotating.org.calls.clear()
    begin = threading.Barrier(20)
    failures: list[Exception] = []

    def work() -> None:
        try:
            row = Connection.objects.get(pk=connection.pk)
            begin.wait(30)
            connections.client(row).organization()
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)
        finally:
            databases.close_all()

    workers = [threading.Thread(target=work) for _ in range(20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    assert refreshes(rotating) == 1
    assert Connection.objects.get().status == "connected"


def test_processes_at_an_ended_token_refresh_once(rotating):
    connection = logged_in_by_a_person(rotating)
    rotating.org.clock.advance(hours=24)
    rotating.org.calls.clear()
    workers = [start_worker(connection.pk, ASK) for _ in range(6)]

    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate(timeout=120) for worker in workers]

    assert [out.strip() for out, _error in told] == ["Tellback Demo"] * 6, told
    assert refreshes(rotating) == 1


def test_a_worker_killed_with_a_fresh_token_leaves_a_living_connection(rotating):
    connection = logged_in_by_a_person(rotating)
    spent = connection.refresh_token
    rotating.org.clock.advance(hours=24)
    worker = start_worker(connection.pk, GET_AND_WAIT)

    assert worker.stdout.readline().strip() == "got", worker.communicate()[1]
    worker.kill()
    worker.communicate()

    kept = Connection.objects.get()
    assert kept.refresh_token not in {spent, ""}
    assert connections.client(kept).organization()["Name"] == "Tellback Demo"
    rotating.org.clock.advance(hours=24)
    assert connections.client(kept).organization()["Name"] == "Tellback Demo"


def test_a_spent_token_would_have_ended_it(rotating):
    """The org of these tests takes a token that is used twice for theft."""
    connection = logged_in_by_a_person(rotating)
    spent = connection.refresh_token
    connections.log_in_again(connection=connection, now=connection.token_at)
    Connection.objects.update(refresh_token=spent)
    kept = Connection.objects.get()
    rotating.org.clock.advance(hours=24)

    with pytest.raises(Exception, match="Connect again"):
        connections.client(kept).organization()
