"""`make demo` as a newcomer meets it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from config.demo.processes import free_ports
from config.settings import ROOT
from tests.factories.processes import alive, eventually, family
from tests.factories.servers import fresh_database

pytestmark = pytest.mark.journey


@pytest.fixture
def demo(tmp_path):
    """The demo on free ports, as `make demo` starts it."""
    ports = free_ports()
    options = [
        f"--{name}-port={getattr(ports, name)}" for name in ("web", "org", "smtp")
    ]
    with fresh_database(tmp_path) as url, (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "demo",
                *options,
                f"--mail-port={ports.mail}",
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        eventually(lambda: "Ctrl-C" in (tmp_path / "out").read_text())
        yield process, ports, (tmp_path / "out").read_text()
        process.kill()
        process.wait()


def test_the_demo_prints_a_log_in_that_works_and_ctrl_c_leaves_no_process(demo):
    process, ports, said = demo
    logs_in(ports.base_url, *re.search(r"user (\w+), password (\S+)", said).groups())
    assert requests.get(ports.mail_url, timeout=10).status_code == 200
    assert requests.get(ports.org_url, timeout=10).status_code == 200
    assert requests.get(f"{ports.base_url}/api/v1/docs/", timeout=10).status_code == 200
    below = family(process.pid) if Path("/proc/self/stat").exists() else []

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=120) == 0
    assert alive(below) == []


def logs_in(base_url, user, password):
    session = requests.Session()
    page = session.get(f"{base_url}/admin/login/", timeout=10)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text).group(1)
    answer = session.post(
        f"{base_url}/admin/login/?next=/admin/",
        data={"username": user, "password": password, "csrfmiddlewaretoken": token},
        headers={"Referer": base_url},
        timeout=10,
    )
    assert "Log out" in answer.text


@pytest.mark.skipif(not shutil.which("make"), reason="There is no make.")
def test_an_old_python_is_refused_in_words(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.1\nexit 1\n')
    old.chmod(0o755)

    done = make("check-python", f"PYTHON={old}")

    assert done.returncode != 0
    assert "Python 3.8.1 is too old: Tellback needs Python 3.11 or newer" in done.stderr


@pytest.mark.skipif(not shutil.which("make"), reason="There is no make.")
def test_a_missing_python_is_named(tmp_path):
    done = make("check-python", f"PYTHON={tmp_path / 'python9'}")

    assert done.returncode != 0
    assert "There is no" in done.stderr


def make(*arguments):
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
