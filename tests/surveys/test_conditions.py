from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import conditions
from surveys.conditions import ConditionError, NameInfo, check, holds, names_of, parse
from tests.surveys import strategies

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def asks(op: str, value: object, left: object) -> bool:
    rule: dict[str, Any] = {"variable": "x", "op": op}
    if value is not None:
        rule["value"] = value

    def read(source: str, _name: str, _facet: str | None) -> object:
        return NOW if source == "response" else left

    return holds(parse(rule), read)


@pytest.mark.parametrize(
    ("left", "op", "value", "answer"),
    [
        (3, "eq", 3, True),
        ("3", "eq", 3, True),
        (3, "eq", "3.0", True),
        ("3", "eq", "3.0", False),
        ("00026", "eq", "26", False),
        ("abc", "eq", 3, False),
        (True, "eq", "true", True),
        ("FALSE", "eq", False, True),
        (True, "eq", 1, False),
        ("2026-01-15", "eq", "2026-01-15T00:00:00Z", True),
        (3, "ne", 4, True),
        (None, "ne", 4, True),
        (None, "eq", 4, False),
        (6, "le", 6, True),
        ("10", "gt", 9, True),
        ("10", "gt", "9", True),
        ("abc", "gt", 9, False),
        (9, "lt", "abc", False),
        ("a", "lt", "b", True),
        ("2026-01-01", "lt", "2026-01-01T10:00:00+0000", True),
        ("2026-01-01T10:00:00+02:00", "ge", "2026-01-01T09:00:00Z", False),
        ([1], "gt", 0, False),
        ("a", "in", ["a", "b"], True),
        (None, "in", ["a"], False),
        (None, "not_in", ["a"], True),
        (["a", "c"], "in", ["c"], True),
        (["a"], "not_in", ["c"], True),
        (["a", "c"], "contains", "c", True),
        (["a"], "contains", "c", False),
        ("A Refund, please", "contains", "refund", True),
        (5, "contains", "5", False),
        ("x true", "contains", True, False),
        ("VIP-7", "starts_with", "vip", True),
        ("ada@Mail.Example.com", "matches_domain", "@example.com", True),
        ("ada@notexample.com", "matches_domain", "example.com", False),
        ("ada@example.com", "matches_domain", " ", False),
        ("", "blank", None, True),
        ("  ", "answered", None, False),
        ([], "blank", None, True),
        (0, "answered", None, True),
        (0, "blank", None, False),
        (False, "answered", None, True),
        ("2026-01-10", "within_days", 5, True),
        ("2026-01-09", "within_days", 5, False),
        ("2026-01-20", "within_days", 5, True),
        ("2026-01-20T12:00:01Z", "within_days", 5, False),
        (date(2026, 1, 10), "within_days", 5, True),
        (datetime(2026, 1, 14), "within_days", 1, False),  # noqa: DTZ001 - is UTC
        ("soon", "within_days", 5, False),
        ("2026-99-99", "within_days", 5, False),
    ],
)
def test_a_comparison_holds_or_does_not(
    left: object, op: str, value: object, answer: bool
) -> None:
    assert asks(op, value, left) is answer


def test_days_are_counted_from_the_responses_now_alone() -> None:
    rule = parse({"variable": "x", "op": "within_days", "value": 1})

    assert not holds(
        rule, lambda source, *_: "2026-01-01" if source != "response" else 0
    )


def test_parts_are_joined() -> None:
    yes, no = {"variable": "x", "op": "answered"}, {"variable": "x", "op": "blank"}

    def asked(document: object) -> bool:
        return holds(parse(document), lambda *_: "there")

    assert asked({"all": [yes, yes]})
    assert not asked({"all": [yes, no]})
    assert asked({"any": [no, yes]})
    assert not asked({"any": [no, no]})
    assert asked({"not": no})
    assert holds(None, lambda *_: None)


@settings(deadline=None, max_examples=200)
@given(strategies.conditions, strategies.json_values, strategies.json_values)
def test_asking_never_raises(rule: object, left: object, now: object) -> None:
    condition = parse(rule)

    answer = holds(condition, lambda source, *_: now if source == "response" else left)

    assert answer in {True, False}


@settings(deadline=None, max_examples=100)
@given(strategies.conditions)
def test_a_rule_survives_a_round_trip(rule: object) -> None:
    condition = parse(rule)

    assert parse(conditions.to_document(condition)) == condition


@settings(deadline=None, max_examples=100)
@given(strategies.conditions)
def test_not_turns_the_answer_round(rule: object) -> None:
    read = {"q0": 3, "q1": "c0", "q2": ["c0"]}.get

    once = holds(parse(rule), lambda _source, name, _facet: read(name))
    turned = holds(parse({"not": rule}), lambda _source, name, _facet: read(name))

    assert once is not turned


@settings(deadline=None, max_examples=200)
@given(
    strategies.json_values
    | st.dictionaries(
        st.sampled_from(["all", "any", "not", "question", "op", "value", "facet"]),
        strategies.json_values,
    )
)
def test_nonsense_is_refused_in_words(document: object) -> None:
    try:
        condition = parse(document)
    except ConditionError as error:
        said = error.message
    else:
        said = f"{conditions.to_document(condition)}."

    assert said.endswith(".")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "A rule is an object"),
        ({}, "Name exactly one"),
        ({"question": "a", "variable": "b", "op": "blank"}, "Name exactly one"),
        ({"question": "", "op": "blank"}, "needs a name"),
        ({"question": "a\x00", "op": "blank"}, "needs a name"),
        ({"question": "a", "facet": 5, "op": "blank"}, "“facet” needs a name"),
        ({"question": "a", "op": "like"}, "“op” is one of"),
        ({"question": "a", "op": []}, "“op” is one of"),
        ({"question": "a", "op": "blank", "value": 1}, "takes no value"),
        ({"question": "a", "op": "eq"}, "compares with"),
        ({"question": "a", "op": "eq", "value": float("nan")}, "compares with"),
        ({"question": "a", "op": "eq", "value": "\x00"}, "compares with"),
        ({"question": "a", "op": "in", "value": "b"}, "needs a list"),
        ({"question": "a", "op": "in", "value": []}, "needs a list"),
        ({"question": "a", "op": "within_days", "value": "5"}, "whole number"),
        ({"question": "a", "op": "within_days", "value": -1}, "0 to"),
        ({"question": "a", "op": "blank", "hint": 1}, "“hint” is not known"),
        ({"all": []}, "at least one"),
        ({"all": [{"question": "a", "op": "blank"}] * 101}, "at most 100"),
        ({"any": [{"question": "a", "op": "blank"}], "op": "eq"}, "stands alone"),
        ({"not": {}, "all": []}, "stands alone"),
    ],
)
def test_a_wrong_rule_is_told_in_words(document: object, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(document)

    assert words in caught.value.message


def test_depth_and_size_are_bounded() -> None:
    rule: dict[str, Any] = {"question": "a", "op": "blank"}
    deep = rule
    for _level in range(5000):
        deep = {"not": deep}

    with pytest.raises(ConditionError, match="nested"):
        parse(deep)
    with pytest.raises(ConditionError, match="at most 100"):
        parse({"all": [{"any": [rule] * 60}, {"any": [rule] * 60}]})


NAMES = names_of(
    {
        ("question", "nps"): NameInfo(
            type="number",
            facets={
                "group": NameInfo(type="text", choices=("promoter", "detractor")),
            },
        ),
        ("question", "why"): NameInfo(type="text"),
        ("question", "agreed"): NameInfo(type="boolean"),
        ("question", "topics"): NameInfo(type="list", choices=("speed",)),
    },
    names_of({("field", "ClosedDate"): NameInfo(type="date")}),
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"question": "nps", "op": "le", "value": 6}, None),
        ({"question": "nps", "op": "in", "value": [1, "2"]}, None),
        ({"question": "nps", "op": "in", "value": [1, "two"]}, "is a number"),
        ({"question": "nps", "op": "contains", "value": "6"}, "cannot be asked"),
        ({"question": "nps", "facet": "group", "op": "eq", "value": "promoter"}, None),
        (
            {"question": "nps", "facet": "group", "op": "eq", "value": "fan"},
            "no choice “fan”",
        ),
        (
            {"question": "nps", "facet": "group", "op": "lt", "value": "promoter"},
            "cannot be asked",
        ),
        ({"question": "nps", "facet": "colour", "op": "blank"}, "does not exist"),
        ({"question": "why", "facet": "value", "op": "blank"}, "What there is: none"),
        ({"question": "why", "op": "matches_domain", "value": "x.example"}, None),
        ({"question": "agreed", "op": "eq", "value": "true"}, None),
        ({"question": "agreed", "op": "eq", "value": "yes"}, "true or false"),
        ({"question": "topics", "op": "contains", "value": "speed"}, None),
        ({"question": "topics", "op": "not_in", "value": ["price"]}, "no choice"),
        ({"field": "ClosedDate", "op": "within_days", "value": 7}, None),
        ({"field": "ClosedDate", "op": "gt", "value": "2026-01-01"}, None),
        ({"field": "ClosedDate", "op": "gt", "value": "soon"}, "is a date"),
        ({"field": "Nothing", "op": "blank"}, "no field “Nothing”"),
        ({"question": "x" * 200, "op": "blank"}, "xxx…”"),
    ],
)
def test_a_rule_is_checked_against_the_names(rule: object, words: str | None) -> None:
    found = check(parse({"not": {"any": [rule]}}), NAMES)

    assert len(found) == (words is not None)
    assert not words or words in found[0]


def test_a_comparison_is_looked_up_with_its_facet() -> None:
    grouped = parse({"question": "nps", "facet": "group", "op": "blank"})
    plain = parse({"question": "nps", "op": "blank"})
    unknown = parse({"question": "nobody", "facet": "group", "op": "blank"})

    assert conditions.look_up(NAMES, grouped).type == "text"
    assert conditions.look_up(NAMES, plain).type == "number"
    assert conditions.look_up(NAMES, unknown) is None
