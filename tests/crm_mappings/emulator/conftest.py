"""Fixtures of the emulator's tests: an org, and a logged-in session to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from crm_mappings.emulator.org import Org
from tests.factories.org import logged_in, make_org

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "data" / "salesforce"


@pytest.fixture
def org() -> Org:
    return make_org()


@pytest.fixture
def http(org: Org) -> requests.Session:
    return logged_in(org)


@pytest.fixture
def recorded() -> Callable[[str], Any]:
    """Reads a recording; the test is skipped where there are none."""

    def read(path: str) -> Any:
        file = RECORDINGS / path
        if not file.exists():
            pytest.skip(f"no recordings at {RECORDINGS}")
        text = file.read_text()
        return json.loads(text) if file.suffix == ".json" else text

    return read
