"""From a closed case to the answers on it, over HTTP, in separate processes."""

import json
import os
import re
import subprocess
import sys

import pytest
import requests

from config.demo.loop import Loop
from config.settings import ROOT
from tests.factories.access import bearer
from tests.factories.servers import fresh_database

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]


def test_a_closed_case_becomes_answers_on_the_case_and_a_task(system):
    loop = Loop(ports=system.ports, org_login=system.org_login, say=print)

    case = loop.run()

    assert case["CSAT__c"] == 2
    assert case["NPS__c"] == 6
    assert case["NPS_Group__c"] == "Detractor"
    assert case["Topics__c"] == "Response time;Quality"
    assert case["Survey_Comment__c"] == "Nobody called me back. Grüße!"
    org = loop.log_in()
    soql = f"SELECT Subject, Description FROM Task WHERE WhatId = '{case['Id']}'"
    [task] = loop.wait("the task", lambda: loop.query(org, soql))
    assert task["Subject"] == "Call back"
    again_in_words(system, loop)
    written_in_the_api(system, case["Id"])


def again_in_words(system, loop):
    page = requests.get(loop.find_link(), timeout=10)
    assert page.status_code == 200
    assert re.search(r"already|thank", page.text, re.IGNORECASE)


def written_in_the_api(system, case_id):
    url = f"{system.ports.base_url}/api/v1/write-backs/"
    answer = requests.get(url, headers=bearer(system.made["api_key"]), timeout=10)
    [write_back] = [
        row for row in answer.json()["results"] if case_id in json.dumps(row["records"])
    ]
    assert write_back["state"] == "written"


def test_the_demo_command_goes_through_the_loop_once_and_leaves_nothing(tmp_path):
    with fresh_database(tmp_path) as url:
        done = subprocess.run(
            [sys.executable, "manage.py", "demo", "--once"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["ok"] is True
    assert result["case"]["CSAT__c"] == 2
    assert result["seconds"] > 0


def test_a_taken_port_is_named_with_the_way_out(system):
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", f"--web-port={system.ports.web}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"Port {system.ports.web} is taken" in done.stderr
    assert "WEB_PORT=" in done.stderr
    assert "Traceback" not in done.stderr
