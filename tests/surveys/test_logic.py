from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings

from surveys.conditions import holds
from surveys.conditions import parse as parse_rule
from surveys.definition import Definition, parse
from surveys.logic import (
    next_page,
    previous_page,
    reachable_answers,
    reader,
    visible_pages,
    visible_questions,
)
from tests.factories.surveys import csat, nps, survey_document, why
from tests.surveys import strategies


def keys(parts: Any) -> list[str]:
    return [part.key for part in parts]


def support() -> Definition:
    return parse(survey_document())


def test_an_unhappy_customer_is_asked_why() -> None:
    assert keys(visible_pages(support(), {"nps": 6}, {})) == ["p1", "p2"]
    assert keys(visible_pages(support(), {"nps": 7}, {})) == ["p1"]
    assert keys(visible_pages(support(), {}, {})) == ["p1"]


def test_the_path_goes_forwards_and_back() -> None:
    definition, unhappy = support(), {"nps": 2}

    assert next_page(definition, unhappy, {}, None).key == "p1"
    assert next_page(definition, unhappy, {}, "p1").key == "p2"
    assert next_page(definition, unhappy, {}, "p2") is None
    assert next_page(definition, {"nps": 9}, {}, "p1") is None
    assert previous_page(definition, unhappy, {}, "p2").key == "p1"
    assert previous_page(definition, unhappy, {}, "p1") is None
    assert previous_page(definition, unhappy, {}, None).key == "p2"


def test_answers_off_the_path_are_dropped() -> None:
    answers = {"nps": 9, "why": "was unhappy before", "gone": 1, "csat": None}

    assert reachable_answers(support(), answers, {}) == {"nps": 9}


def test_a_rule_does_not_see_answers_that_the_path_misses() -> None:
    on_why = {"question": "why", "op": "answered"}
    document = survey_document()
    document["pages"].append(
        {"key": "p3", "show_if": on_why, "questions": [csat(key="again")]}
    )
    definition = parse(document)

    assert keys(visible_pages(definition, {"nps": 9, "why": "x"}, {})) == ["p1"]
    assert keys(visible_pages(definition, {"nps": 1, "why": "x"}, {})) == [
        "p1",
        "p2",
        "p3",
    ]


def test_a_page_without_a_visible_question_is_skipped() -> None:
    hidden = why(show_if={"variable": "agent", "op": "eq", "value": "E-17"})
    pages = [
        {"key": "p1", "questions": [nps()]},
        {"key": "p2", "questions": [hidden]},
    ]
    definition = parse(survey_document(pages=pages))

    assert keys(visible_pages(definition, {}, {})) == ["p1"]
    assert keys(visible_pages(definition, {}, {"agent": "E-17"})) == ["p1", "p2"]


def test_questions_of_one_page_follow_each_other() -> None:
    low = {"question": "nps", "facet": "group", "op": "eq", "value": "detractor"}
    pages = [{"key": "p1", "questions": [nps(), why(show_if=low)]}]
    definition = parse(survey_document(pages=pages))
    page = definition.pages[0]

    assert keys(visible_questions(page, definition, {}, {})) == ["nps"]
    assert keys(visible_questions(page, definition, {"nps": 3}, {})) == ["nps", "why"]


def test_a_page_off_the_path_has_no_visible_questions() -> None:
    definition = support()

    assert visible_questions(definition.pages[1], definition, {"nps": 9}, {}) == ()


def test_the_reader_reads_every_source() -> None:
    read = reader(
        support(), {"nps": 9}, {"agent": "E-17"}, {"Status": "Closed"}, {"score": 1}
    )

    assert read("question", "nps", "group") == "promoter"
    assert read("question", "nobody", None) is None
    assert read("variable", "agent", None) == "E-17"
    assert read("field", "Status", None) == "Closed"
    assert read("response", "score", None) == 1
    assert read("weather", "sun", None) is None
    assert holds(parse_rule({"question": "nps", "op": "gt", "value": 8}), read)


@settings(deadline=None, max_examples=80)
@given(strategies.documents(), strategies.answers, strategies.variables)
def test_any_path_ends_and_can_be_walked_back(
    document: dict[str, Any], answers: dict[str, Any], variables: dict[str, Any]
) -> None:
    definition = parse(document)
    walked: list[str] = []
    page = next_page(definition, answers, variables, None)
    while page is not None:
        walked.append(page.key)
        assert len(walked) <= len(definition.pages)
        page = next_page(definition, answers, variables, page.key)

    assert walked == keys(visible_pages(definition, answers, variables))
    for before, after in pairwise(walked):
        assert previous_page(definition, answers, variables, after).key == before


@settings(deadline=None, max_examples=80)
@given(strategies.documents(), strategies.answers, strategies.variables)
def test_only_reachable_answers_are_kept(
    document: dict[str, Any], answers: dict[str, Any], variables: dict[str, Any]
) -> None:
    definition = parse(document)
    shown = {
        question.key
        for page in visible_pages(definition, answers, variables)
        for question in visible_questions(page, definition, answers, variables)
    }

    kept = reachable_answers(definition, answers, variables)

    given_answers = {key for key, value in answers.items() if value is not None}
    assert set(kept) == shown & given_answers
    assert reachable_answers(definition, kept, variables) == kept
