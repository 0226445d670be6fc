"""Responses and results as an analyst sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone, translation

from responses import record_links
from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import (
    csat,
    make_survey,
    nps,
    publish_survey,
    survey_document,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/responses/response/"


@pytest.fixture
def analyst(client):
    """Somebody who may look at responses and nothing else."""
    user = User.objects.create_user("analyst", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_response"))
    client.force_login(user)
    return client


def asked(version, email="ada@example.com", **records):
    deployment = make_deployment(version.survey)
    invited = make_invitation(
        deployment, email=email, records=records, now=timezone.now()
    )
    return {
        "invitation": invited.invitation,
        "deployment": deployment,
        "records": records,
    }


# ----------------------------------------------------------------------- list


def test_list_says_who_answered_what_about_which_record(analyst, version, read):
    make_response(version, **asked(version, Case="500D000001AbCdEIAV"))

    page = read(analyst.get(LIST))

    assert "ada@example.com" in page.text
    assert "9 (promoter)" in page.text
    assert "Case 500D000001AbCdEIAV" in page.text
    assert page.all(f"//a[@href='{LIST}results/support-csat/']")


def test_list_costs_the_same_for_many(analyst, version, django_assert_max_num_queries):
    for number in range(30):
        make_response(version, **asked(version, email=f"p{number}@example.com"))
    analyst.get(LIST)

    with django_assert_max_num_queries(14):
        analyst.get(LIST)


def test_list_is_searched_by_address_and_by_record(analyst, version, read):
    make_response(version, **asked(version, Case="500D000001AbCdEIAV"))
    make_response(
        version, **asked(version, "bob@example.com", Case="500D000001XXXXXXXX")
    )

    for term in ("ada@", "500D000001AbC"):
        text = read(analyst.get(LIST, {"q": term})).text
        assert "ada@example.com" in text
        assert "bob@example.com" not in text
    assert "bob@example.com" not in read(analyst.get(LIST, {"q": "%"})).text


def test_empty_list_says_what_to_do(analyst, read):
    assert "send a link to yourself" in read(analyst.get(LIST)).text


def test_record_is_linked_where_a_room_knows_it(analyst, version, read):
    def linker(name, key):
        return f"https://org.example/{key}" if name == "Case" else None

    make_response(version, records={"Case": "500x", "Other": "1"})
    record_links.register(linker)
    try:
        page = read(analyst.get(LIST))
    finally:
        record_links._linkers.remove(linker)

    assert page.one("//a[@href='https://org.example/500x']").text == "Case 500x"
    assert "Other 1" in page.text


# ------------------------------------------------------------------ one of them


def test_response_is_shown_in_words_and_cannot_be_changed(analyst, version, read):
    response = make_response(
        version,
        {"csat": 4, "nps": 9, "topics": ["speed", "quality"], "why": "<b>x</b>"},
        variables={"agent": "E-17"},
        records={"Case": "500x"},
        seconds=95,
    )

    page = read(analyst.get(f"{LIST}{response.pk}/change/"))

    assert page.response.status_code == 200
    for words in (
        "How satisfied are you?",
        "4 of 5",
        "9 (promoter)",
        "Speed, Quality",
        "<b>x</b>",
        "agent: E-17",
        "Case 500x",
        "1 min 35 s",
        "Web link",
    ):
        assert words in page.text
    assert not page.all("//input[@name='_save']")
    assert not page.all("//table[@class='answers']//b")


def test_nobody_adds_or_deletes_responses(admin_client, version):
    response = make_response(version)

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{response.pk}/delete/").status_code == 403
    assert admin_client.post(f"{LIST}{response.pk}/change/").status_code == 403
    assert Response.objects.exists()


# -------------------------------------------------------------------- results


def test_results_say_numbers_and_pictures(analyst, version, read):
    for value in (10, 9, 9, 8, 3):
        answers = {
            "csat": 4,
            "nps": value,
            "topics": ["speed"],
            "why": f"because {value}",
        }
        make_response(version, answers, seconds=60)
    make_response(version, {"csat": 1}, completed=False)

    page = read(analyst.get(f"{LIST}results/support-csat/"))

    assert page.response.status_code == 200
    figures = [e.text_content() for e in page.all("//dl[@class='figures']//dd")]
    assert figures == ["6", "5", "83 %", "1 min"]
    assert "+40" in page.text
    assert "Promoters (9–10): 3 (60 %)" in page.text
    assert "because 3" in page.text
    rows = page.rows("//section[@aria-labelledby='picture-topics']//tbody/tr")
    assert rows == [["Speed", "", "5", "100 %"], ["Quality", "", "0", "0 %"]]
    assert len(page.all("//table[@class='latest']//tbody/tr")) == 5
    assert not page.all("//*[@style]")


def test_pictures_are_drawn_alike_in_every_language(analyst, version):
    for value in (10, 9, 3):
        make_response(version, {"csat": 4, "nps": value})

    with translation.override("de"):
        page = analyst.get(
            f"{LIST}results/support-csat/", headers={"Accept-Language": "de"}
        )

    assert b'width="33.33"' in page.content
    assert b'width="33,33"' not in page.content


def test_results_can_be_narrowed_to_the_last_days(analyst, version, read):
    make_response(version, started_at=timezone.now() - timedelta(days=2))
    make_response(version, started_at=timezone.now() - timedelta(days=20))

    def completed(query):
        page = read(analyst.get(f"{LIST}results/support-csat/{query}"))
        return page.all("//dl[@class='figures']//dd")[1].text_content()

    assert completed("?days=7") == "1"
    assert completed("?days=30") == "2"
    assert completed("?days=nonsense") == "2"


def test_question_that_is_no_longer_asked_keeps_its_results(analyst, version, read):
    make_response(version, {"csat": 4, "topics": ["speed"]})
    document = survey_document(pages=[{"key": "p1", "questions": [csat(), nps()]}])
    make_response(publish_survey(document), {"csat": 2, "nps": 1})

    page = read(analyst.get(f"{LIST}results/support-csat/"))

    assert "no longer asked" in page.text
    assert "2 answers" in page.text
    assert "What went wrong?" not in page.text


@pytest.mark.parametrize("publish", [True, False])
def test_empty_results_say_what_to_do_next(analyst, publish, read):
    survey = publish_survey().survey if publish else make_survey()

    text = read(analyst.get(f"{LIST}results/{survey.key}/")).text

    assert "Nobody has completed this survey yet" in text
    assert ("It is not published" in text) is not publish


def test_index_lists_every_survey(analyst, version, read):
    make_response(version)

    page = read(analyst.get(f"{LIST}results/"))

    assert page.rows("//tbody/tr") == [["How did we do?", "1", "1", "100 %"]]


def test_index_without_surveys_says_what_to_do(analyst, read):
    assert "no survey yet" in read(analyst.get(f"{LIST}results/")).text


def test_results_of_an_unknown_survey_are_not_found(analyst):
    assert analyst.get(f"{LIST}results/nothing/").status_code == 404


def test_results_are_for_those_who_may_see_responses(client, version):
    client.force_login(User.objects.create_user("guest", is_staff=True))

    assert client.get(f"{LIST}results/support-csat/").status_code == 403
    assert client.get(f"{LIST}results/").status_code == 403
    client.logout()
    assert client.get(f"{LIST}results/").status_code == 302


def test_started_is_said_when_nobody_finished(analyst, version, read):
    make_response(version, {"csat": 1}, completed=False, started_at=STARTED)

    assert "Some have begun" in read(analyst.get(f"{LIST}results/support-csat/")).text
