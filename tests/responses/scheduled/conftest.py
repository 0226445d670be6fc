"""A scheduled dump to a folder of the test, and a worker that is always there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from responses.scheduled import keeping, parts, running
from responses.scheduled.models import DumpRun, ScheduledDump
from tests.factories.s3 import s3_server
from tests.factories.sftp import sftp_server
from tests.factories.surveys import publish_survey

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def version(db):
    return publish_survey()


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.DUMP_FOLDER = tmp_path / "dumps"
    return settings.DUMP_FOLDER


@pytest.fixture
def sftp(settings, tmp_path):
    (tmp_path / "sftp").mkdir()
    with sftp_server(tmp_path / "sftp") as server:
        settings.DUMP_EXTRA_HOSTS = {server.address}
        yield server


@pytest.fixture
def s3(settings):
    with s3_server() as server:
        settings.DUMP_EXTRA_HOSTS = {server.origin.removeprefix("http://")}
        yield server


@pytest.fixture
def make_dump(version, folder) -> Callable[..., ScheduledDump]:
    def make(**values: object) -> ScheduledDump:
        values = {"key": "nightly", "name": "Nightly", **values}
        return ScheduledDump.objects.create(survey=version.survey, **values)

    return make


@pytest.fixture
def run(db) -> Callable[..., DumpRun]:
    """Ask for a run and work on it, with small parts; return how it stands."""

    def run(dump: ScheduledDump, *, rows: int = 3, now: datetime = NOW) -> DumpRun:
        asked = keeping.dump_now(dump=dump, by="test", now=now)
        limits = parts.Limits(rows=rows, chunk=rows, group=rows)
        running.work(clock=lambda: now, limits=limits)
        asked.refresh_from_db()
        return asked

    return run
