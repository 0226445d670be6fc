"""What tests of several rooms share: the running system and the browser."""

import math
import os
import shutil
import subprocess
import sys

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import expect, sync_playwright

from config.settings import ROOT
from responses.webhooks.outbox import wanted
from tests.factories.browsers import CHROMIUM_FLAGS
from tests.factories.servers import running_system

# On a machine that has much else to do a page takes longer than the usual 5 s.
expect.set_options(timeout=20_000)

# Who asks for one of these, asks for a database.
DATABASE = {"db", "transactional_db", "live_server", "system", "migrated"}


def pytest_addoption(parser):
    parser.addoption(
        "--database",
        action="store_true",
        help="only what another database can change: no pure rules, no browser",
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--database"):
        left_out = [item for item in items if not asks_a_database(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if asks_a_database(item)]


def asks_a_database(item) -> bool:
    marks = {mark.name for mark in item.iter_markers()}
    asks = {"django_db", "journey"} & marks or DATABASE & set(item.fixturenames)
    return bool(asks) and "browser" not in marks


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, tmp_path_factory
):
    """A SQLite of the tests is a file: in memory, threads get in each other's way."""
    settings = connections["default"].settings_dict
    if settings["ENGINE"].endswith("sqlite3"):
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        settings["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """Hundreds of tests log an administrator in; a good hash is slow by design."""
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        yield


@pytest.fixture(autouse=True)
def own_language():
    """A page that spoke another language leaves it active for the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def nobody_listens():
    """No webhook is known until the test makes one: the webhooks of the test before
    were rolled back, and queries that tests count do not depend on the time."""
    wanted.events = frozenset()
    wanted.looked_at = math.inf


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A SQLite file with every table and nothing in it, to copy for one's own."""
    path = tmp_path_factory.mktemp("migrated") / "db.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
        check=True,
    )
    return path


@pytest.fixture(scope="session")
def system(tmp_path_factory):
    """Every server in a process of its own, one set for all journeys."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium; without one, a skip that says what to install. While it
    runs Playwright keeps an event loop in this thread, in which nothing of ours
    awaits."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("There is no Chromium (on Debian: apt-get install chromium).")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def browser(chromium):
    """A browser that has no page open, and in which none is left open."""
    yield chromium
    for context in chromium.contexts:
        context.close()
