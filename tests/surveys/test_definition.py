from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from surveys.definition import (
    DefinitionError,
    Kind,
    names,
    parse,
    say,
    to_document,
)
from tests.factories.surveys import csat, nps, survey_document, topics, why
from tests.surveys import strategies


def problems(document: object) -> dict[str, str]:
    with pytest.raises(DefinitionError) as caught:
        parse(document)
    return {problem.path: problem.message for problem in caught.value.problems}


def one_page(*questions: dict[str, Any], **page: Any) -> dict[str, Any]:
    return survey_document(pages=[{"key": "p1", "questions": list(questions), **page}])


def test_the_support_survey_is_read() -> None:
    definition = parse(survey_document())

    assert [question.key for question in definition.questions()] == [
        "csat",
        "nps",
        "topics",
        "why",
    ]
    assert definition.languages == ("en", "de")
    assert definition.question("nps").kind is Kind.NPS
    assert (definition.question("nps").min, definition.question("nps").max) == (0, 10)
    assert definition.question("none") is None
    assert definition.page("p2").questions[0].max_length == 2000
    assert definition.page("p3") is None
    assert definition.variable("agent").open
    assert definition.variable("none") is None


def test_the_canonical_document_is_the_one_that_was_read() -> None:
    canonical = to_document(parse(survey_document()))

    assert parse(canonical) == parse(survey_document())
    assert canonical["pages"][1]["show_if"] == {
        "question": "nps",
        "op": "le",
        "value": 6,
    }


@settings(deadline=None, max_examples=60)
@given(strategies.documents())
def test_any_definition_survives_a_round_trip(document: dict[str, Any]) -> None:
    definition = parse(document)

    assert parse(to_document(definition)) == definition
    assert to_document(parse(to_document(definition))) == to_document(definition)


@settings(deadline=None, max_examples=150)
@given(strategies.json_values)
def test_nonsense_is_refused_with_problems(value: object) -> None:
    assert problems(value)


@settings(deadline=None, max_examples=100)
@given(strategies.json_values, strategies.json_values, strategies.json_values)
def test_nonsense_inside_is_refused_or_read(a: object, b: object, c: object) -> None:
    document = survey_document(
        title=a, pages=[{"key": "p", "questions": [csat(text=b, min=c), b]}, a]
    )

    try:
        found: object = parse(document)
    except DefinitionError as error:
        found = error.problems

    assert found


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        {
            "key": "Not A Key",
            "title": {"de": "Nur deutsch"},
            "default_language": "en",
            "colour": "red",
            "pages": [
                {"key": "p1", "questions": [csat(key="1st"), {"kind": "hologram"}]},
                {"key": "p1", "questions": []},
            ],
        }
    )

    assert set(found) == {
        "key",
        "title",
        "colour",
        "pages[0].questions[0].key",
        "pages[0].questions[1].kind",
        "pages[0].questions[1].key",
        "pages[0].questions[1].text",
        "pages[1].key",
        "pages[1].questions",
    }
    assert "hologram" not in found["pages[0].questions[1].kind"]
    assert "single_choice" in found["pages[0].questions[1].kind"]


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        (survey_document(pages=[]), "pages", "at least one page"),
        (survey_document(pages={}), "pages", "must be a list"),
        (survey_document(pages=["p1"]), "pages[0]", "must be an object"),
        (survey_document(title="Hello"), "title", "per language"),
        (survey_document(title={"en": 5}), "title.en", "Use a text"),
        (survey_document(title={"en": "Hi", "??": "x"}), "title.??", "language codes"),
        (survey_document(title={"en": "\x00 "}), "title", "missing"),
        (survey_document(thanks={"de": "Danke"}), "thanks", "missing"),
        (survey_document(default_language="English"), "default_language", "code"),
        (survey_document(key="a" * 51), "key", "up to 50"),
        (one_page(csat(required="yes")), "pages[0].questions[0].required", "true"),
        (one_page(csat(min="1")), "pages[0].questions[0].min", "whole number"),
        (one_page(csat(min=True)), "pages[0].questions[0].min", "whole number"),
        (one_page(csat(min=5, max=5)), "pages[0].questions[0].min", "below"),
        (one_page(csat(min=0, max=99)), "pages[0].questions[0].max", "21 steps"),
        (one_page(csat(max=1000)), "pages[0].questions[0].max", "from 1 to 100"),
        (one_page(nps(max=5)), "pages[0].questions[0].max", "0 to 10"),
        (one_page(nps(min=1)), "pages[0].questions[0].min", "0 to 10"),
        (one_page(nps(choices=[])), "pages[0].questions[0].choices", "not known"),
        (one_page(why(max_length=0)), "pages[0].questions[0].max_length", "from 1"),
        (one_page(topics(choices=[])), "pages[0].questions[0].choices", "one choice"),
        (one_page(csat(), csat()), "pages[0].questions[1].key", "another question"),
        (one_page(csat(key="agent")), "pages[0].questions[0].key", "variable"),
        (
            one_page(why(kind="statement", max_length=None, required=True)),
            "pages[0].questions[0].required",
            "no answer",
        ),
        (
            survey_document(variables=[{"key": "a", "open": 1}]),
            "variables[0].open",
            "true or false",
        ),
        (
            survey_document(variables=[{"key": "a", "label": 1}]),
            "variables[0].label",
            "Use a text",
        ),
    ],
)
def test_a_problem_is_told_at_its_place(
    document: dict[str, Any], path: str, words: str
) -> None:
    assert words in problems(document)[path]


@pytest.mark.parametrize(
    ("choice", "path", "words"),
    [
        ({"key": "speed", "label": {"en": "Again"}}, "key", "another choice"),
        ({"key": "Ü", "label": {"en": "Uh"}}, "key", "lower-case"),
        ({"key": "x", "label": {"de": "nur"}}, "label", "missing"),
        ({"key": "x", "label": {"en": "x"}, "score": "1"}, "score", "Use a number"),
        ({"key": "x", "label": {"en": "x"}, "score": 1e300}, "score", "at most"),
        ({"key": "x", "label": {"en": "x"}, "weight": 1}, "weight", "not known"),
    ],
)
def test_a_choice_is_checked(choice: dict[str, Any], path: str, words: str) -> None:
    first = {"key": "speed", "label": {"en": "Speed"}}

    found = problems(one_page(topics(choices=[first, choice])))

    assert words in found[f"pages[0].questions[0].choices[1].{path}"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"question": "why", "op": "answered"}, "not asked before"),
        ({"question": "nps", "op": "answered"}, "not asked before"),
        ({"question": "other", "op": "answered"}, "no question “other”"),
        ({"variable": "other", "op": "answered"}, "no variable “other”"),
        ({"field": "Status", "op": "answered"}, "no field “Status”"),
        ({"question": "csat", "op": "contains", "value": "1"}, "cannot be asked"),
        ({"question": "csat", "facet": "group", "op": "blank"}, "does not exist"),
        ({"question": "csat", "op": "eq", "value": "good"}, "is a number"),
        ({"question": "topics", "op": "contains", "value": "price"}, "no choice"),
        ({"question": "topics"}, "“op” is one of"),
        ("nps <= 6", "A rule is an object"),
    ],
)
def test_a_rule_reads_what_was_asked_before(rule: object, words: str) -> None:
    document = one_page(csat(), topics(), nps(show_if=rule), why())

    assert words in problems(document)["pages[0].questions[2].show_if"]


def test_a_page_rule_reads_the_pages_before_it() -> None:
    rule = {"question": "csat", "op": "le", "value": 2}
    document = one_page(csat(), show_if=rule)

    assert "not asked before" in problems(document)["pages[0].show_if"]


def test_a_statement_cannot_be_read() -> None:
    intro = {"key": "intro", "kind": "statement", "text": {"en": "Welcome"}}
    document = one_page(intro, csat(show_if={"question": "intro", "op": "answered"}))

    assert "no question" in problems(document)["pages[0].questions[1].show_if"]


def test_sizes_are_bounded() -> None:
    pages = [{"key": f"p{index}", "questions": [csat()]} for index in range(101)]
    many = [csat(key=f"q{index}") for index in range(301)]

    assert "at most 100" in problems(survey_document(pages=pages))["pages"]
    assert "at most 300" in problems(one_page(*many))["pages[0].questions"]


def test_too_many_questions_over_several_pages_are_refused() -> None:
    pages = [
        {"key": f"p{page}", "questions": [csat(key=f"q{page}_{n}") for n in range(101)]}
        for page in range(3)
    ]

    assert "at most 300" in problems(survey_document(pages=pages))["pages"]


def test_texts_are_tidied() -> None:
    document = survey_document(title={"en": " How\r\ndid\x00 we do? ", "de": "  "})

    assert parse(document).title == {"en": "How\ndid we do?"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "Ja"), ("de-AT", "Ja"), ("fr", "Yes"), ("en", "Yes")],
)
def test_a_text_falls_back_to_what_there_is(language: str, said: str) -> None:
    assert say({"de": "Ja", "en": "Yes"}, language, "en") == said


def test_a_text_without_the_default_falls_back_to_any() -> None:
    assert say({"fr": "Oui"}, "de", "en") == "Oui"
    assert say({}, "de", "en") == ""


def test_the_names_of_a_survey_are_its_questions_and_variables() -> None:
    known = names(parse(survey_document()))

    assert known.kind("question", "topics").choices == ("speed", "quality")
    assert known.kind("variable", "agent").type == "any"
    assert known.kind("question", "nobody") is None
    assert known.kind("field", "topics") is None
