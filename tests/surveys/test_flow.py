"""Ways through a survey: rules to go on, ends, screening out, texts, chance."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import logic, ordering, piping
from surveys.definition import Definition, DefinitionError, parse, to_document
from tests.factories.kinds import of_kind
from tests.factories.surveys import nps, survey_document, why
from tests.surveys import strategies

LOW = {"question": "nps", "op": "le", "value": 6}
HIGH = {"question": "nps", "op": "ge", "value": 9}


def document(*ways: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """Four pages; the ways lead on from the first, which asks for NPS."""
    pages = [
        {"key": "p1", "questions": [nps()], "next": list(ways)},
        {"key": "p2", "questions": [why(key="praise")]},
        {"key": "p3", "questions": [why()]},
        {"key": "p4", "questions": [why(key="more")]},
    ]
    return survey_document(pages=pages, **overrides)


def path(definition: Definition, answers: dict[str, Any]) -> list[str]:
    return [page.key for page in logic.visible_pages(definition, answers, {})]


def refused(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionError) as raised:
        parse(document)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def test_a_rule_skips_to_a_later_page() -> None:
    definition = parse(document({"if": LOW, "go_to": "p3"}))

    assert path(definition, {"nps": 3}) == ["p1", "p3", "p4"]
    assert path(definition, {"nps": 9}) == ["p1", "p2", "p3", "p4"]


def test_the_first_rule_that_holds_is_taken() -> None:
    definition = parse(
        document({"if": LOW, "go_to": "p4"}, {"if": HIGH, "end": True}, {"go_to": "p2"})
    )

    assert path(definition, {"nps": 3}) == ["p1", "p4"]
    assert path(definition, {"nps": 9}) == ["p1"]
    assert path(definition, {"nps": 7}) == ["p1", "p2", "p3", "p4"]


def test_answers_that_a_rule_passes_by_are_dropped() -> None:
    definition = parse(document({"if": LOW, "go_to": "p4"}))
    answers = {"nps": 3, "praise": "x", "why": "y", "more": "z"}

    kept = logic.reachable_answers(definition, answers, {})

    assert kept == {"nps": 3, "more": "z"}


def test_a_page_that_is_gone_to_and_not_shown_leads_on_behind_it() -> None:
    pages = document({"go_to": "p3"})["pages"]
    pages[2]["show_if"] = LOW
    pages[1]["show_if"] = LOW
    definition = parse(survey_document(pages=pages), frozen=True)

    assert path(definition, {"nps": 9}) == ["p1", "p4"]


def test_an_end_says_its_own_text_and_whether_it_screens_out() -> None:
    definition = parse(
        document(
            {"if": LOW, "screen_out": True, "text": {"en": "Not you."}},
            {"if": HIGH, "end": True, "text": {"en": "Great!"}},
            thanks={"en": "Thanks."},
            screened_out={"en": "Sorry."},
        )
    )

    assert logic.ending(definition, {"nps": 1}, {}) == logic.Ending(
        screened_out=True, text={"en": "Not you."}
    )
    assert logic.ending(definition, {"nps": 9}, {}).text == {"en": "Great!"}
    assert logic.ending(definition, {"nps": 7}, {}) == logic.Ending(
        text={"en": "Thanks."}
    )


def test_without_a_text_of_its_own_the_survey_s_is_said() -> None:
    definition = parse(
        document({"if": LOW, "screen_out": True}, screened_out={"en": "Sorry."})
    )

    assert logic.ending(definition, {"nps": 1}, {}).text == {"en": "Sorry."}


@pytest.mark.parametrize(
    ("ways", "where", "said"),
    [
        ([{"if": LOW, "go_to": "p1"}], "pages[0].next[0].go_to", "loop"),
        ([{"if": LOW, "go_to": "p9"}], "pages[0].next[0].go_to", "no page"),
        ([{"if": LOW, "go_to": ["p2"]}], "pages[0].next[0].go_to", "by its key"),
        ([{"if": LOW}], "pages[0].next[0]", "one of"),
        ([{"go_to": "p2", "end": True}], "pages[0].next[0]", "one of"),
        ([{"end": "yes"}], "pages[0].next[0].end", "true or false"),
        ([{"go_to": "p4"}], "pages[1]", "No way leads"),
        ([{"end": True}], "pages[3]", "No way leads"),
        ([{"go_to": "p2"}, {"if": LOW, "end": True}], "pages[0].next[1]", "never"),
        (
            [{"if": {"question": "why", "op": "answered"}, "end": True}],
            "pages[0].next[0].if",
            "not asked before",
        ),
        (
            [{"if": LOW, "go_to": "p3", "text": {"en": "x"}}],
            "pages[0].next[0].text",
            "",
        ),
        ([{"if": LOW, "to": "p3"}], "pages[0].next[0].to", "not known"),
        ("p2", "pages[0].next", "list"),
    ],
)
def test_a_way_is_checked(ways: Any, where: str, said: str) -> None:
    wrong = survey_document(pages=document()["pages"])
    wrong["pages"][0]["next"] = ways

    found = refused(wrong)

    assert any(path == where and said in message for path, message in found), found


def test_a_way_is_kept_in_its_document() -> None:
    given = document(
        {"if": LOW, "screen_out": True, "text": {"en": "Not you.", "fr": "Pas vous."}},
        {"if": HIGH, "go_to": "p3"},
        quotas=[{"key": "happy", "limit": 5, "if": HIGH, "when_full": "close"}],
    )
    given["pages"][0]["random"] = True
    definition = parse(given)

    assert parse(to_document(definition)) == definition
    assert "fr" in definition.languages
    assert to_document(definition)["pages"][0]["next"] == given["pages"][0]["next"]
    assert to_document(definition)["quotas"] == given["quotas"]


@pytest.mark.parametrize(
    ("quota", "where"),
    [
        ({"key": "a"}, "quotas[0].limit"),
        ({"key": "a", "limit": 0}, "quotas[0].limit"),
        ({"key": "a", "limit": True}, "quotas[0].limit"),
        ({"key": "A!", "limit": 1}, "quotas[0].key"),
        ({"key": "a", "limit": 1, "when_full": "explode"}, "quotas[0].when_full"),
        (
            {"key": "a", "limit": 1, "if": {"question": "gone", "op": "answered"}},
            "quotas[0].if",
        ),
    ],
)
def test_a_quota_is_checked(quota: dict[str, Any], where: str) -> None:
    assert where in [path for path, _message in refused(document(quotas=[quota]))]


# --------------------------------------------------------------------- texts


def test_earlier_answers_and_variables_stand_in_a_text() -> None:
    colour = of_kind("single_choice", "colour")
    text = {"en": "{{ colour }} and {{nps.group}}, {{variable.agent}} {{record.Case}}?"}
    pages = [
        {"key": "p1", "questions": [nps(), colour]},
        {"key": "p2", "questions": [why(text=text)]},
    ]
    definition = parse(survey_document(pages=pages))
    fill = piping.filler(
        definition,
        {"nps": 9, "colour": "red"},
        {"agent": "{{nps}}"},
        {"Case": "500"},
        "de",
    )

    assert fill(text["en"]) == "Rot and promoter, {{nps}} 500?"


def test_what_has_no_answer_leaves_nothing() -> None:
    definition = parse(document())

    fill = piping.filler(definition, {}, {}, {}, "en")

    assert fill("[{{nps}}{{gone}}{{variable.agent}}{{nps.colour}}]") == "[]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{why}}", "earlier page"),
        ("{{nps}}", "earlier page"),
        ("{{variable.gone}}", "no variable"),
    ],
)
def test_a_text_names_what_is_known_by_then(text: str, said: str) -> None:
    wrong = document()
    wrong["pages"][0]["questions"][0]["help"] = {"en": text}

    (where, message), *others = refused(wrong)

    assert where == "pages[0].questions[0].text"
    assert said in message
    assert not others


def test_a_facet_that_a_text_names_is_known() -> None:
    found = refused(document(thanks={"en": "{{nps.colour}} {{nps.group}}"}))

    assert [path for path, _message in found] == ["thanks"]


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60), strategies.variables)
def test_any_text_can_be_filled(text: str, variables: dict[str, str]) -> None:
    definition = parse(document())

    piping.filler(definition, {"nps": 3}, variables, {}, "en")(f"{{{{{text}}}}} {text}")


# -------------------------------------------------------------------- chance


def test_choices_come_by_chance_and_the_same_for_the_same_seed() -> None:
    choices = [{"key": f"c{n}", "label": {"en": str(n)}} for n in range(8)]
    choices.append({"key": "none", "label": {"en": "None"}, "exclusive": True})
    boxes = of_kind("multiple_choice", choices=choices, random=True)
    pages = [{"key": "p1", "questions": [boxes]}]
    question = next(parse(survey_document(pages=pages)).questions())

    orders = [
        tuple(choice.key for choice in ordering.choices(question, seed))
        for seed in range(20)
    ]

    assert len(set(orders)) > 10
    assert all(order[-1] == "none" for order in orders)
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert ordering.choices(question, 7) == ordering.choices(question, 7)


def test_questions_come_by_chance_and_those_with_rules_keep_their_places() -> None:
    asked = [of_kind("short_text", f"q{n}") for n in range(5)]
    asked.insert(2, of_kind("statement", "said"))
    asked.append(
        of_kind("short_text", "ruled", show_if={"question": "q0", "op": "answered"})
    )
    pages = [{"key": "p1", "questions": asked, "random": True}]
    (page,) = parse(survey_document(pages=pages)).pages

    orders = {
        tuple(one.key for one in ordering.questions(page, page.questions, seed))
        for seed in range(20)
    }

    assert len(orders) > 5
    assert all(order[2] == "said" and order[-1] == "ruled" for order in orders)


# ---------------------------------------------------------------- properties


@settings(deadline=None, max_examples=150)
@given(strategies.documents(), strategies.answers, strategies.variables)
def test_any_path_ends_and_keeps_only_its_own_answers(
    given_document: dict[str, Any], answers: dict[str, Any], variables: dict[str, str]
) -> None:
    definition = parse(given_document)
    assert parse(to_document(definition), frozen=True) == definition

    walked, page = [], logic.next_page(definition, answers, variables, None)
    while page is not None:
        walked.append(page)
        assert len(walked) <= len(definition.pages)
        page = logic.next_page(definition, answers, variables, page.key)

    kept = logic.reachable_answers(definition, answers, variables)
    shown = {
        question.key
        for page in walked
        for question in logic.visible_questions(page, definition, answers, variables)
    }
    assert tuple(walked) == logic.visible_pages(definition, answers, variables)
    assert set(kept) <= shown
    assert logic.reachable_answers(definition, kept, variables) == kept
    assert logic.ending(definition, kept, variables) == logic.ending(
        definition, answers, variables
    )
