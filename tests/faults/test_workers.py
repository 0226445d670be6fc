"""The supervisor keeps the workers working, whatever dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import ROOT
from tests.factories.processes import PATIENCE, alive, eventually, family

pytestmark = pytest.mark.journey


@pytest.fixture
def environment(tmp_path):
    values = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}
    manage(values, "migrate", "--verbosity", "0")
    return values


def manage(environment, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def supervisor(environment):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workers"], cwd=ROOT, env=environment
    )
    yield process
    process.terminate()
    process.wait(timeout=PATIENCE)


def beats(environment):
    code = "from config.models import Heartbeat as H; print(*H.objects.values_list('beaten_at', flat=True))"
    return manage(environment, "shell", "--no-imports", "--command", code).strip()


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
