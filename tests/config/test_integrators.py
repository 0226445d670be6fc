"""The page for integrators knows every operation, and its examples run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from config.rpc.operations import OPERATIONS
from config.settings import ROOT
from deployments.models import Invitation
from tests.factories.access import make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey

PAGE = (ROOT / "docs" / "integrators.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
RUN = {
    "bash": ("bash", ["bash", "-eu", "-o", "pipefail", "-c"]),
    "python": (sys.executable, [sys.executable, "-c"]),
    "javascript": ("node", ["node", "--input-type=module", "-e"]),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_every_operation_is_in_the_table(operation):
    row = next(
        line for line in PAGE.splitlines() if line.startswith(f"| `{operation.name}`")
    )

    assert f"`{operation.rest}`" in row
    assert f"`{operation.scope}`" in row


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_every_error_of_an_operation_is_told(operation):
    told = PAGE.partition("## What can go wrong")[2]

    for code in operation.errors:
        assert f"`{code}`" in told


def test_there_is_an_example_in_every_language():
    assert {language for language, _code in BLOCKS} == {*RUN, "apex"}


@pytest.fixture
def environment(transactional_db, live_server, settings):
    settings.BASE_URL = live_server.url
    version = publish_survey()
    make_deployment(version.survey, key="case-closed", channel="links")
    make_response(version)
    return {**os.environ, "TELLBACK": live_server.url, "KEY": make_api_key()}


@pytest.mark.parametrize(
    ("language", "code"),
    [
        pytest.param(*block, id=f"{place}-{block[0]}")
        for place, block in enumerate(BLOCKS)
    ],
)
def test_the_examples_run(environment, language, code):
    if language not in RUN:
        pytest.skip("Apex runs in Salesforce alone; test_examples reads it.")
    program, command = RUN[language]
    needed = [program, "curl"] if language == "bash" else [program]
    for name in needed:
        if shutil.which(name) is None:
            pytest.skip(f"There is no {name}.")

    ran = subprocess.run(
        [*command, code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr + ran.stdout
    if "/contacts/" in code:
        assert '"outcome":"created"' in ran.stdout
    elif "/activate/" in code:
        assert '"status":"live"' in ran.stdout
    elif "MultiCall" in code:
        assert ran.stdout == "support-csat 1\n"
    elif "dump" in code:
        assert "csat" in ran.stdout
    else:
        assert f"{environment['TELLBACK']}/s/" in ran.stdout
        assert Invitation.objects.get().email == "ada@example.com"
