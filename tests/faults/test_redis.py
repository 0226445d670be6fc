"""Redis wakes the workers; a Redis that forgets or dies costs only time."""

import os
import subprocess
import sys

import pytest

from config.settings import ROOT
from tests.factories.processes import PATIENCE, eventually
from tests.factories.redis import SERVER, redis_server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(SERVER is None, reason="needs redis-server"),
]
BEATS = "from config.models import Heartbeat as H; print(*H.objects.values_list('beaten_at', flat=True))"
RING = (
    "from deployments.doorbell import ring; ring('config.tasks.beat'); print('went on')"
)


@pytest.fixture
def server():
    with redis_server() as running:
        yield running


@pytest.fixture
def environment(tmp_path, server):
    values = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "Q_BROKER": server.url,
    }
    manage(values, "migrate", "--verbosity", "0")
    return values


def manage(environment, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def run(environment, code):
    return manage(environment, "shell", "--no-imports", "--command", code)


def test_workers_go_on_after_redis_forgot_everything_and_was_away(environment, server):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workers"], cwd=ROOT, env=environment
    )
    try:
        first = eventually(lambda: run(environment, BEATS))

        server.client.flushall()
        second = eventually(lambda: differs(run(environment, BEATS), first))

        server.stop()
        assert run(environment, RING) == "went on"
        assert process.poll() is None
        server.start()
        eventually(lambda: differs(run(environment, BEATS), second))
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def differs(now, before):
    return now if now not in {"", before} else ""
