"""What a response holds, in words."""

from __future__ import annotations

import pytest
from django.utils import timezone

from deployments.admin.showing import duration
from responses.admin import wording
from surveys import definition as definitions
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import make_response
from tests.factories.surveys import (
    csat,
    nps,
    publish_survey,
    survey_document,
    topics,
    why,
)

ALL = definitions.parse(
    survey_document(
        pages=[
            {
                "key": "p1",
                "questions": [
                    csat(max_label={"en": "Very"}),
                    nps(),
                    topics(),
                    topics(key="team", kind="single_choice"),
                    why(),
                ],
            }
        ]
    )
)


@pytest.mark.parametrize(
    ("key", "answer", "words"),
    [
        ("csat", 3, "3 of 5"),
        ("csat", 5, "5 of 5 (Very)"),
        ("nps", 9, "9 (promoter)"),
        ("nps", 7, "7 (passive)"),
        ("nps", 0, "0 (detractor)"),
        ("topics", ["speed", "quality"], "Speed, Quality"),
        ("topics", ["speed", "gone"], "Speed, gone"),
        ("team", "speed", "Speed"),
        ("team", "gone", "gone"),
        ("why", "Slow\nand late", "Slow\nand late"),
        ("why", None, ""),
    ],
)
def test_answer_is_said_as_a_person_would(key, answer, words):
    question = ALL.question(key)
    assert question is not None
    assert wording.in_words(question, answer, ALL) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.4, "0 seconds"),
        (1, "1 second"),
        (59.6, "1 min"),
        (95, "1 min 35 s"),
        (3_600, "1 h 0 min"),
        (7_380, "2 h 3 min"),
        (200_000, "2 days"),
    ],
)
def test_duration_is_said_in_two_units_at_most(seconds, words):
    assert duration(seconds) == words


@pytest.mark.django_db
def test_score_is_the_nps_else_the_rating_else_nothing(version):
    assert wording.score(make_response(version, {"csat": 4, "nps": 2})) == (
        "2 (detractor)"
    )
    assert wording.score(make_response(version, {"csat": 4})) == "4 of 5"
    assert wording.score(make_response(version, {"topics": ["speed"]})) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "name", "words"),
    [
        ("ada@example.com", "Ada", "ada@example.com"),
        ("", "Ada", "Ada"),
        ("", "", "Invited without address"),
    ],
)
def test_respondent_is_called_by_what_is_known(email, name, words):
    version = publish_survey()
    deployment = make_deployment(version.survey)
    invited = make_invitation(deployment, email=email, name=name, now=timezone.now())
    response = make_response(version, invitation=invited.invitation)

    assert wording.respondent(response) == words


def test_page_that_does_not_exist_is_no_link():
    assert wording.address("admin:nothing_here") == ""
    assert wording.linked("", "<b>") == "<b>"
