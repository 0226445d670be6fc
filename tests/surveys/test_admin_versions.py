from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from surveys import drafting, publishing
from surveys.models import Question, Survey
from tests.factories.surveys import (
    NOW,
    make_survey,
    nps,
    publish_survey,
    survey_document,
)

pytestmark = pytest.mark.django_db


def address(survey: Survey, rest: str) -> str:
    return f"/admin/surveys/survey/{survey.pk}/{rest}"


def second_version() -> Survey:
    publish_survey()
    document = survey_document(pages=[{"key": "p1", "questions": [nps()]}])
    return publishing.publish(survey=make_survey(document), now=NOW).survey


def test_the_changes_are_shown_before_they_are_published(designer: Client) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").update(text={"en": "Happy?"}, show_if=None)
    survey.pages.filter(key="p2").update(show_if=None)

    page = designer.get(address(survey, "changes/")).content.decode()
    outline = designer.get(address(survey, "change/")).content.decode()

    assert "How satisfied are you?" in page
    assert "Happy?" in page
    assert "“Would you recommend us?” is at most 6" in page
    assert "No response is half way" in page
    assert "Review and publish" in outline


def test_without_changes_there_is_nothing_to_publish(designer: Client) -> None:
    survey = publish_survey().survey

    page = designer.get(address(survey, "changes/")).content.decode()

    assert "There is nothing to publish" in page


def test_a_survey_without_versions_has_no_changes(designer: Client) -> None:
    survey = make_survey()

    answer = designer.get(address(survey, "changes/"))

    assert answer.url == address(survey, "change/")
    assert (
        "Nothing was published yet"
        in designer.get(address(survey, "versions/")).content.decode()
    )


def test_changes_of_an_unfinished_draft_are_shown(designer: Client) -> None:
    survey = publish_survey().survey
    Question.objects.get(key="topics").choices.all().delete()

    assert "Removed" in designer.get(address(survey, "changes/")).content.decode()
    assert designer.post(address(survey, "publish/")).status_code == 400


def test_every_version_can_be_read_in_its_languages(designer: Client) -> None:
    survey = second_version()

    versions = designer.get(address(survey, "versions/")).content.decode()
    first = designer.get(address(survey, "versions/1/?language=de")).content.decode()
    odd = designer.get(address(survey, "versions/1/?language=xx")).content.decode()

    assert "Version 2</a> <strong>(live)" in versions
    assert "Wie zufrieden sind Sie?" in first
    assert "Qualität" in first
    assert "How satisfied are you?" in odd
    assert designer.get(address(survey, "versions/9/")).status_code == 404


def test_a_version_is_restored_as_the_draft(designer: Client) -> None:
    survey = second_version()
    why = Question.objects.filter(key="why")
    assert not why.exists()

    answer = designer.post(address(survey, "versions/1/restore/"), follow=True)

    survey.refresh_from_db()
    assert "what version 1 said" in answer.content.decode()
    assert survey.live_version.number == 2
    assert why.exists()
    first = survey.versions.get(number=1).definition
    assert drafting.canonical_draft(survey) == first
    assert LogEntry.objects.filter(
        change_message__contains="Version 1 restored"
    ).exists()


def test_restoring_keeps_the_key_that_the_survey_has_now() -> None:
    survey = publish_survey().survey
    Survey.objects.update(key="renamed")

    restored = drafting.restore(version=survey.versions.get())

    assert restored.pk == survey.pk
    assert Survey.objects.get().key == "renamed"


def test_who_may_only_look_restores_nothing() -> None:
    survey = second_version()
    user = get_user_model().objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_survey"))
    client = Client()
    client.force_login(user)

    assert client.get(address(survey, "versions/1/")).status_code == 200
    assert (
        "Restore as the draft"
        not in client.get(address(survey, "versions/1/")).content.decode()
    )
    assert client.post(address(survey, "versions/1/restore/")).status_code == 403
    assert client.get(address(survey, "versions/1/restore/")).status_code == 405


def test_a_version_that_would_not_pass_today_is_restored_all_the_same(
    designer: Client,
) -> None:
    survey = publish_survey().survey
    version = survey.versions.get()
    document = version.definition
    document["pages"][1]["show_if"] = {"question": "why", "op": "answered"}
    survey.versions.update(definition=document)

    answer = designer.post(address(survey, "versions/1/restore/"), follow=True)

    assert "what version 1 said" in answer.content.decode()
    assert designer.get(address(survey, "versions/1/")).status_code == 200
    assert designer.post(address(survey, "publish/")).status_code == 400


def test_ways_on_and_quotas_are_told_in_words(designer: Client) -> None:
    document = survey_document(
        quotas=[{"key": "all", "limit": 100}],
        screened_out={"en": "Sorry"},
    )
    document["pages"][0]["next"] = [
        {"if": {"question": "nps", "op": "ge", "value": 9}, "end": True}
    ]
    survey = publish_survey().survey
    make_survey(document)

    page = designer.get(address(survey, "changes/")).content.decode()

    assert "if “Would you recommend us?” is at least 9" in page
    assert "<code>all</code>" in page
    assert "Closing text when screened out" in page
