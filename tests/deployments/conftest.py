"""What the tests of this room share: a published survey."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from surveys.models import Survey, SurveyVersion
from tests.factories.deployments import NOW

DOCUMENT = {
    "key": "support-csat",
    "title": {"en": "How did we do?", "de": "Wie war's?"},
    "default_language": "en",
    "languages": ["en", "de"],
    "variables": [
        {"key": "agent", "label": "Agent", "open": True},
        {"key": "campaign", "label": "Campaign", "open": False},
    ],
    "pages": [
        {
            "key": "p1",
            "questions": [
                {
                    "key": "nps",
                    "kind": "nps",
                    "text": {"en": "Would you recommend us?", "de": "Empfehlen?"},
                }
            ],
        }
    ],
    "thanks": {"en": "Thank you.", "de": "Danke."},
}


@pytest.fixture
def survey(db):
    survey = Survey.objects.create(
        key=DOCUMENT["key"],
        title=DOCUMENT["title"],
        thanks=DOCUMENT["thanks"],
        variables=DOCUMENT["variables"],
        status=Survey.Status.LIVE,
    )
    survey.live_version = SurveyVersion.objects.create(
        survey=survey, number=1, definition=DOCUMENT, published_at=NOW
    )
    survey.save(update_fields=["live_version"])
    return survey


@pytest.fixture
def in_parallel(transactional_db, tmp_path):
    """Run one function in six threads with a connection each; return what they say.

    SQLite's test database lives in memory, where a busy table is an error at once.
    Here it moves to a file, where writers wait for each other as in production.
    """

    def once(function):
        try:
            return function()
        finally:
            connections.close_all()

    def run(function):
        with ThreadPoolExecutor(6) as pool:
            return list(pool.map(once, [function] * 6))

    if connection.vendor != "sqlite":
        yield run
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]

    def run_in_a_file(function):
        with sqlite3.connect(tmp_path / "test.sqlite3") as target:
            in_memory.backup(target)
        connection.connection = None
        connection.settings_dict["NAME"] = tmp_path / "test.sqlite3"
        return run(function)

    yield run_in_a_file
    connection.close()
    connection.settings_dict["NAME"], connection.connection = name, in_memory
