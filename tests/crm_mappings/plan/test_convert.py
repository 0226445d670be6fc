"""Values on the wire: one rule per field type, and refusals in plain words."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.plan.convert import (
    CONVERTERS,
    ValueProblem,
    as_text,
    convert,
    fitted,
    matched,
    written,
)
from crm_mappings.plan.schema import PicklistValue
from tests.factories.plan import CASE, CONTACT, make_field, picklist


def code(value, field):
    problem = convert(value, field)
    assert isinstance(problem, ValueProblem), problem
    assert field.label in problem.message
    return problem.code


@pytest.mark.parametrize(
    ("kind", "value", "wire"),
    [
        ("string", " a\nb ", "a b"),
        ("string", "a\x00b", "ab"),
        ("string", "", None),
        ("string", 3, "3"),
        ("string", 3.0, "3"),
        ("string", 0.1, "0.1"),
        ("string", 1e-7, "0.0000001"),
        ("string", float("inf"), None),
        ("string", True, "true"),
        ("string", ["a", "b"], "a;b"),
        ("textarea", "a\r\nb", "a\nb"),
        ("phone", "+49 30 1", "+49 30 1"),
        ("url", "not checked", "not checked"),
        ("email", "ada@example.com", "ada@example.com"),
        ("email", " ", None),
        ("boolean", True, True),
        ("boolean", "No", False),
        ("boolean", 1, True),
        ("boolean", "", None),
        ("int", "7", 7),
        ("int", 7.5, 8),
        ("int", True, 1),
        ("int", " ", None),
        ("double", 3, 3),
        ("double", "2.50", 3),
        ("percent", 45, 45),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "2026-01-31T23:30:00-02:00", "2026-02-01"),
        ("date", "", None),
        ("datetime", "2026-01-31", "2026-01-31T00:00:00.000Z"),
        ("datetime", "2026-01-31T13:45:09.1239+02:00", "2026-01-31T11:45:09.123Z"),
        ("datetime", " ", None),
        ("time", "13:45", "13:45:00.000Z"),
        ("time", "13:45:59.5+02:00", "11:45:59.500Z"),
        ("time", "2026-01-31T13:45:00Z", "13:45:00.000Z"),
        ("time", "", None),
        ("picklist", "any", "any"),
        ("picklist", " ", None),
        ("multipicklist", ["a", "b", "a"], "a;b"),
        ("multipicklist", "a; b;;", "a;b"),
        ("multipicklist", [], None),
        ("reference", CASE[:15], CASE),
        ("reference", "", None),
        ("id", CASE.lower(), CASE),
    ],
)
def test_a_value_is_written_as_its_field_holds_it(kind, value, wire):
    converted = convert(value, make_field("X", kind))

    assert converted == wire
    assert type(converted) is type(wire)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("email", "ada@localhost", "not_an_email"),
        ("email", "ada@@example.com", "not_an_email"),
        ("email", ".ada@example.com", "not_an_email"),
        ("email", "ada@exa mple.com", "not_an_email"),
        ("boolean", "maybe", "not_true_or_false"),
        ("boolean", 2, "not_true_or_false"),
        ("double", "many", "not_a_number"),
        ("double", "1,5", "not_a_number"),
        ("double", 10**18, "out_of_range"),
        ("double", 1e300, "out_of_range"),
        ("int", "9" * 20, "out_of_range"),
        ("date", "tomorrow", "not_a_date"),
        ("date", "1066-10-14", "out_of_range"),
        ("datetime", "9999-12-31T23:59:59-12:00", "not_a_date"),
        ("time", "noon", "not_a_time"),
        ("reference", "500", "not_an_id"),
        ("address", "Main Street", "unsupported_type"),
        ("base64", "x", "not_a_file"),
        ("location", "x", "unsupported_type"),
    ],
)
def test_what_salesforce_would_refuse_is_refused_here(kind, value, expected):
    assert code(value, make_field("X", kind)) == expected


def test_a_text_that_is_too_long_names_the_limit():
    field = make_field("Subject", label="Title", length=5)

    problem = convert("too long", field)

    assert problem.code == "too_long"
    assert problem.message == (
        "Title (Subject): “too long” has 8 characters; the field takes 5. "
        "Add “truncate” to the rule to cut it."
    )


def test_a_long_value_is_not_repeated_whole():
    problem = convert("x" * 9000, make_field("X"))

    assert "x" * 41 not in problem.message


def test_decimals_are_rounded_to_the_scale():
    field = make_field("X", "currency", precision=5, scale=2)

    assert convert("12.345", field) == 12.35
    assert convert(-1.005, field) == -1.01
    assert convert("999.994", field) == 999.99
    assert code("999.995", field) == "out_of_range"
    assert code(1000, field) == "out_of_range"


def test_ten_does_not_fit_one_digit():
    field = make_field("NPS__c", "double", precision=1)

    assert convert(9, field) == 9
    problem = convert(10, field)
    assert "1 digit before" in problem.message


def test_a_float_that_would_be_sent_too_large_is_refused():
    field = make_field("X", "double", precision=18, scale=4)

    assert code("99999999999999.9999", field) == "out_of_range"


def test_an_integer_field_counts_its_digits():
    field = make_field("X", "int", digits=2)

    assert convert(99, field) == 99
    assert code(100, field) == "out_of_range"


def test_rich_text_shows_what_was_typed():
    field = make_field("X", "textarea", html=True, length=30)

    assert convert("<b>&\nx", field) == "&lt;b&gt;&amp;<br>x"
    assert code("<" * 8, field) == "too_long"


def test_a_restricted_picklist_takes_its_values_and_labels():
    field = make_field(
        "Topic__c",
        "picklist",
        restricted_picklist=True,
        picklist=(
            *picklist("Speed", q="Quality"),
            PicklistValue(value="Old", label="Old", active=False),
        ),
    )

    assert convert("Speed", field) == "Speed"
    assert convert("Quality", field) == "q"
    assert convert("speed", field) == "Speed"
    assert convert("QUALITY", field) == "q"
    assert code("Old", field) == "not_a_picklist_value"
    assert "it takes Speed, q" in convert("Price", field).message


def test_what_could_mean_two_values_means_neither():
    field = make_field("X", "picklist", picklist=picklist("A B", x="a b"))

    assert matched("A b", field) is None
    assert matched("a b", field).value == "x"


def test_a_picklist_of_many_values_names_some():
    values = picklist(*(f"v{number}" for number in range(9)))
    field = make_field("X", "picklist", restricted_picklist=True, picklist=values)

    assert "v7, …" in convert("w", field).message


def test_an_empty_restricted_picklist_takes_nothing():
    field = make_field("X", "picklist", restricted_picklist=True)

    assert code("a", field) == "not_a_picklist_value"


def test_each_part_of_a_multipicklist_is_checked():
    field = make_field(
        "X",
        "multipicklist",
        restricted_picklist=True,
        picklist=picklist("a;b", "c"),
    )

    assert convert(["a;b", "C"], field) == "a;b;c"
    assert code("c;d", field) == "not_a_picklist_value"


def test_an_open_picklist_keeps_to_its_length():
    field = make_field("X", "picklist", length=3)

    assert convert("new", field) == "new"
    assert code("newer", field) == "too_long"
    assert code(["new", "old"], make_field("X", "multipicklist", length=5)) == (
        "too_long"
    )


def test_a_reference_is_to_the_right_object():
    field = make_field("ContactId", "reference", reference_to=("Contact",))

    assert convert(CONTACT, field) == CONTACT
    problem = convert(CASE, field)
    assert problem.code == "wrong_record"
    assert "is the id of Case" in problem.message
    assert convert("a00000000000001AAA", field) == "a00000000000001AAA"
    other = convert("a00000000000001AAA", field, {"a00": "Ticket__c"})
    assert other.code == "wrong_record"


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(1, 40), st.booleans())
def test_a_fitted_text_fits(text, limit, html):
    field = make_field("X", "textarea", length=limit, html=html)

    cut = fitted(text, field, limit)

    assert len(written(cut, field)) <= limit
    assert not isinstance(convert(cut, field), ValueProblem)


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.floats(),
        st.integers(),
        st.booleans(),
        st.none(),
        st.lists(st.text(), max_size=3),
        st.datetimes().map(str),
        st.times().map(str),
    ),
    st.sampled_from([*CONVERTERS, "reference", "location"]),
)
def test_every_value_is_written_as_json_or_refused(value, kind):
    field = make_field("X", kind, length=20, precision=6, scale=2)

    wire = convert(value, field)

    if isinstance(wire, ValueProblem):
        assert "X" in wire.message
    else:
        assert wire is None or json.loads(json.dumps(wire, allow_nan=False)) == wire
        if isinstance(wire, float):
            assert Decimal(repr(wire)) == round(Decimal(repr(wire)), 2)


def test_nothing_reads_as_no_text():
    assert as_text(None) == ""
