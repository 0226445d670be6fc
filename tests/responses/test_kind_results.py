"""What the results page and a response say of every kind of question."""

from __future__ import annotations

import pytest
from django.urls import reverse

from responses.tally import Answered, tally
from surveys.definition import parse
from tests.factories.kinds import ANSWERS, EVERY_KIND, of_kind
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db
ANSWERED = {kind: value for kind, (_raw, value) in ANSWERS.items()}


def every_kind():
    questions = [of_kind(kind) for kind in EVERY_KIND]
    return survey_document(pages=[{"key": "p1", "questions": questions}])


def test_every_answer_is_counted():
    definition = parse(every_kind())

    counts = tally(definition.questions(), [Answered(1, ANSWERED)])

    assert set(counts) == set(ANSWERED)
    assert {key: count.answered for key, count in counts.items()} == dict.fromkeys(
        ANSWERED, 1
    )
    assert counts["matrix"].parts == {"speed": {"red": 1}, "price": {"blue": 1}}
    assert counts["ranking"].parts["blue"] == {1: 1}
    assert counts["number"].mean == 82.5
    assert counts["consent"].values == {"yes": 1}


def test_an_answer_of_another_kind_is_not_counted():
    definition = parse(every_kind())
    wrong = {key: [None, {"x": [1]}, True] for key in ANSWERED}

    counts = tally(definition.questions(), [Answered(1, wrong)])

    assert sum(count.answered for count in counts.values()) <= 1


def test_the_results_show_every_kind(admin_client, read):
    version = publish_survey(every_kind())
    make_response(version, ANSWERED)

    address = reverse("admin:responses_response_results", args=[version.survey.key])
    page = read(admin_client.get(address))

    for kind in ANSWERS:
        assert f"A question of the kind {kind}?" in page.text
    assert "Mean place" in page.text
    assert "kg on average" in page.text
    assert "Ada, ada@example.com" in page.text


def test_a_response_says_every_answer_in_words(admin_client, read):
    response = make_response(publish_survey(every_kind()), ANSWERED)

    address = reverse("admin:responses_response_change", args=[response.pk])
    text = read(admin_client.get(address)).text

    for words in ("1. Blue, 2. Red", "Speed: Red", "82.5 kg", "Yes", "E-mail: ada@"):
        assert words in text


def test_a_write_in_is_counted_and_shown(admin_client, read):
    document = of_kind("single_choice", "colour", other=True)
    version = publish_survey(
        survey_document(pages=[{"key": "p1", "questions": [document]}])
    )
    make_response(version, {"colour": {"other": "Violet"}})
    make_response(version, {"colour": "red"})

    address = reverse("admin:responses_response_results", args=[version.survey.key])
    page = read(admin_client.get(address))

    rows = page.rows("//table[@class='rows']//tbody/tr")
    assert [row[0] for row in rows] == ["Red", "Green", "Blue", "Other"]
    assert [row[2] for row in rows] == ["1", "0", "0", "1"]
    assert "Violet" in page.text
