"""Answers are counted question by question."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from responses.tally import LATEST_TEXTS, Answered, groups, merged, tally
from surveys import definition as definitions
from tests.factories.surveys import csat, nps, survey_document, topics, why


def definition(*questions: dict):
    pages = [{"key": "p1", "questions": list(questions)}]
    return definitions.parse(survey_document(pages=pages))


ALL = definition(
    csat(), nps(), topics(), why(), topics(key="team", kind="single_choice")
)


def counted(*answers: dict):
    rows = [Answered(number, given) for number, given in enumerate(answers)]
    return tally(list(ALL.questions()), rows)


def test_each_kind_is_counted_by_its_values():
    counts = counted(
        {"csat": 4, "topics": ["speed", "quality"], "team": "speed", "why": "Slow"},
        {"csat": 5, "topics": ["speed"], "why": "Late"},
        {},
    )

    assert counts["csat"].values == {4: 1, 5: 1}
    assert counts["csat"].mean == 4.5
    assert counts["topics"].values == {"speed": 2, "quality": 1}
    assert counts["topics"].answered == 2
    assert counts["team"].values == {"speed": 1}
    assert counts["why"].texts == [(0, "Slow"), (1, "Late")]
    assert counts["nps"].answered == 0
    assert counts["nps"].mean is None


def test_only_the_first_texts_are_kept_but_all_are_counted():
    counts = counted(*({"why": f"text {n}"} for n in range(LATEST_TEXTS + 5)))

    assert counts["why"].answered == LATEST_TEXTS + 5
    assert len(counts["why"].texts) == LATEST_TEXTS


def test_answer_of_another_shape_is_not_counted():
    counts = counted({"csat": "4", "topics": "speed", "why": 3, "nps": [1]})

    assert {count.answered for count in counts.values()} == {0}


def test_groups_make_the_score():
    counts = counted(*({"nps": value} for value in (10, 9, 8, 7, 6, 0)))

    found = groups(counts["nps"])

    assert found is not None
    assert (found.promoters, found.passives, found.detractors) == (2, 2, 2)
    assert found.score.score == 0


def test_nobody_answered_has_no_score():
    assert groups(counted({})["nps"]) is None


def test_newest_wording_keeps_choices_that_are_gone():
    old = definition(
        topics(choices=[{"key": "price", "label": {"en": "Price"}}]), why()
    )
    new = definition(topics(text={"en": "About?"}), csat(min=1, max=7))
    older = definition(csat(min=0, max=5))

    questions = merged([new, old, older])

    assert questions["topics"].text == {"en": "About?"}
    assert [c.key for c in questions["topics"].choices] == ["speed", "quality", "price"]
    assert (questions["csat"].min, questions["csat"].max) == (0, 7)
    assert "why" in questions


numbers = st.lists(st.integers(0, 10), max_size=30)


@settings(deadline=None, max_examples=80)
@given(numbers)
def test_groups_are_all_answers_and_the_score_is_in_its_interval(values):
    count = counted(*({"nps": value} for value in values))["nps"]
    found = groups(count)

    if found is None:
        assert not values
        return
    assert found.promoters + found.passives + found.detractors == len(values)
    assert -100 <= found.score.low <= found.score.score <= found.score.high <= 100
