from __future__ import annotations

import pytest
from django.test import Client

from surveys import publishing, uses
from surveys.models import Question
from tests.factories.access import bearer, make_api_key
from tests.factories.surveys import NOW, publish_survey

pytestmark = pytest.mark.django_db
CSAT = uses.Use(question="csat", where="Mapping “To case”: Case.CSAT__c", link="/m/1/")
SPEED = uses.Use(question="topics", choice="speed", where="Mapping “To case”: T")


@pytest.fixture
def used():
    """A room above that reads the question csat, and a choice of another."""
    uses.register_users("test", lambda _survey: [CSAT, SPEED])
    uses.register_unfinished("test", lambda survey: {survey.live_version_id: 3})
    yield
    uses._users.pop("test")
    uses._unfinished.pop("test")
    uses._answered.pop("test", None)


def test_a_question_that_is_used_goes_only_when_that_is_confirmed(used: None) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").delete()

    with pytest.raises(publishing.QuestionsInUse, match=r"“csat”.*To case"):
        publishing.publish(survey=survey, now=NOW)
    with pytest.raises(publishing.QuestionsInUse):
        publishing.publish(survey=survey, now=NOW, confirmed=["topics"])
    assert survey.versions.count() == 1

    version = publishing.publish(survey=survey, now=NOW, confirmed=["csat"])
    assert version.number == 2


def test_other_changes_need_no_confirmation(used: None) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="why").delete()
    survey.pages.filter(key="p2").delete()

    assert publishing.publish(survey=survey, now=NOW).number == 2


@pytest.mark.parametrize("answered", [True, False])
def test_a_choice_that_people_may_have_chosen_goes_when_it_is_said_twice(
    designer: Client, used: None, answered: bool
) -> None:
    uses.register_answered("test", lambda _survey, key: answered and key == "topics")
    question = Question.objects.get(key="topics", page__survey=publish_survey().survey)
    speed, other = question.choices.order_by("pk")
    form = {
        "kind": "multiple_choice",
        "text_en": "What?",
        "key": "topics",
        "page": question.page_id,
        "position": 2,
        "show_if-join": "all",
        "choices-TOTAL_FORMS": "2",
        "choices-INITIAL_FORMS": "2",
    }
    for place, row in enumerate((speed, other)):
        form |= {
            f"choices-{place}-id": row.pk,
            f"choices-{place}-question": question.pk,
            f"choices-{place}-label_en": row.label["en"],
            f"choices-{place}-key": row.key,
        }
    form["choices-0-DELETE"] = "on"
    address = f"/admin/surveys/question/{question.pk}/change/"

    first = designer.post(address, form)

    if answered:
        told = first.content.decode()
        assert "Whoever chose “Speed” keeps that answer" in told
        assert '<input type="hidden" name="sure" value="speed">' in told
        assert question.choices.count() == 2
        assert designer.post(address, {**form, "sure": "speed"}).status_code == 302
    assert [one.key for one in question.choices.all()] == [other.key]


def test_the_admin_shows_who_reads_what_is_gone(designer: Client, used: None) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").delete()
    Question.objects.get(key="topics").choices.filter(key="speed").delete()
    address = f"/admin/surveys/survey/{survey.pk}"

    page = designer.get(f"{address}/changes/").content.decode()
    refused = designer.post(f"{address}/publish/")
    done = designer.post(f"{address}/publish/", {"confirmed": "csat"}, follow=True)

    assert 'href="/m/1/"' in page
    assert "3 responses are half way" in page
    assert "which nobody can choose any more" in page
    assert "Nobody can choose topics › speed any more." in page
    assert 'name="confirmed" value="csat" required' in page
    assert refused.status_code == 409
    assert "Not published" in refused.content.decode()
    assert "Version 2 is live" in done.content.decode()


def test_the_api_refuses_until_it_is_confirmed(used: None) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").delete()
    client = Client(headers=bearer(make_api_key("surveys:write")))
    address = f"/api/v1/surveys/{survey.key}/publish/"

    refused = client.post(address, {}, "application/json")
    odd = client.post(address, {"confirmed": {"csat": 1}}, "application/json")
    done = client.post(address, {"confirmed": ["csat"]}, "application/json")

    assert (refused.status_code, odd.status_code) == (409, 400)
    assert done.json()["number"] == 2
