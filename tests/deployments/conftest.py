"""What the tests of this room share: a published survey."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections

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
def in_parallel():
    """Run one function in six threads with a connection each; return what they say.

    SQLite's test database lives in memory, where a busy table is an error at once
    instead of a wait as in a file: there the threads wait here.
    """

    def patient(function):
        for _ in range(500):
            try:
                return function()
            except OperationalError as error:
                if "table is locked" not in str(error):
                    raise
                time.sleep(0.01)
        raise AssertionError("the table stayed locked")

    def once(function):
        try:
            return patient(function)
        finally:
            connections.close_all()

    def run(function):
        with ThreadPoolExecutor(6) as pool:
            return list(pool.map(once, [function] * 6))

    return run
