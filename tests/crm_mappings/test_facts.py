"""The catalogue of what can be mapped, and the facts of one response."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.urls import reverse

from crm_mappings import facts
from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.sources import parse_source
from crm_mappings.plan.values import read
from surveys import definition
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey, survey_document

DEFINITION = definition.parse(survey_document())


def named(group):
    return [
        one
        for one in facts.catalogue(
            DEFINITION, variables=["agent", "campaign"], records=["Case", "Case"]
        )
        if one.group == group
    ]


def test_every_facet_of_every_question_can_be_chosen():
    chosen = {
        (one.source["question"], one.source.get("facet")) for one in named("Questions")
    }

    assert ("csat", None) in chosen
    assert ("nps", "group") in chosen
    assert ("topics", "has:speed") in chosen
    assert ("why", None) in chosen
    assert len(chosen) == len(named("Questions"))


def test_a_fact_says_what_it_is_and_looks_like():
    fact = next(one for one in named("Questions") if one.source["question"] == "csat")

    assert fact.label == "How satisfied are you?"
    assert fact.type == "number"
    assert fact.sample == 4


def test_variables_are_those_of_the_survey_and_of_its_deployments():
    assert [(one.source["variable"], one.label) for one in named("Variables")] == [
        ("agent", "Agent"),
        ("campaign", "campaign"),
    ]


def test_a_record_is_named_once():
    assert [one.source for one in named("Records")] == [{"record": "Case"}]


def test_the_facts_of_a_response_are_those_that_the_planner_knows():
    assert [one.source["response"] for one in named("Response")] == list(RESPONSE_FACTS)


def test_every_fact_is_a_value_source():
    for fact in facts.catalogue(DEFINITION, records=["Case"]):
        assert parse_source(fact.source)


@pytest.fixture
def response(db):
    version = publish_survey()
    return make_response(
        version,
        {"csat": 5, "nps": 9},
        language="de",
        deployment=make_deployment(survey=version.survey, key="case-closed"),
        records={"Case": "500D000001AbCdEIAV"},
        variables={"agent": "E-17"},
    )


def test_a_response_is_read_whole(response):
    known = facts.read(response)

    assert known.answers == {"csat": 5, "nps": 9}
    assert known.records == {"Case": "500D000001AbCdEIAV"}
    assert known.variables == {"agent": "E-17"}
    assert known.definition.key == "support-csat"
    given = {name: known.response[name] for name in RESPONSE_FACTS}
    assert given == {
        "key": str(response.key),
        "link": known.response["link"],
        "status": "completed",
        "language": "de",
        "survey_key": "support-csat",
        "survey_title": "Wie war's?",
        "version": 1,
        "collector": "case-closed",
        "recipient_email": None,
        "recipient_name": None,
        "started_at": "2026-03-02T10:00:00.000Z",
        "completed_at": "2026-03-02T10:01:30.000Z",
        "duration_seconds": 90,
        "score": 9,
        "quality": None,
    }


def test_no_fact_is_longer_than_it_says(response):
    known = facts.read(response)

    for name, fact in RESPONSE_FACTS.items():
        value = read(parse_source({"response": name}), known, {})
        assert len(str(value)) <= fact.length
        assert len(str(fact.sample)) <= fact.length


def test_the_link_leads_to_the_admin(response):
    link = facts.read(response).response["link"]

    path = reverse("admin:responses_response_change", args=[response.pk])
    assert link == f"{configured.BASE_URL}{path}"
    assert response.token_hash not in link


def test_days_are_counted_from_when_the_answers_were_given(response):
    assert facts.read(response).response["now"] == "2026-03-02T10:01:30.000Z"


def test_a_response_that_is_not_finished_has_no_duration(db):
    unfinished = make_response(publish_survey(), completed=False)

    given = facts.read(unfinished).response

    assert given["completed_at"] is None
    assert given["duration_seconds"] is None
    assert given["collector"] is None
    assert given["now"] == "2026-03-02T10:00:00.000Z"


def test_a_clock_that_was_set_back_gives_no_negative_duration(response):
    response.started_at = STARTED + timedelta(days=1)

    assert facts.read(response).response["duration_seconds"] == 0
