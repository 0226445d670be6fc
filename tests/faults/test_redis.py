"""Redis wakes the workers; a Redis that forgets or dies costs only time."""

import os
import shutil
import subprocess
import sys

import pytest

from config.settings import ROOT
from tests.factories.processes import PATIENCE, eventually, last_beats
from tests.factories.redis import SERVER, redis_server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(SERVER is None, reason="needs redis-server"),
]
RING = (
    "from deployments.doorbell import ring; ring('config.tasks.beat'); print('went on')"
)


@pytest.fixture
def server():
    with redis_server() as running:
        yield running


@pytest.fixture
def environment(tmp_path, migrated, server):
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "Q_BROKER": server.url,
    }


def run(environment, code):
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", code],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_workers_go_on_after_redis_forgot_everything_and_was_away(environment, server):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workers"], cwd=ROOT, env=environment
    )
    try:
        first = eventually(lambda: last_beats(environment["DATABASE_URL"]))

        server.client.flushall()
        second = eventually(
            lambda: differs(last_beats(environment["DATABASE_URL"]), first)
        )

        server.stop()
        assert run(environment, RING) == "went on"
        assert process.poll() is None
        server.start()
        eventually(lambda: differs(last_beats(environment["DATABASE_URL"]), second))
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def differs(now, before):
    return now if now not in {"", before} else ""
