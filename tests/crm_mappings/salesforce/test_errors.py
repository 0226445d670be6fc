"""What each refusal means, on recorded bodies and on bodies of no kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.salesforce.errors import (
    TABLE,
    WORDS,
    Kind,
    classify,
    read_body,
    read_error,
    words,
)

SHARED = Path(__file__).parents[4] / "shared"
RECORDED = SHARED / "data" / "salesforce" / "recorded"


def recorded(name: str) -> bytes:
    path = RECORDED / name
    if not path.exists():
        pytest.skip("the recordings are not here")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UNABLE_TO_LOCK_ROW", Kind.LOCK),
        ("SERVER_UNAVAILABLE", Kind.TRANSIENT),
        ("UNKNOWN_EXCEPTION", Kind.TRANSIENT),
        ("INVALID_SESSION_ID", Kind.SESSION),
        ("REQUEST_LIMIT_EXCEEDED", Kind.BUDGET),
        ("STORAGE_LIMIT_EXCEEDED", Kind.BUDGET),
        ("API_DISABLED_FOR_ORG", Kind.CONNECTION),
        ("UNSUPPORTED_API_VERSION", Kind.CONNECTION),
        ("REQUIRED_FIELD_MISSING", Kind.DATA),
        ("STRING_TOO_LONG", Kind.DATA),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Kind.DATA),
        ("ENTITY_IS_DELETED", Kind.DATA),
        ("INSUFFICIENT_ACCESS_OR_READONLY", Kind.DATA),
        ("CANNOT_EXECUTE_FLOW_TRIGGER", Kind.DATA),
        ("INVALID_FIELD", Kind.SCHEMA),
        ("INVALID_FIELD_FOR_INSERT_UPDATE", Kind.SCHEMA),
        ("INVALID_TYPE", Kind.SCHEMA),
        ("DUPLICATE_VALUE", Kind.DUPLICATE),
        ("DUPLICATES_DETECTED", Kind.DUPLICATE),
    ],
)
def test_a_code_has_one_kind(code, kind):
    assert classify(status=400, code=code) is kind


def reference_rows() -> list[tuple[str, str, str]]:
    """Return code, sample message and class (R, P or F) of each row."""
    reference = SHARED / "salesforce.md"
    if not reference.exists():
        pytest.skip("the reference is not here")
    section = (
        reference.read_text().split("### 2.10")[1].split("Official status list")[0]
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.split("| code | HTTP |")[1].splitlines()
    ]
    return [
        (code, row[2].strip("`"), row[3].strip("* ")[:1])
        for row in rows
        if len(row) == 5
        for code in re.findall(r"[A-Z]+_[A-Z_]+|\bGONE\b", row[0])
    ]


AGAIN = {Kind.TRANSIENT, Kind.LOCK, Kind.SESSION, Kind.BUDGET}
FOR_A_PERSON = {Kind.DATA, Kind.DUPLICATE, Kind.SCHEMA, Kind.CONNECTION}
# Somebody must make room, but nobody need send each record again by hand; a session
# that cannot be renewed pauses the connection when it has come a second time.
BY_ITSELF = {"STORAGE_LIMIT_EXCEEDED", "INVALID_SESSION_ID"}


def test_every_row_of_the_reference_table_is_judged_as_it_says():
    rows = reference_rows()

    assert len({code for code, _message, _class in rows}) > 40
    for code, message, judged in rows:
        kind = classify(status=400, code=code, message=message)
        assert code in TABLE, code
        wanted = AGAIN if judged == "R" or code in BY_ITSELF else FOR_A_PERSON
        assert kind in wanted, (code, judged, kind)


def test_no_code_stands_in_two_kinds():
    assert len(TABLE) == len(set(TABLE))
    assert classify(status=400, code="NOT_FOUND") is Kind.DATA


def test_an_unknown_code_is_held_as_data():
    assert classify(status=400, code="SOMETHING_OF_2031") is Kind.DATA
    assert classify(status=500, code="SOMETHING_OF_2031") is Kind.DATA


def test_too_many_calls_at_once_are_over_in_seconds():
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."

    kind = classify(status=403, code="REQUEST_LIMIT_EXCEEDED", message=message)

    assert kind is Kind.TRANSIENT


def test_a_missing_parent_is_data_and_not_a_missing_field():
    message = "Foreign key external ID: 0116 not found for field F in entity E"

    assert classify(status=400, code="INVALID_FIELD", message=message) is Kind.DATA


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (503, Kind.TRANSIENT),
        (502, Kind.TRANSIENT),
        (429, Kind.TRANSIENT),
        (420, Kind.TRANSIENT),
        (401, Kind.SESSION),
        (302, Kind.CONNECTION),
        (410, Kind.CONNECTION),
        (300, Kind.DATA),
        (404, Kind.DATA),
    ],
)
def test_a_page_instead_of_data_is_judged_by_its_status(status, kind):
    refusal = read_body(status, b"<html><body>Down for maintenance</body></html>")

    assert refusal.kind is kind
    assert refusal.code == f"HTTP_{status}"
    assert "html" not in refusal.message


def test_a_recorded_session_end_is_read():
    refusal = read_body(401, recorded("restforce/expired_session_response.json"))

    assert (refusal.kind, refusal.code) == (Kind.SESSION, "INVALID_SESSION_ID")


def test_a_recorded_refusal_of_a_field_names_the_field():
    body = recorded("amp-labs/invalid-field-upsert.json")

    refusal = read_body(400, body)

    assert refusal.kind is Kind.SCHEMA
    assert refusal.fields == ("MasterRecordId",)


def test_a_recorded_refusal_inside_a_collection_is_read():
    element = json.loads(recorded("amp-labs/success-with-errors.json"))["errors"][0]

    assert read_error(element).code == "MALFORMED_ID"


def test_a_recorded_list_of_several_matches_is_read():
    body = recorded("restforce/sobject/upsert_multiple_error_response.json")

    refusal = read_body(300, body)

    assert refusal.kind is Kind.DATA
    assert "external id" in refusal.message


def test_a_refused_log_in_is_read():
    refusal = read_body(400, recorded("restforce/refresh_error_response.json"))

    assert refusal.code == "invalid_grant"
    assert refusal.message == "expired access/refresh token"


def test_the_identity_service_answers_with_a_bare_word():
    assert read_body(403, b"Bad_OAuth_Token").kind is Kind.SESSION


def test_every_kind_says_what_to_do():
    assert set(WORDS) == set(Kind)
    assert all(text.title and text.todo for text in WORDS.values())
    assert words("lock") == WORDS[Kind.LOCK]
    assert words("of_no_kind") is None


@settings(deadline=None, max_examples=200)
@given(status=st.integers(300, 599), body=st.binary(max_size=200))
def test_any_body_gives_a_refusal(status, body):
    refusal = read_body(status, body)

    assert refusal.kind in set(Kind)
    assert refusal.code
    assert refusal.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errorCode", "statusCode", "message", "fields", "error"]),
            inner,
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(value=json_values)
def test_any_json_gives_a_refusal(value):
    refusal = read_body(400, json.dumps(value).encode())

    assert refusal.code
    assert all(isinstance(name, str) for name in refusal.fields)
