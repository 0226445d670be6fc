"""The named changes of a value."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.plan.convert import ValueProblem
from crm_mappings.plan.transforms import apply, parse_transform, transform_document
from tests.factories.plan import make_field

FIELD = make_field("X", length=5)


def changed(value, *texts, field=FIELD):
    return apply(tuple(parse_transform(text) for text in texts), value, field)


@pytest.mark.parametrize(
    ("value", "transform", "result"),
    [
        (" a ", "trim", "a"),
        (3, "trim", 3),
        ("straße", "upper", "STRAßE"),
        ("İX", "lower", "İx"),
        ("ada o'NEILL’s", "title", "Ada O'neill’s"),
        ("abcdefg", "truncate:3", "abc"),
        ("abcdefg", "truncate", "abcde"),
        (12345678, "truncate:3", "123"),
        ("about 5 days", "number", 5),
        ("-2.5 °C", "number", -2.5),
        (True, "number", 1),
        (7, "number", 7),
        (
            "2026-01-31T13:45:09Z",
            "date_format:%d.%m.%Y %H:%M:%S",
            "31.01.2026 13:45:09",
        ),
        ("2026-01-31", "date_format:%y%%", "26%"),
        (None, "default:n/a", "n/a"),
        ("", "default:a:b", "a:b"),
        ("x", "default:n/a", "x"),
        ("Ada Lovelace", "split_first_name", "Ada"),
        ("Ada Lovelace", "split_last_name", "Lovelace"),
        ("Ada King Lovelace", "split_first_name", "Ada King"),
        ("Ludwig van Beethoven", "split_last_name", "van Beethoven"),
        ("de la Cruz", "split_first_name", "de"),
        ("Lovelace, Ada", "split_first_name", "Ada"),
        ("Lovelace, Ada", "split_last_name", "Lovelace"),
        ("Ada", "split_first_name", ""),
        ("Ada", "split_last_name", "Ada"),
        (["a", "b"], "join", "a;b"),
        (["a", "b"], "join:, ", "a, b"),
        (["a", "b"], "join:", "ab"),
        ("a", "join", "a"),
        (["a", "b"], "upper", ["A", "B"]),
        (None, "upper", None),
        ([], "truncate", []),
    ],
)
def test_a_transform_changes_a_value(value, transform, result):
    assert changed(value, transform) == result


def test_transforms_run_in_their_order():
    assert changed(["ab", "cd"], "join:-", "truncate:4", "upper") == "AB-C"


def test_a_field_without_a_limit_cuts_nothing():
    assert changed("abc", "truncate", field=make_field("X", "url", length=0)) == "abc"


@pytest.mark.parametrize(
    ("value", "transform", "code"),
    [
        ("none", "number", "not_a_number"),
        ("3 or 4", "number", "not_a_number"),
        ("1,234", "number", "not_a_number"),
        (".5", "number", "not_a_number"),
        (float("nan"), "number", "not_a_number"),
        ("soon", "date_format:%Y", "not_a_date"),
    ],
)
def test_what_cannot_be_changed_is_refused_in_words(value, transform, code):
    problem = changed(value, transform, "upper")

    assert isinstance(problem, ValueProblem)
    assert problem.code == code
    assert problem.message.startswith("X: ")


@pytest.mark.parametrize("text", ["trim", "truncate", "truncate:9", "join:", "join:, "])
def test_a_transform_is_written_as_it_was_read(text):
    assert transform_document(parse_transform(text)) == text


@settings(deadline=None)
@given(
    st.text(), st.sampled_from(["upper", "lower", "title", "trim", "split_last_name"])
)
def test_no_change_of_a_text_makes_it_longer(text, transform):
    assert len(changed(text, transform)) <= len(text)
