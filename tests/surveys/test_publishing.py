from __future__ import annotations

import copy
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from surveys import definition, drafting, publishing
from surveys.definition import DefinitionError
from surveys.models import Survey, SurveyVersion
from tests.factories.surveys import (
    NOW,
    make_survey,
    nps,
    publish_survey,
    survey_document,
)

pytestmark = pytest.mark.django_db


def test_publishing_freezes_a_version() -> None:
    version = publish_survey()

    survey = version.survey
    survey.refresh_from_db()
    assert (version.number, version.published_at) == (1, NOW)
    assert survey.live_version == version
    assert survey.status == Survey.Status.LIVE
    assert version.definition == definition.to_document(
        definition.parse(survey_document())
    )


def test_a_changed_draft_becomes_the_next_version() -> None:
    first = publish_survey()
    frozen = copy.deepcopy(first.definition)
    assert not drafting.has_changes(first.survey)

    survey = make_survey(survey_document(title={"en": "Once more"}))
    assert drafting.has_changes(survey)
    second = publishing.publish(survey=survey, now=NOW)

    first.refresh_from_db()
    assert second.number == 2
    assert first.definition == frozen
    assert publishing.compiled(second.pk).title == {"en": "Once more"}
    assert publishing.compiled(first.pk).title["en"] == "How did we do?"
    assert survey.live_version == second


def test_publishing_an_unchanged_draft_gives_the_same_version() -> None:
    version = publish_survey()
    Survey.objects.update(status=Survey.Status.CLOSED)

    again = publishing.publish(survey=version.survey, now=NOW)

    assert again == version
    assert SurveyVersion.objects.count() == 1
    assert Survey.objects.get().status == Survey.Status.LIVE


def test_an_unfinished_draft_is_not_published() -> None:
    survey = Survey.objects.create(key="empty", title={"en": "Empty"})

    with pytest.raises(DefinitionError, match="at least one page"):
        publishing.publish(survey=survey, now=NOW)

    assert not SurveyVersion.objects.exists()
    assert drafting.has_changes(survey)


def test_a_published_key_keeps_its_kind() -> None:
    publish_survey()
    pages = [{"key": "p1", "questions": [nps(key="csat")]}]
    survey = make_survey(survey_document(pages=pages))

    with pytest.raises(publishing.PublishingError, match="csat"):
        publishing.publish(survey=survey, now=NOW)

    published = publishing.published_keys(survey)
    assert published.kinds["csat"] == "rating"
    assert published.choices["topics"] == {"speed", "quality"}


def test_a_closed_survey_opens_again_when_it_is_published() -> None:
    survey = publish_survey().survey

    publishing.close(survey=survey)
    closed = survey.status
    publishing.publish(survey=survey, now=NOW)

    assert (closed, survey.status) == (Survey.Status.CLOSED, Survey.Status.LIVE)


def test_a_draft_is_not_closed() -> None:
    survey = make_survey()

    publishing.close(survey=survey)

    assert survey.status == Survey.Status.DRAFT


def test_the_history_tells_who_published() -> None:
    user = get_user_model().objects.create_user("ada")

    survey = drafting.save_document(document=survey_document(), user=user)
    version = publishing.publish(survey=survey, now=NOW, user=user)

    assert version.published_by == user
    messages = LogEntry.objects.values_list("change_message", flat=True)
    assert any("version 1" in message for message in messages)


def test_a_version_is_read_once(django_assert_num_queries: Any) -> None:
    version = publish_survey()
    publishing.compiled(version.pk)

    with django_assert_num_queries(0):
        publishing.compiled(version.pk)
