from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import AnswerProblem, Checked, check, example, facet, facets
from surveys.conditions import is_blank
from surveys.definition import Question, parse
from tests.factories.surveys import csat, nps, survey_document, topics, why
from tests.surveys import strategies


def question(document: dict[str, Any]) -> Question:
    pages = [{"key": "p1", "questions": [document]}]
    return next(parse(survey_document(pages=pages)).questions())


def single(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "plan",
        "kind": "single_choice",
        "text": {"en": "Which plan?"},
        "choices": [
            {"key": "free", "label": {"en": "Free", "de": "Gratis"}, "score": 0},
            {"key": "paid", "label": {"en": "Paid"}},
        ],
        **overrides,
    }


def line(**overrides: Any) -> dict[str, Any]:
    return {
        "key": "name",
        "kind": "short_text",
        "text": {"en": "Your name?"},
        **overrides,
    }


def statement() -> dict[str, Any]:
    return {"key": "intro", "kind": "statement", "text": {"en": "Welcome"}}


EVERY_KIND = [csat(), nps(), topics(), why(), single(), line(), statement()]


@pytest.mark.parametrize(
    ("document", "raw", "value"),
    [
        (nps(), ["0"], 0),
        (nps(), [" 10 "], 10),
        (nps(), ["", "7"], 7),
        (csat(), ["+5"], 5),
        (single(), ["paid"], "paid"),
        (topics(), ["quality", "speed", "speed"], ["speed", "quality"]),
        (why(), [" slow\r\nand late "], "slow\nand late"),
        (why(), ["a\x00b\x07\ud800"], "ab\ufffd"),
        (line(), ["Ada\r\nLovelace"], "Ada Lovelace"),
        (line(), ["Grüße, 你好 🎉"], "Grüße, 你好 🎉"),
        (statement(), ["anything"], None),
    ],
)
def test_an_answer_is_kept_in_its_canonical_form(
    document: dict[str, Any], raw: list[str], value: object
) -> None:
    assert check(question(document), raw) == Checked(value)


@pytest.mark.parametrize(
    ("document", "raw", "code"),
    [
        (csat(), [], "required"),
        (csat(), ["  ", ""], "required"),
        (csat(), ["\x00"], "required"),
        (csat(), ["6"], "out_of_range"),
        (csat(), ["0"], "out_of_range"),
        (nps(), ["-1"], "out_of_range"),
        (nps(), ["9" * 5000], "out_of_range"),
        (nps(), ["1e9"], "not_a_number"),
        (nps(), ["٣"], "not_a_number"),
        (nps(), ["3.5"], "not_a_number"),
        (nps(), ["\ud800"], "not_a_number"),
        (nps(), ["1", "2"], "one_answer_only"),
        (single(), ["gold"], "unknown_choice"),
        (single(), ["Free"], "unknown_choice"),
        (single(), ["free", "paid"], "one_answer_only"),
        (topics(), ["speed", "price"], "unknown_choice"),
        (why(), ["x" * 2001], "too_long"),
        (why(), ["x" * 1_000_000], "too_long"),
        (line(), ["x" * 256], "too_long"),
    ],
)
def test_a_wrong_answer_is_told_by_its_code(
    document: dict[str, Any], raw: list[str], code: str
) -> None:
    problem = check(question(document), raw)

    assert isinstance(problem, AnswerProblem)
    assert problem.code == code


def test_problems_say_what_would_be_right() -> None:
    assert check(question(csat()), ["9"]).params == {"min": 1, "max": 5}
    assert check(question(why()), ["x" * 2002]).params == {
        "max_length": 2000,
        "length": 2002,
    }
    assert check(question(single()), ["y" * 100]).params == {"choice": "y" * 60}


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(EVERY_KIND), st.lists(strategies.hostile_texts, max_size=4))
def test_hostile_values_never_raise_and_are_never_stored(
    document: dict[str, Any], raw: list[str]
) -> None:
    answer = check(question(document), raw)

    if isinstance(answer, Checked) and isinstance(answer.value, str):
        assert "\x00" not in answer.value
        assert answer.value.encode().strip()
        assert answer.value == answer.value.strip()


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(EVERY_KIND),
    st.lists(
        st.sampled_from(["0", "3", "free", "speed", "quality", "Text", " a\r\nb "]),
        max_size=3,
    ),
)
def test_a_canonical_answer_is_its_own_canonical_answer(
    document: dict[str, Any], raw: list[str]
) -> None:
    asked = question(document | {"required": False})
    answer = check(asked, raw)

    if isinstance(answer, Checked) and answer.value is not None:
        kept = answer.value
        again = [str(one) for one in (kept if isinstance(kept, list) else [kept])]
        assert check(asked, again) == answer


@pytest.mark.parametrize(
    ("document", "answer", "name", "value"),
    [
        (nps(), 9, None, 9),
        (nps(), 9, "group", "promoter"),
        (nps(), 8, "group", "passive"),
        (nps(), 7, "normalised", 0),
        (nps(), 6, "group", "detractor"),
        (nps(), 0, "normalised", -1),
        (nps(), None, "group", None),
        (nps(), 9, "colour", None),
        (csat(), 5, None, 5),
        (csat(), 5, "top_box", True),
        (csat(), 4, "top_box", False),
        (csat(), 4, "top_2_box", True),
        (csat(), 4, "label", "4"),
        (csat(), 1, "weight", 0),
        (csat(), 4, "weight", 0.75),
        (csat(), 5, "weight", 1),
        (csat(min=0, max=3), 1, "weight", 0.3333),
        (csat(max_label={"en": "Great"}), 5, "label", "Great"),
        (csat(), None, "top_box", None),
        (csat(), "5", None, None),
        (single(), "free", None, "free"),
        (single(), "free", "label", "Free"),
        (single(), "free", "score", 0),
        (single(), "paid", "score", None),
        (single(), "gone", "label", None),
        (topics(), ["speed", "quality"], None, ["speed", "quality"]),
        (topics(), ["quality", "speed"], "labels", "Speed;Quality"),
        (topics(), ["speed"], "count", 1),
        (topics(), ["speed"], "has:speed", True),
        (topics(), ["speed"], "has:quality", False),
        (topics(), ["speed"], "has:price", None),
        (topics(), [], "count", None),
        (why(), "Too slow", None, "Too slow"),
        (why(), "Too slow", "words", None),
        (why(), "", None, None),
        (statement(), "x", None, None),
    ],
)
def test_a_facet_is_read_from_the_answer(
    document: dict[str, Any], answer: object, name: str | None, value: object
) -> None:
    assert facet(question(document), answer, name, "en") == value


def test_a_label_is_said_in_the_default_language() -> None:
    assert facet(question(single()), "free", "label", "de") == "Gratis"


@pytest.mark.parametrize("document", EVERY_KIND)
def test_every_listed_facet_can_be_read(document: dict[str, Any]) -> None:
    asked = question(document)

    for one in facets(asked):
        read = facet(asked, example(asked), one.name, "en")
        assert read == one.example
        assert not is_blank(read) or one.name == "score"
        assert one.label


def test_the_first_facet_is_the_one_meant_when_none_is_named() -> None:
    for document in EVERY_KIND[:-1]:
        asked = question(document)
        sample = example(asked)
        assert facet(asked, sample, None, "en") == facets(asked)[0].example


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(EVERY_KIND),
    strategies.json_values,
    st.none() | st.sampled_from(["value", "group", "has:speed", "labels", "key"]),
)
def test_reading_a_strange_answer_never_raises(
    document: dict[str, Any], answer: object, name: str | None
) -> None:
    facet(question(document), answer, name, "en")
