"""Values: nothing but a refusal comes of a wrong one, and what is stored can be
written out again."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.schema.catalogue import OBJECTS
from crm_mappings.emulator.schema.describing import describe_field
from crm_mappings.emulator.values import accept, as_json, as_xml, java_double
from tests.factories.org import api, make_org

FIELDS = [(each.name, field) for each in OBJECTS for field in each.fields]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.sampled_from(["2026-11-21", "2026-11-21T09:00:00.000Z", "a@b.de", "New"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
ORG = make_org()


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(FIELDS), JSON)
def test_any_value_is_stored_or_refused(field, value):
    try:
        stored = accept(field[1], value)
    except Refusal:
        return

    json.dumps(as_json(stored))
    assert stored is None or as_xml(stored).isprintable() or isinstance(stored, str)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["Contact", "Case", "Task", "Opportunity", "Tellback_Response__c"]),
    st.dictionaries(
        st.sampled_from(
            [
                *("LastName", "Email", "Subject", "Status", "WhatId", "Contact", "Id"),
                *("ContactId", "Owner", "What", "CloseDate", "Name", "StageName"),
                *("attributes", "Tellback_Key__c", "CSAT__c", "Topics__c", "Case__r"),
            ]
        ),
        JSON,
        max_size=5,
    ),
)
def test_any_row_is_written_or_refused(object_name, row):
    try:
        record_id = ORG.insert(object_name, row)
    except Refusal as refusal:
        json.dumps(refusal.as_row_error())
        return

    json.dumps(ORG.read(object_name, record_id))


@settings(deadline=None, max_examples=100)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_look_like_javas_and_keep_their_value(number):
    shown = java_double(number)

    assert float(shown) == number
    assert "." in shown
    assert "e" not in shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (4.0, "4.0"),
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (-1e20, "-1.0E20"),
    ],
)
def test_numbers_look_like_javas(number, shown):
    assert java_double(number) == shown


def test_values_in_messages():
    assert as_xml(True) == "true"
    assert as_xml(datetime(2026, 9, 8, 23, 40, 33, tzinfo=UTC)) == (
        "2026-09-08T23:40:33.000Z"
    )
    assert as_xml(date(2026, 9, 8)) == "2026-09-08"
    assert as_xml(7) == "7"


def test_half_a_character_is_replaced(org):
    record_id = org.insert("Contact", {"LastName": "x\ud800"})

    assert org.read("Contact", record_id)["LastName"] == "x?"


@pytest.mark.parametrize("sobject", OBJECTS, ids=lambda each: each.name)
def test_tables_make_sense(sobject):
    names = [each.name for each in sobject.fields]

    assert len(names) == len(set(names))
    # An event has no id of its own: it is published and gone.
    assert "Id" in names or not sobject.queryable
    for field in sobject.fields:
        described = describe_field(field)
        assert list(described) == sorted(described)
        if field.createable and field.default is not None:
            assert accept(field, field.default) == field.default
        assert field.compound is None or sobject.find(field.compound)
        assert (field.type == "reference") == bool(field.refers)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "sobjects/Organization", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ("DELETE", "sobjects/User/{}", "INSUFFICIENT_ACCESS_OR_READONLY"),
    ],
)
def test_some_objects_are_not_for_writing(http, org, method, path, code):
    address = api(org, path.format(org.admin_id))

    answer = http.request(method, address, json={"Name": "x"})

    assert answer.json()[0]["errorCode"] == code


def test_whole_numbers_have_no_fractions_and_an_end(http, org):
    address = api(org, "sobjects/Account")

    fine = http.post(address, json={"Name": "A", "NumberOfEmployees": 12})
    large = http.post(address, json={"Name": "A", "NumberOfEmployees": 10**8})
    broken = http.post(address, json={"Name": "A", "NumberOfEmployees": 1.5})

    assert fine.status_code == 201
    assert large.json()[0]["errorCode"] == "NUMBER_OUTSIDE_VALID_RANGE"
    assert broken.json()[0]["errorCode"] == "JSON_PARSER_ERROR"


@pytest.mark.parametrize(
    "nested",
    [
        {},
        {"Tellback_Key__c": "A", "Email": "b@c.de"},
        {"Shoe__c": 1},
        {"attributes": {"type": "Lead"}, "Email": "b@c.de"},
        "003000000000009AAA",
    ],
)
def test_parents_that_are_named_wrongly(http, org, nested):
    answer = http.post(api(org, "sobjects/Case"), json={"Contact": nested})

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] in {"INVALID_FIELD", "JSON_PARSER_ERROR"}


def test_parent_may_be_null_and_ambiguous(http, org):
    address = api(org, "sobjects/Case")
    for last in ("L", "M"):
        org.insert("Contact", {"LastName": last, "Email": "same@example.com"})

    none = http.post(address, json={"Contact": None})
    many = http.post(address, json={"Contact": {"Email": "same@example.com"}})

    assert none.status_code == 201
    assert "is ambiguous" in many.json()[0]["message"]


def test_upsert_by_the_id_of_nobody(http, org):
    gone = org.insert("Contact", {"LastName": "L"})
    org.delete("Contact", gone)
    rows = [
        {"attributes": {"type": "Contact"}, "Id": each, "LastName": "M"}
        for each in ("003000000000009AAA", gone, "x")
    ]

    address = api(org, "composite/sobjects/Contact/Id")
    answer = http.patch(address, json={"records": rows})

    codes = [each["errors"][0]["statusCode"] for each in answer.json()]
    assert codes == ["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    single = http.patch(
        api(org, "sobjects/Contact/Id/003000000000009AAA"), json={"LastName": "M"}
    )
    assert single.status_code == 404
