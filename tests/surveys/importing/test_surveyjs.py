"""Surveys of SurveyJS: types, rules, panels, limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys import definition
from tests.factories.imports import notes, questions, read, surveyjs
from tests.factories.pictures import drawing


def test_the_types_of_surveyjs_become_kinds():
    imported = read(
        surveyjs(
            {"type": "text", "name": "a", "inputType": "email", "isRequired": True},
            {"type": "rating", "name": "b", "rateMax": 7, "rateType": "stars"},
            {
                "type": "checkbox",
                "name": "c",
                "choices": [
                    "x",
                    {"value": 2, "text": {"default": "Two", "de": "Zwei"}},
                ],
                "hasNone": True,
                "hasOther": True,
            },
            {"type": "boolean", "name": "d"},
            {"type": "matrix", "name": "e", "rows": ["r"], "columns": ["c1", "c2"]},
            {"type": "multipletext", "name": "f", "items": [{"name": "one"}]},
            {
                "type": "html",
                "name": "g",
                "html": "<b>Hi</b> &amp; bye<script>x()</script>",
            },
            {"type": "text", "name": "h", "inputType": "month"},
            {"type": "matrixdynamic", "name": "i"},
        )
    )

    found = questions(imported)
    kinds = {key: one["kind"] for key, one in found.items()}
    assert kinds == {
        "a": "email", "b": "rating", "c": "multiple_choice", "d": "single_choice",
        "e": "matrix", "f": "contact", "g": "statement", "h": "short_text",
    }  # fmt: skip
    assert found["a"]["required"] is True
    assert (found["b"]["max"], found["b"]["icons"]) == (7, "stars")
    assert found["c"]["choices"][1]["label"] == {"en": "Two", "de": "Zwei"}
    assert found["c"]["choices"][2]["exclusive"] is True
    assert found["c"]["other"] is True
    assert found["g"]["text"] == {"en": "<b>Hi</b> &amp; bye"}
    assert "question i: The type “matrixdynamic” has no match here." in notes(
        imported.report.left_out
    )
    assert any(
        "“month” became a short text" in one for one in notes(imported.report.changed)
    )


def picker(*links, **said):
    choices = [
        {"value": value, "imageLink": link}
        for value, link in zip("ab", links, strict=True)
    ]
    return {"type": "imagepicker", "name": "p", "choices": choices, **said}


def test_pictures_that_a_survey_holds_come_along():
    imported = read(surveyjs(picker(drawing("red"), drawing("blue"))))

    asked = questions(imported)["p"]
    assert (asked["kind"], asked["display"]) == ("single_choice", "image")
    assert [one["image"] for one in asked["choices"]] == [
        drawing("red"),
        drawing("blue"),
    ]
    assert not any("picture" in note for note in notes(imported.report.left_out))


@pytest.mark.parametrize(
    "found",
    [
        picker(drawing("red"), "https://elsewhere.example/b.png"),
        picker(drawing("red"), {"default": drawing("blue")}),
        picker(drawing("red"), drawing("blue"), hasNone=True),
        picker(drawing("red"), drawing("blue"), multiSelect=True),
        {"type": "imagepicker", "name": "p", "choices": ["a", "b"]},
        {
            "type": "imagepicker",
            "name": "p",
            "choices": [picker("", "")["choices"][0]] * 2,
        },
    ],
)
def test_pictures_from_elsewhere_are_left_with_a_note(found):
    imported = read(surveyjs(found))

    asked = questions(imported)["p"]
    assert "display" not in asked
    assert not any("image" in one for one in asked["choices"])
    assert any("picture" in note for note in notes(imported.report.left_out))


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("{a} = 'x'", {"question": "a", "op": "eq", "value": "x"}),
        ("{a} != 'x' and {n} >= 3", {"all": [
            {"question": "a", "op": "ne", "value": "x"},
            {"question": "n", "op": "ge", "value": 3},
        ]}),
        ("3 < {n} or not ({a} empty)", {"any": [
            {"question": "n", "op": "gt", "value": 3},
            {"not": {"question": "a", "op": "blank"}},
        ]}),
        ("{m} contains 'x'", {"question": "m", "op": "contains", "value": "x"}),
        ("{a} anyof ['x', 'y']", {"any": [
            {"question": "a", "op": "eq", "value": "x"},
            {"question": "a", "op": "eq", "value": "y"},
        ]}),
        ("{n} notempty", {"question": "n", "op": "answered"}),
    ],
)  # fmt: skip
def test_rules_are_translated(rule, document):
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x", "y"]},
            {"type": "checkbox", "name": "m", "choices": ["x", "y"]},
            {"type": "text", "inputType": "number", "name": "n"},
            {"type": "comment", "name": "z", "visibleIf": rule},
        )
    )

    assert questions(imported)["z"]["show_if"] == document


@pytest.mark.parametrize(
    "rule",
    [
        "", "{a", "{a} ~ 1", "{gone} = 1", "iif({a} = 1, 2, 3)", "{a} = 'none of these'",
        "{a} = ", "(" * 50 + "{a} = 'x'" + ")" * 50, "{z} = 1", "{a} = 'x' and",
        "'x' 'y'", "{a} = ['x']", "not " * 60 + "{a} empty", "{m} > 'x'", "{a} = {m}",
    ],
)  # fmt: skip
def test_a_rule_that_is_not_understood_is_told_and_the_question_shown(rule):
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x", "y"]},
            {"type": "checkbox", "name": "m", "choices": ["x", "y"]},
            {"type": "comment", "name": "z", "visibleIf": rule or " "},
        )
    )

    assert "show_if" not in questions(imported)["z"]
    assert any("always shown" in one for one in notes(imported.report.left_out))


def test_questions_of_a_panel_keep_its_rule():
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x"]},
            {
                "type": "panel",
                "name": "inner",
                "visibleIf": "{a} = 'x'",
                "elements": [
                    {"type": "comment", "name": "z", "visibleIf": "{a} notempty"}
                ],
            },
        )
    )

    assert questions(imported)["z"]["show_if"] == {
        "all": [
            {"question": "a", "op": "eq", "value": "x"},
            {"question": "a", "op": "answered"},
        ]
    }


def test_limits_are_kept_with_a_note():
    many = [{"type": "comment", "name": f"q{n}"} for n in range(320)]
    wide = {"type": "radiogroup", "name": "w", "choices": [str(n) for n in range(400)]}
    long = {"type": "comment", "name": "l", "title": "x" * 6000}

    imported = read(surveyjs(wide, long, *many))

    left = notes(imported.report.left_out)
    assert imported.report.made == {"pages": 1, "questions": 300, "choices": 300}
    assert sum("at most 300 questions" in one for one in left) == 22
    assert any("100 of them" in one for one in left)
    assert any("cut to 5000" in one for one in notes(imported.report.changed))


def test_a_question_that_cannot_be_is_left_out_with_the_reason():
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a"},
            {"type": "rating", "name": "b", "rateMin": 9, "rateMax": 3},
            {"type": "comment", "name": "c"},
        )
    )

    assert list(questions(imported)) == ["c"]
    left = notes(imported.report.left_out)
    assert any("question a: choices: Give at least one" in one for one in left)
    assert any(one.startswith("question b: min:") for one in left)


def test_a_survey_of_nothing_becomes_a_draft_that_says_so():
    imported = read(surveyjs({"type": "signaturepad", "name": "s"}))

    definition.parse(imported.document)
    assert "No question could be carried over." in notes(imported.report.changed)[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "name",
                    "title",
                    "choices",
                    "elements",
                    "visibleIf",
                    "rows",
                    "columns",
                    "items",
                    "value",
                    "text",
                    "default",
                    "rateMin",
                    "min",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
elements = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "text",
                "rating",
                "radiogroup",
                "checkbox",
                "matrix",
                "panel",
                "boolean",
                "html",
                "slider",
                "multipletext",
                "x",
            ]
        )
    },
    optional=dict.fromkeys(
        (
            "name",
            "title",
            "choices",
            "elements",
            "visibleIf",
            "rows",
            "columns",
            "items",
            "rateMin",
            "rateMax",
            "rateValues",
            "min",
            "max",
            "maxLength",
            "inputType",
        ),
        json_values,
    ),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(elements, max_size=5), json_values)
def test_whatever_a_survey_says_what_comes_out_can_be_published(found, title):
    imported = read(surveyjs(*found, title=title))

    definition.parse(imported.document)


def test_an_answer_that_a_text_shows_is_named_our_way():
    first = [{"type": "text", "name": "Your name"}]
    second = [
        {"type": "comment", "name": "b", "title": "{Your name}, why?"},
        {"type": "comment", "name": "c", "title": "{panel.x} and {{b}}"},
        {"type": "comment", "name": "d", "title": "{c}, on the same page"},
    ]
    imported = read({"pages": [{"elements": first}, {"elements": second}]})

    found = questions(imported)
    assert found["b"]["text"] == {"en": "{{your_name}}, why?"}
    assert found["c"]["text"]["en"].startswith("{panel.x} and { {")
    assert found["d"]["text"] == {"en": "{c}, on the same page"}
    assert any(
        "question c: It names an answer" in one
        for one in notes(imported.report.changed)
    )
