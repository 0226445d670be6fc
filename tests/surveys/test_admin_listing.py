from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from responses.models import Response
from surveys.models import Question, SurveyVersion
from tests.factories.surveys import make_survey, publish_survey, survey_document

pytestmark = pytest.mark.django_db
LIST = "/admin/surveys/survey/"


def respond(version: SurveyVersion, at: datetime, *, completed: bool) -> None:
    Response.objects.create(
        survey=version.survey,
        version=version,
        status="completed" if completed else "in_progress",
        language="en",
        started_at=at,
        updated_at=at,
        completed_at=at if completed else None,
    )


def test_the_list_shows_what_each_survey_brings(designer: Client) -> None:
    version, now = publish_survey(), timezone.now()
    for at in (now, now, now - timedelta(days=2)):
        respond(version, at, completed=True)
    respond(version, now, completed=False)
    make_survey(survey_document(key="quiet"))

    page = designer.get(LIST).content.decode()

    assert '<td class="field-today">2</td>' in page
    assert '<td class="field-completion">75 %</td>' in page
    assert '<td class="field-questions">4</td>' in page
    assert '<td class="field-completion">–</td>' in page
    for column in (6, 8):
        assert designer.get(f"{LIST}?o=-{column}").status_code == 200


def test_the_list_asks_the_database_the_same_for_many(
    designer: Client, django_assert_max_num_queries
) -> None:
    for number in range(30):
        make_survey(survey_document(key=f"s-{number}"))

    with django_assert_max_num_queries(10):
        designer.get(LIST)


def test_the_history_tells_what_was_done_to_the_parts(designer: Client) -> None:
    survey = make_survey()
    question = Question.objects.get(key="why")
    base = "/admin/surveys"

    form = {
        "page": question.page_id,
        "kind": "long_text",
        "text_en": "Why?",
        "key": "why",
    }
    form |= {
        "show_if-join": "all",
        "choices-TOTAL_FORMS": "0",
        "choices-INITIAL_FORMS": "0",
    }
    designer.post(f"{base}/question/{question.pk}/change/", form)
    designer.post(
        f"{base}/survey/{survey.pk}/move/", {"move": f"question:{question.pk}:up"}
    )
    designer.post(f"{base}/question/{question.pk}/delete/", {"post": "yes"})

    shown = designer.get(f"{base}/survey/{survey.pk}/history/").content.decode()
    told = list(
        LogEntry.objects.filter(object_id=survey.pk).values_list(
            "change_message", flat=True
        )
    )
    assert any(one.startswith("Question “why” changed. Changed") for one in told), told
    assert "“why” moved up." in told
    assert "Question “why” deleted." in told
    assert "Question “why” deleted." in shown
