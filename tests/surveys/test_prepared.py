"""Queries whose SQL is made once answer as the querysets that they were made from."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.db.models import QuerySet

from surveys.models import Survey, SurveyVersion
from surveys.prepared import Prepared
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db


def by_key(key: str, status: str) -> QuerySet[Survey]:
    rows = Survey.objects.select_related("live_version").defer("quotas")
    return rows.filter(key=key, status=status)


@pytest.fixture
def version() -> SurveyVersion:
    return publish_survey()


def test_a_row_is_found_with_what_belongs_to_it(version, django_assert_num_queries):
    prepared = Prepared(by_key, "a key", "a status")

    with django_assert_num_queries(1):
        found = prepared.first(version.survey.key, "live")
        assert found is not None
        assert found.title == version.survey.title
        assert found.created_at == version.survey.created_at
        assert found.live_version == version
    with django_assert_num_queries(1):  # deferred, so it is read now
        assert found.quotas == []


def test_values_are_given_anew_each_time(version):
    publish_survey(survey_document(key="another"))
    prepared = Prepared(by_key, "a key", "a status")

    keys = [
        getattr(prepared.first(key, status), "key", None)
        for key, status in [
            ("another", "live"),
            (version.survey.key, "live"),
            (version.survey.key, "closed"),
            ("a key", "a status"),
            ("' or 1=1 --", "live"),
        ]
    ]

    assert keys == ["another", version.survey.key, None, None, None]


def test_what_is_changed_is_read_again(version):
    prepared = Prepared(by_key, "a key", "a status")
    assert prepared.all(version.survey.key, "live")

    Survey.objects.update(title={"en": "Changed"})

    assert prepared.all(version.survey.key, "live")[0].title == {"en": "Changed"}


def test_every_thread_has_a_statement_of_its_own(version):
    prepared = Prepared(by_key, "a key", "a status")
    prepared.first(version.survey.key, "live")
    made: list[object] = [prepared._statement()]

    def other() -> None:
        made.append(prepared._statement())
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()

    assert made[0] is prepared._statement()
    assert made[1] is not made[0]
