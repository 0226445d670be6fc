"""The supervisor keeps the workers working, whatever dies."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import ROOT
from tests.factories.processes import PATIENCE, alive, eventually, family, last_beats

pytestmark = pytest.mark.journey


@pytest.fixture
def environment(tmp_path, migrated):
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    return {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}


@pytest.fixture
def supervisor(environment):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workers"], cwd=ROOT, env=environment
    )
    yield process
    process.terminate()
    process.wait(timeout=PATIENCE)


def beats(environment):
    return last_beats(environment["DATABASE_URL"])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_idle_worker_costs_a_restart_and_nothing_else(environment, supervisor):
    first = eventually(lambda: beats(environment))
    group = family(supervisor.pid)

    os.kill(group[-1], signal.SIGKILL)

    eventually(lambda: not alive(group))
    eventually(lambda: beats(environment) not in {"", first})


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_main_process_leaves_no_orphans_and_is_replaced(
    environment, supervisor
):
    first = eventually(lambda: beats(environment))
    group = family(supervisor.pid)

    os.kill(group[0], signal.SIGKILL)

    eventually(lambda: not alive(group))
    eventually(lambda: beats(environment) not in {"", first})


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_stop_leaves_no_process_behind(environment, supervisor):
    eventually(lambda: beats(environment))
    group = family(supervisor.pid)

    supervisor.terminate()
    supervisor.wait(timeout=PATIENCE)

    assert alive(group) == []
    assert beats(environment) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_killed_supervisor_takes_its_workers_along(environment, supervisor):
    eventually(lambda: beats(environment))
    group = family(supervisor.pid)

    supervisor.kill()

    eventually(lambda: not alive(group))
