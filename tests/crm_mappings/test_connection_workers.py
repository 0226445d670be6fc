"""Many workers at one log-in and one that is killed: real processes, and the org in
one of its own, which takes a refresh token that is used twice for theft."""

from __future__ import annotations

import pytest

from crm_mappings import connections
from crm_mappings.models import Connection
from tests.factories.crm import logged_in_by_a_person
from tests.factories.org import RunningOrg, running_org
from tests.factories.workers import start_worker

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 60 * 60.0

# Forks workers that wait for one gate; each says what the org is called.
TWENTY = """
import os, sys
from django.db import connections as databases
databases.close_all()
gate, opener = os.pipe()
workers = []
for _ in range(20):
    worker = os.fork()
    if not worker:
        os.close(opener)
        os.read(gate, 1)
        said = connections.client(row).organization()["Name"] + "\\n"
        os.write(1, said.encode())
        os._exit(0)
    workers.append(worker)
print("ready", flush=True)
sys.stdin.readline()
os.close(opener)
ended = [os.waitpid(worker, 0)[1] for worker in workers]
print(ended.count(0), "ended well", flush=True)
"""
GET_AND_WAIT = """
import time
fresh = connections.log_in_again(connection=row, now=timezone.now())
print("got", flush=True)
time.sleep(60)
"""


@pytest.fixture
def apart(settings):
    with running_org("--rotate") as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


def refreshes(org: RunningOrg) -> int:
    return sum("oauth2/token" in call["path"] for call in org.calls())


def test_twenty_workers_at_an_ended_token_refresh_once(apart):
    connection = logged_in_by_a_person(apart)
    apart.advance(DAY)
    apart.control("DELETE", "calls")
    workers = start_worker(connection.pk, TWENTY)
    assert workers.stdout.readline().strip() == "ready", workers.communicate()[1]

    out, errors = workers.communicate("go\n", timeout=120)

    assert out.splitlines() == [*["Tellback Demo"] * 20, "20 ended well"], errors
    assert refreshes(apart) == 1
    assert Connection.objects.get().status == "connected"


def test_a_worker_killed_with_a_fresh_token_leaves_a_living_connection(apart):
    connection = logged_in_by_a_person(apart)
    spent = connection.refresh_token
    apart.advance(DAY)
    worker = start_worker(connection.pk, GET_AND_WAIT)

    assert worker.stdout.readline().strip() == "got", worker.communicate()[1]
    worker.kill()
    worker.communicate()

    kept = Connection.objects.get()
    assert kept.refresh_token not in {spent, ""}
    assert connections.client(kept).organization()["Name"] == "Tellback Demo"
    apart.advance(DAY)
    assert connections.client(kept).organization()["Name"] == "Tellback Demo"


def test_a_spent_token_would_have_ended_it(apart):
    """So each of the tests above would fail if a token were used twice."""
    connection = logged_in_by_a_person(apart)
    spent = connection.refresh_token
    connections.log_in_again(connection=connection, now=connection.token_at)
    Connection.objects.update(refresh_token=spent)
    kept = Connection.objects.get()
    apart.advance(DAY)

    with pytest.raises(Exception, match="Connect again"):
        connections.client(kept).organization()
