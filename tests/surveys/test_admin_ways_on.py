"""What a survey's page tells its designer: what to put right, what comes next, and
how it will look."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from responses.models import Response
from surveys import beginning, publishing, ready_made
from surveys.models import Page, Question, Survey
from tests.factories.deployments import make_deployment
from tests.factories.surveys import csat, make_survey, publish_survey, survey_document
from tests.factories.themes import make_theme

pytestmark = pytest.mark.django_db


def open_survey(client: Client, survey: Survey) -> str:
    address = reverse("admin:surveys_survey_change", args=[survey.pk])
    return client.get(address).content.decode()


def three_pages() -> Survey:
    pages = [{"key": key, "questions": [csat(key=f"q_{key}")]} for key in "abc"]
    return make_survey(survey_document(pages=pages))


def save_page(client: Client, key: str, **parts: Any) -> Any:
    page = Page.objects.get(key=key)
    address = reverse("admin:surveys_page_change", args=[page.pk])
    return client.post(address, {"survey": page.survey_id, "key": key, **parts})


def test_a_way_that_passes_a_page_by_is_refused_on_save(designer: Client) -> None:
    three_pages()

    answer = save_page(designer, "a", **{"next-0-to": "page:c"})

    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"next"}
    assert "Page 2: No way leads to this page" in errors["next"][0]
    assert Page.objects.get(key="a").next == []


def test_a_way_back_is_no_choice(designer: Client) -> None:
    three_pages()

    answer = save_page(designer, "b", **{"next-0-to": "page:a"})

    assert set(answer.context["adminform"].form.errors) == {"next"}


def test_a_rule_that_can_be_passed_by_is_taken(designer: Client) -> None:
    three_pages()
    rule = {"next-0-if-0-what": "question|q_a", "next-0-if-0-op": "le"}

    answer = save_page(
        designer, "a", **rule, **{"next-0-if-0-value": "2", "next-0-to": "page:c"}
    )

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Page.objects.get(key="a").next[0]["go_to"] == "c"


def test_a_question_moved_behind_the_rule_that_reads_it_is_told(
    designer: Client,
) -> None:
    survey = make_survey()
    assert "to put right" not in open_survey(designer, survey)
    why, page = Question.objects.get(key="nps"), survey.pages.get(key="p2")
    address = reverse("admin:surveys_survey_place", args=[survey.pk])

    designer.post(address, {"place": f"question:{why.pk}:{page.pk}:1"})

    shown = open_survey(designer, survey)
    assert "1 thing to put right before publishing" in shown
    assert "a rule reads earlier questions only" in shown


def test_the_page_of_a_survey_says_what_comes_next(designer: Client) -> None:
    found = ready_made.find("support_satisfaction")
    survey = beginning.begin(ready_made=found, language="en")

    shown = open_survey(designer, survey)

    assert f"/admin/deployments/deployment/add/?survey={survey.pk}" in shown
    assert f"/admin/crm_mappings/mapping/propose/?survey={survey.key}" in shown
    assert f"/admin/responses/response/results/{survey.key}/" in shown
    assert "When a Case is closed" in shown
    assert "A response record on the Case" in shown

    publishing.publish(survey=survey, now=survey.created_at)
    make_deployment(survey)
    again = open_survey(designer, survey)
    assert "✓ 1 deployment" in again
    for address in re.findall(r'href="(/admin/[^"]*survey__id__exact[^"]*)"', again):
        assert designer.get(address).status_code == 200


def test_what_somebody_may_not_do_is_no_link(client: Client) -> None:
    user = get_user_model().objects.create_user("bo", is_staff=True)
    user.groups.add(Group.objects.get(name="Analyst"))
    client.force_login(user)

    shown = open_survey(client, make_survey())

    assert "Write the answers to Salesforce" in shown
    assert "/mapping/propose/" not in shown
    assert "/results/support-csat/" in shown


def walk(survey: Survey, *, version: int | None = None) -> str:
    if version is None:
        return reverse("admin:surveys_survey_walk", args=[survey.pk])
    return reverse("admin:surveys_survey_version_walk", args=[survey.pk, version])


def test_a_draft_is_gone_through_and_nothing_is_stored(designer: Client) -> None:
    survey = make_survey()
    survey.theme = make_theme()
    survey.save(update_fields=["theme"])
    first = designer.get(walk(survey), {"language": "de"})
    assert "Wie zufrieden sind Sie?" in first.content.decode()
    assert "/look/acme-" in first.content.decode()
    assert first["X-Frame-Options"] == "SAMEORIGIN"

    def sent(page: str) -> dict[str, str]:
        return dict(re.findall(r'name="(page|start)" value="([^"]*)"', page))

    wrong = designer.post(walk(survey), {**sent(first.content.decode()), "go": "next"})
    filled = {**sent(wrong.content.decode()), "csat": "5", "nps": "2", "go": "next"}
    second = designer.post(walk(survey), filled).content.decode()
    assert "What went wrong?" in second
    back = designer.post(walk(survey), {**sent(second), "go": "back"}).content.decode()
    assert re.search(r'value="2"[^>]* checked', back)
    ended = designer.post(walk(survey), {**sent(second), "why": "x", "go": "next"})

    assert "Thank you" in ended.content.decode()
    assert not Response.objects.exists()


def test_any_version_is_gone_through(designer: Client) -> None:
    version = publish_survey()
    publish_survey(survey_document(title={"en": "Another"}))

    page = designer.get(walk(version.survey, version=1)).content.decode()

    assert "How did we do?" in page


def test_an_unfinished_draft_is_only_listed(designer: Client) -> None:
    survey = make_survey()
    Question.objects.all().delete()

    preview = designer.get(reverse("admin:surveys_survey_preview", args=[survey.pk]))

    assert "<iframe" not in preview.content.decode()
    assert designer.get(walk(survey)).status_code == 409


@pytest.mark.parametrize("start", ["", "x", "e30:1abc:x"])
def test_answers_that_are_not_ours_are_none(designer: Client, start: str) -> None:
    survey = make_survey()

    answer = designer.post(walk(survey), {"page": "p1", "start": start, "csat": "4"})

    assert answer.status_code == 200
