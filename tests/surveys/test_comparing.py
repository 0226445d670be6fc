from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings

from surveys import definition
from surveys.comparing import Act, What, compare
from tests.factories.surveys import csat, nps, survey_document, topics, why
from tests.surveys.strategies import documents


def changed(new: dict[str, Any]) -> list[tuple[str, str, str]]:
    difference = compare(survey_document(), new)
    return [(one.act.value, one.what.value, one.key) for one in difference.changes]


def page(*questions: dict[str, Any], key: str = "p1", **parts: Any) -> dict[str, Any]:
    return {"key": key, "questions": list(questions), **parts}


def test_the_same_documents_do_not_differ() -> None:
    assert not compare(survey_document(), survey_document())


def test_added_and_removed_questions_are_told() -> None:
    new = survey_document(pages=[page(csat(), nps()), page(why(key="more"), key="p2")])

    assert ("removed", "question", "topics") in changed(new)
    assert ("removed", "question", "why") in changed(new)
    assert ("added", "question", "more") in changed(new)


def test_a_text_is_told_for_the_language_that_changed() -> None:
    new = survey_document()
    new["pages"][0]["questions"][0] = csat(
        text={"en": "How satisfied are you?", "de": "Zufrieden?"}
    )

    (change,) = compare(survey_document(), new).changes

    (detail,) = change.details
    assert (change.act, change.what, change.key) == (Act.CHANGED, What.QUESTION, "csat")
    assert (detail.part, detail.language) == ("text", "de")
    assert (detail.before, detail.after) == ("Wie zufrieden sind Sie?", "Zufrieden?")
    assert change.name == "How satisfied are you?"


def test_a_new_language_is_a_change_of_each_text() -> None:
    new = survey_document(
        title={"en": "How did we do?", "de": "Wie war's?", "fr": "Ça va"}
    )

    (change,) = compare(survey_document(), new).changes

    assert [(one.language, one.before, one.after) for one in change.details] == [
        ("fr", "", "Ça va")
    ]


def test_choices_are_told_with_their_question() -> None:
    new = survey_document()
    new["pages"][0]["questions"][2] = topics(
        choices=[
            {
                "key": "quality",
                "label": {"en": "Quality", "de": "Qualität"},
                "score": 2,
            },
            {"key": "price", "label": {"en": "Price"}},
        ]
    )

    difference = compare(survey_document(), new)

    assert difference.removed_choices == (("topics", "speed"),)
    assert {(one.act.value, one.key, one.question) for one in difference.changes} == {
        ("removed", "speed", "topics"),
        ("added", "price", "topics"),
        ("changed", "quality", "topics"),
    }


def test_lists_that_no_kind_had_before_are_compared_by_key() -> None:
    row = {"key": "r1", "label": {"en": "Speed"}}
    old = survey_document(pages=[page(csat(rows=[row]))])
    new = survey_document(pages=[page(csat(rows=[row, {**row, "key": "r2"}]))])

    (change,) = compare(old, new).changes

    assert (change.act, change.what, change.key) == (Act.ADDED, What.PART, "r2")


def test_rules_variables_and_pages_are_told() -> None:
    new = survey_document(
        variables=[{"key": "agent", "label": "Agent", "open": False}],
        pages=[
            page(csat(), nps(), topics(), title={"en": "You"}),
            page(why(), key="p2"),
        ],
    )

    assert changed(new) == [
        ("changed", "variable", "agent"),
        ("changed", "page", "p1"),
        ("changed", "page", "p2"),
    ]


def test_what_only_moved_is_told_once() -> None:
    within = survey_document(
        pages=[
            page(nps(), csat(), topics()),
            page(why(), key="p2", show_if=survey_document()["pages"][1]["show_if"]),
        ]
    )
    across = survey_document(
        pages=[
            page(csat(), nps()),
            page(
                topics(),
                why(),
                key="p2",
                show_if=survey_document()["pages"][1]["show_if"],
            ),
        ]
    )

    assert len(changed(within)) == 1
    assert changed(within)[0][0] == "moved"
    assert changed(across) == [("moved", "question", "topics")]


def test_an_unfinished_draft_compares_too() -> None:
    assert changed({"key": "support-csat", "pages": [{"key": "p1"}]})
    assert compare({}, {}).changes == ()


@settings(deadline=None, max_examples=40)
@given(old=documents(), new=documents())
def test_documents_differ_exactly_when_something_is_told(old: Any, new: Any) -> None:
    old = definition.to_document(definition.parse(old))
    new = definition.to_document(definition.parse(new))
    before = copy.deepcopy((old, new))

    assert bool(compare(old, new)) == (old != new)
    assert not compare(old, old)
    assert (old, new) == before
