"""A survey as large as one may be: 300 questions in 20 languages, without a question to
the database for each of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from surveys import presenting, publishing
from surveys.models import Survey, SurveyVersion
from tests.factories.surveys import NOW, make_survey, survey_document

pytestmark = pytest.mark.django_db

LANGUAGES = [
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk"),
    *("hu", "ro", "bg", "el", "tr", "sv", "da", "fi", "et", "ar"),
]


def texts(text: str) -> dict[str, str]:
    return {code: f"{text} ({code})" for code in LANGUAGES}


def question(number: int) -> dict[str, Any]:
    return {
        "key": f"q{number}",
        "kind": "single_choice",
        "text": texts(f"Question {number}"),
        "choices": [
            {"key": key, "label": texts(key)} for key in ("yes", "no", "maybe")
        ],
    }


def large(pages: int = 30, each: int = 10) -> dict[str, Any]:
    return survey_document(
        key=f"large-{pages * each}",
        title=texts("Large"),
        variables=[],
        pages=[
            {
                "key": f"p{page}",
                "title": texts(f"Page {page}"),
                "questions": [question(page * each + n) for n in range(each)],
            }
            for page in range(pages)
        ],
    )


@pytest.fixture
def surveys() -> tuple[Survey, Survey]:
    return make_survey(large(pages=3, each=2)), make_survey(large())


def queries(client: Client, name: str, *args: Any) -> int:
    with CaptureQueriesContext(connection) as counted:
        answer = client.get(reverse(f"admin:surveys_{name}", args=args))
    assert answer.status_code == 200
    return len(counted)


def test_opening_it_asks_as_much_as_a_small_one(designer: Client, surveys) -> None:
    small, big = surveys
    queries(designer, "survey_change", small.pk)

    for screen, most in [
        ("survey_change", 30),
        ("survey_preview", 20),
        ("survey_flow", 20),
        ("survey_translate", 20),
    ]:
        few = queries(designer, screen, small.pk)
        many = queries(designer, screen, big.pk)
        assert many <= few, screen
        assert many <= most, screen
    asked = [one.pages.order_by("-position").first() for one in surveys]
    for screen, rows in [
        ("page_change", asked),
        ("question_change", [page.questions.first() for page in asked]),
    ]:
        few, many = (queries(designer, screen, row.pk) for row in rows)
        assert many <= few, screen
        assert many <= 30, screen


def test_it_is_published_in_one_transaction_and_kept_in_memory(
    surveys, django_assert_num_queries
) -> None:
    _small, big = surveys
    user = get_user_model().objects.create_user("ada")
    with CaptureQueriesContext(connection) as counted:
        version = publishing.publish(survey=big, now=NOW, user=user)

    inserted = [
        one for one in counted.captured_queries if "surveyversion" in one["sql"].lower()
    ]
    assert len(counted) <= 20
    assert sum(one["sql"].startswith("INSERT") for one in inserted) == 1

    definition = publishing.compiled(version.pk)
    with django_assert_num_queries(0):
        assert publishing.compiled(version.pk) is definition
        assert presenting.presented(version.pk, seed=1, single=False) is definition
    assert sum(1 for _question in definition.questions()) == 300
    assert len(definition.languages) == 20


def test_a_publishing_that_fails_leaves_nothing(surveys) -> None:
    _small, big = surveys
    first = publishing.publish(survey=big, now=NOW)
    page = big.pages.first()
    page.questions.update(kind="long_text", options={})

    with pytest.raises(publishing.PublishingError):
        publishing.publish(survey=big, now=NOW)

    big.refresh_from_db()
    assert big.live_version == first
    assert SurveyVersion.objects.count() == 1
