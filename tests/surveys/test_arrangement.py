"""Blocks of pages by chance, and one question at a time: the same survey all along."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveys import logic, presenting
from surveys.arrangement import arranged
from surveys.definition import Definition, DefinitionError, parse, to_document
from surveys.definition.blocks import runs
from tests.factories.surveys import csat, nps, publish_survey, survey_document, why
from tests.surveys import strategies


def page(key: str, **parts: Any) -> dict[str, Any]:
    return {"key": key, "questions": [csat(key=f"q_{key}")], **parts}


def survey(*pages: dict[str, Any]) -> Definition:
    return parse(survey_document(pages=list(pages)))


def keys(definition: Definition) -> list[str]:
    return [one.key for one in definition.pages]


def problems(*pages: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(DefinitionError) as refused:
        survey(*pages)
    return {one.path: one.message for one in refused.value.problems}


BY_CHANCE = [
    page("first"),
    page("a", place="random"),
    page("a2", place="follows"),
    page("b", place="random"),
    page("c", place="random"),
    page("last"),
    page("lone", place="random"),
    page("behind", place="follows"),
]


def test_pages_of_a_block_stay_together_and_others_where_they_are() -> None:
    definition = survey(*BY_CHANCE)
    orders = {
        tuple(keys(arranged(definition, seed=seed, single=False))) for seed in range(60)
    }

    assert runs(definition.pages) == [((1, 2), (3,), (4,))]
    assert len(orders) == 6
    for order in orders:
        assert (order[0], order[5:]) == ("first", ("last", "lone", "behind"))
        assert order.index("a2") == order.index("a") + 1


def test_the_same_seed_gives_the_same_order() -> None:
    definition = survey(*BY_CHANCE)

    first = arranged(definition, seed=7, single=False)

    assert arranged(definition, seed=7, single=False) == first


def test_the_place_of_a_page_survives_a_round_trip() -> None:
    definition = survey(*BY_CHANCE)

    assert parse(to_document(definition)) == definition


def test_pages_by_chance_cannot_read_each_other() -> None:
    reads_a = {"question": "q_a", "op": "ge", "value": 3}
    pages = [
        page("a", place="random"),
        page("a2", place="follows", show_if=reads_a),
        page("b", place="random", show_if=reads_a),
        page("last", show_if=reads_a),
    ]

    found = problems(*pages)

    assert set(found) == {"pages[2].show_if"}
    assert "earlier questions only" in found["pages[2].show_if"]


def test_texts_of_pages_by_chance_cannot_say_each_others_answers() -> None:
    pages = [
        page("a", place="random"),
        page("b", place="random", title={"en": "You said {{q_a}}"}),
        page("last", title={"en": "You said {{q_a}} and {{q_b}}"}),
    ]

    assert set(problems(*pages)) == {"pages[1].title"}


def test_no_rule_leads_to_a_page_by_chance() -> None:
    to_b = [{"if": {"question": "q_first", "op": "le", "value": 2}, "go_to": "b"}]
    pages = [
        page("first", next=to_b),
        page("a", place="random", next=[{**to_b[0], "go_to": "a3"}]),
        page("a2", place="follows"),
        page("a3", place="follows"),
        page("b", place="random"),
    ]

    found = problems(*pages)

    assert set(found) == {"pages[0].next[0].go_to"}
    assert "by chance" in found["pages[0].next[0].go_to"]


def test_one_question_at_a_time_keeps_statements_with_their_question() -> None:
    intro = {"key": "intro", "kind": "statement", "text": {"en": "Welcome"}}
    definition = survey({"key": "p1", "questions": [intro, csat(), nps()]}, page("p2"))

    single = arranged(definition, seed=1, single=True)

    assert [[one.key for one in part.questions] for part in single.pages] == [
        ["intro", "csat"],
        ["nps"],
        ["q_p2"],
    ]
    assert keys(single)[1:] == ["p1", "p2"]
    assert keys(single)[0].startswith("~")


def test_a_rule_behind_a_page_holds_although_its_last_question_stays_hidden() -> None:
    low = {"question": "nps", "op": "le", "value": 6}
    out = [{"if": {"question": "nps", "op": "ge", "value": 9}, "screen_out": True}]
    definition = survey(
        {"key": "p1", "questions": [nps(), why(show_if=low)], "next": out}, page("p2")
    )
    single = arranged(definition, seed=1, single=True)

    def path(answers: dict[str, Any]) -> list[str]:
        return [one.key for one in logic.visible_pages(single, answers, {})]

    asks_nps = single.pages[0].key
    assert path({"nps": 10}) == [asks_nps]
    assert logic.ending(single, {"nps": 10}, {}).screened_out
    assert path({"nps": 8}) == [asks_nps, "p2"]
    assert path({"nps": 3, "why": "x"}) == [asks_nps, "p1", "p2"]


@settings(deadline=None, max_examples=80)
@given(strategies.documents(), strategies.answers, strategies.variables)
def test_one_question_at_a_time_is_the_same_survey(
    document, answers, variables
) -> None:
    definition = parse(document)
    single = arranged(definition, seed=3, single=True)

    assert logic.reachable_answers(single, answers, variables) == (
        logic.reachable_answers(definition, answers, variables)
    )
    assert logic.ending(single, answers, variables) == (
        logic.ending(definition, answers, variables)
    )
    assert len({one.key for one in single.pages}) == len(single.pages)
    assert all(len(one.key) <= 40 for one in single.pages)


@settings(deadline=None, max_examples=60)
@given(
    strategies.documents(),
    st.lists(st.sampled_from(["fixed", "random", "follows"]), min_size=4, max_size=4),
    strategies.answers,
    st.integers(0, 2**48 - 1),
)
def test_an_order_by_chance_reaches_the_same_answers(
    document, places, answers, seed
) -> None:
    for one, place in zip(document["pages"], places, strict=False):
        one.pop("next", None)
        one["place"] = place
    try:
        definition = parse(document)
    except DefinitionError:
        assume(False)
    mixed = arranged(definition, seed=seed, single=False)

    assert sorted(keys(mixed)) == sorted(keys(definition))
    assert logic.reachable_answers(mixed, answers, {}) == (
        logic.reachable_answers(definition, answers, {})
    )


@pytest.mark.django_db
def test_what_a_respondent_sees_is_kept_in_memory(django_assert_num_queries) -> None:
    version = publish_survey(survey_document(pages=BY_CHANCE))
    first = presenting.presented(version.pk, seed=5, single=True)

    with django_assert_num_queries(0):
        again = presenting.presented(version.pk, seed=5, single=True)
        other = presenting.presented(version.pk, seed=6, single=True)

    assert again is first
    assert sorted(keys(other)) == sorted(keys(first))
