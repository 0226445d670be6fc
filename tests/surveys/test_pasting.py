from __future__ import annotations

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import pasting
from surveys.models import Question
from surveys.pasting import Line, PasteRefused, lines
from tests.factories.surveys import make_survey

LIST = "Very good | 5\r\n\n  Good\t4,5\nA|B test|3\nNo score\nSpeed|1\n"


def test_each_line_becomes_a_choice_with_its_score() -> None:
    assert lines(LIST) == [
        Line(label="Very good", score=5.0),
        Line(label="Good", score=4.5),
        Line(label="A|B test", score=3.0),
        Line(label="No score"),
        Line(label="Speed", score=1.0),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste a list"),
        (" \n\t\n", "Paste a list"),
        ("\n".join(f"Row {n}" for n in range(10_000)), "10,000 lines.*at most 300"),
        ("Good | very", "Line 1: “very”"),
        ("Good | inf", "Line 1: “inf”"),
        ("Good | 1e300", "Line 1"),
        ("ok\n | 3", "Line 2: use a label"),
        ("x" * 501, "Line 1: use a label"),
    ],
)
def test_a_bad_list_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(PasteRefused, match=words):
        lines(text)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = lines(text)
    except PasteRefused:
        return
    assert all(0 < len(line.label) <= 500 for line in read)


@pytest.mark.django_db
def test_choices_come_behind_those_that_are_there() -> None:
    make_survey()
    question = Question.objects.get(key="topics")

    pasted = pasting.add_choices(question=question, text=LIST)

    choices = question.choices.order_by("position")
    assert (pasted.added, pasted.known) == (4, ("Speed",))
    assert [choice.key for choice in choices] == [
        *("speed", "quality", "very_good", "good", "a_b_test", "no_score"),
    ]
    assert choices[0].score == 1.0
    assert choices[0].label == {"en": "Speed", "de": "Tempo"}
    assert choices[2].label == {"en": "Very good"}
    assert [choice.position for choice in choices] == list(range(6))


@pytest.mark.django_db
def test_a_question_never_gets_more_choices_than_it_may_have() -> None:
    make_survey()
    question = Question.objects.get(key="topics")
    text = "\n".join(f"Row {n}" for n in range(299))

    with pytest.raises(PasteRefused, match="at most 300"):
        pasting.add_choices(question=question, text=text)

    assert question.choices.count() == 2


@pytest.mark.django_db
def test_the_screen_takes_a_list_and_says_what_is_wrong(designer: Client) -> None:
    survey = make_survey()
    question = Question.objects.get(key="topics")
    address = f"/admin/surveys/survey/{survey.pk}/questions/{question.pk}/paste/"
    many = "\n".join(f"Row {n}" for n in range(10_000))

    outline = designer.get(
        f"/admin/surveys/survey/{survey.pk}/change/"
    ).content.decode()
    assert f'href="{address}"' in outline
    assert designer.get(address).status_code == 200
    refused = designer.post(address, {"list": many})
    bad = designer.post(address, {"list": "\n".join(["x|y"] * 15)})
    done = designer.post(address, {"list": "Price\nSpeed"}, follow=True)

    assert refused.status_code == 400
    assert "10,000 lines" in refused.content.decode()
    assert "and 5 more" in bad.content.decode()
    assert "1 choice added. There already: Speed" in done.content.decode()


@pytest.mark.django_db
def test_a_question_without_choices_takes_no_list(designer: Client) -> None:
    survey = make_survey()
    question = Question.objects.get(key="nps")
    address = f"/admin/surveys/survey/{survey.pk}/questions/{question.pk}/paste/"

    assert designer.get(address).status_code == 404
    assert designer.post(address, {"list": "x"}).status_code == 404
