from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given, settings

from surveys import conditions
from surveys.admin.conditions import (
    ConditionField,
    NameChoice,
    NameGroup,
    choose_from,
    in_words,
    survey_groups,
)
from surveys.definition import parse
from tests.factories.surveys import survey_document
from tests.surveys import strategies


def groups() -> list[NameGroup]:
    definition = parse(survey_document())
    own = survey_groups(definition.questions(), definition.variables, "en")
    case = NameGroup(
        label="Case",
        names=(
            NameChoice(source="field", name="Status", label="Status", type="text"),
            NameChoice(source="field", name="Closed", label="Closed", type="date"),
            NameChoice(source="field", name="VIP", label="VIP", type="boolean"),
        ),
    )
    return [*own, case]


class Form(forms.Form):
    rule = ConditionField(label="Only if")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "rule", groups())


def rows(*rows: tuple[str, str, str], join: str = "all") -> QueryDict:
    data = QueryDict(mutable=True)
    data["rule-join"] = join
    for number, (what, op, value) in enumerate(rows):
        data[f"rule-{number}-what"] = what
        data[f"rule-{number}-op"] = op
        data[f"rule-{number}-value"] = value
    return data


def document(data: QueryDict) -> object:
    form = Form(data)
    assert form.is_valid(), form.errors
    return form.cleaned_data["rule"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (
            ("question|nps", "le", "6"),
            {"question": "nps", "op": "le", "value": 6},
        ),
        (
            ("question|nps", "in", "1, 2.5"),
            {"question": "nps", "op": "in", "value": [1, 2.5]},
        ),
        (
            ("question|nps|group", "eq", "Detractor"),
            {"question": "nps", "facet": "group", "op": "eq", "value": "detractor"},
        ),
        (
            ("question|csat|top_box", "eq", "yes"),
            {"question": "csat", "facet": "top_box", "op": "eq", "value": True},
        ),
        (
            ("question|topics", "contains", "Speed"),
            {"question": "topics", "op": "contains", "value": "speed"},
        ),
        (
            ("question|topics", "not_in", "Speed, quality"),
            {"question": "topics", "op": "not_in", "value": ["speed", "quality"]},
        ),
        (
            ("question|topics|has:speed", "eq", "no"),
            {"question": "topics", "facet": "has:speed", "op": "eq", "value": False},
        ),
        (
            ("question|why", "answered", "left over"),
            {"question": "why", "op": "answered"},
        ),
        (
            ("variable|agent", "eq", " 007 "),
            {"variable": "agent", "op": "eq", "value": "007"},
        ),
        (
            ("field|Closed", "within_days", "7"),
            {"field": "Closed", "op": "within_days", "value": 7},
        ),
        (
            ("field|Closed", "gt", "2026-01-31"),
            {"field": "Closed", "op": "gt", "value": "2026-01-31"},
        ),
    ],
)
def test_a_row_makes_a_comparison(
    row: tuple[str, str, str], rule: dict[str, Any]
) -> None:
    assert document(rows(row)) == rule


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("", "eq", "5"), "Choose what to compare"),
        (("question|nps", "", "5"), "Choose how to compare"),
        (("question|nps", "le", " "), "Give a value"),
        (("question|nps", "le", "six"), "is not a number"),
        (("question|nps", "contains", "6"), "can be asked"),
        (("question|nps", "like", "6"), "can be asked"),
        (("question|nobody", "eq", "6"), "cannot be read here"),
        (("question|topics", "contains", "Price"), "There is: speed, quality"),
        (("field|Closed", "within_days", "soon"), "whole number"),
        (("field|Closed", "within_days", "99999"), "days"),
        (("field|Closed", "gt", "soon"), "is not a date"),
        (("field|Status", "eq", "x" * 2000), "compares with a text"),
        (("field|VIP", "eq", "maybe"), "There is: true, false"),
    ],
)
def test_a_wrong_row_is_told_and_kept(row: tuple[str, str, str], words: str) -> None:
    form = Form(rows(("question|csat", "ge", "1"), row))

    assert words in str(form.errors["rule"])
    assert f'value="{row[2]}"' in str(form["rule"])


def test_rows_are_joined() -> None:
    two = [("question|nps", "le", "6"), ("", "", ""), ("variable|agent", "blank", "")]
    parts = [
        {"question": "nps", "op": "le", "value": 6},
        {"variable": "agent", "op": "blank"},
    ]

    assert document(rows(*two)) == {"all": parts}
    assert document(rows(*two, join="any")) == {"any": parts}
    assert document(rows(("", "eq", ""))) is None


def test_several_chosen_values_come_as_a_list() -> None:
    data = rows(("question|topics", "in", ""))
    data.setlist("rule-0-value", ["speed", "quality"])

    assert document(data) == {
        "question": "topics",
        "op": "in",
        "value": ["speed", "quality"],
    }


def test_a_required_rule_is_required() -> None:
    field = ConditionField(groups=groups(), required=True)

    with pytest.raises(forms.ValidationError, match="at least one"):
        field.clean(None)


DEEP = {
    "all": [
        {"not": {"question": "nps", "op": "eq", "value": 6}},
        {"any": [{"variable": "agent", "op": "blank"}] * 2},
    ]
}


def test_a_deep_rule_is_shown_in_words_and_kept() -> None:
    form = Form(initial={"rule": DEEP})
    page = str(form["rule"])

    assert "not “Would you recommend us?” is 6 and (“Agent” is blank or" in page
    data = rows(("question|csat", "ge", "1"))
    data["rule-kept"] = json.dumps(DEEP)
    assert document(data) == DEEP
    assert not Form(data, initial={"rule": DEEP}).has_changed()
    data["rule-replace"] = "on"
    assert document(data) == {"question": "csat", "op": "ge", "value": 1}
    assert Form(data, initial={"rule": DEEP}).has_changed()


@pytest.mark.parametrize("kept", ["{", "5", '{"question": "nps"}', "[" * 100_000])
def test_a_deep_rule_that_was_tampered_with_is_refused(kept: str) -> None:
    data = rows()
    data["rule-kept"] = kept

    form = Form(data)

    if not form.is_valid():
        assert "cannot be read" in str(form.errors)
    else:
        assert form.cleaned_data["rule"] is None
    assert str(form["rule"])


def test_an_untouched_rule_has_not_changed() -> None:
    rule = {
        "all": [
            {"question": "topics", "op": "in", "value": ["speed", "quality"]},
            {"question": "nps", "op": "le", "value": 6},
        ]
    }
    data = rows(
        ("question|topics", "in", "speed, quality"),
        ("question|nps", "le", "6"),
        ("", "", ""),
    )

    assert not Form(data, initial={"rule": rule}).has_changed()
    assert Form(rows(), initial={"rule": rule}).has_changed()
    assert document(data) == rule


def test_the_form_works_without_scripts() -> None:
    page = str(Form()["rule"])

    assert 'name="rule-2-what"' in page
    assert '<optgroup label="Case">' in page
    assert "has:speed" not in page.split("data-choices")[0]
    assert 'role="group" aria-label="Only if"' in page


def test_with_nothing_to_choose_from_it_says_so() -> None:
    class Bare(forms.Form):
        rule = ConditionField()

    assert "nothing to compare" in str(Bare()["rule"])
    assert Bare({"rule-join": "all"}).is_valid()


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, ""),
        (
            {"question": "topics", "op": "in", "value": ["speed", "gone"]},
            "“What was it about?” is one of Speed, gone",
        ),
        (
            {"question": "csat", "facet": "top_box", "op": "eq", "value": True},
            "“How satisfied are you? → Highest rating given” is yes",
        ),
        ({"field": "Owner", "facet": "x", "op": "blank"}, "“Owner → x” is blank"),
        (
            {"question": "nps", "op": "eq", "value": 5.0},
            "“Would you recommend us?” is 5",
        ),
        ({"op": "eq"}, "a rule that cannot be read: Name exactly one"),
    ],
)
def test_a_rule_in_words(rule: object, words: str) -> None:
    assert in_words(rule, groups()).startswith(words)
    assert bool(in_words(rule, groups())) is bool(words)


@settings(deadline=None, max_examples=80)
@given(strategies.conditions)
def test_any_rule_is_shown_and_kept_or_told(rule: dict[str, Any]) -> None:
    form = Form(initial={"rule": rule})

    assert str(form["rule"])
    assert in_words(rule, groups())
    assert conditions.parse(rule)
