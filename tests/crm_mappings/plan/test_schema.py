"""Object descriptions and record ids, held to what real orgs said."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.plan.schema import (
    DescribeError,
    FieldSchema,
    PicklistValue,
    id18,
    is_id,
    parse_describe,
    valid_for,
)
from tests.factories.plan import DESCRIBES, make_field, recorded

NAMES = [
    "Account",
    "Contact",
    "cumulusci-v52-GET_sobjects_Case_describe",
    "cumulusci-v52-GET_sobjects_Contact_describe",
    "cumulusci-v52-GET_sobjects_Opportunity_describe",
]


@pytest.mark.parametrize("name", NAMES)
def test_recorded_descriptions_are_understood_whole(name):
    describe = recorded(name)

    schema = parse_describe(describe)

    assert schema.name == describe["name"]
    assert schema.key_prefix == describe["keyPrefix"]
    assert list(schema.fields) == [field["name"] for field in describe["fields"]]
    for entry in describe["fields"]:
        field = schema.fields[entry["name"]]
        assert field.length == entry["length"]
        assert field.writable("update") == entry["updateable"]
        assert len(field.picklist) == len(entry["picklistValues"])
    assert [one.name for one in schema.record_types] == ["Master"]


def test_what_a_new_record_needs_is_what_the_org_needs():
    account = parse_describe(recorded("Contact"))
    opportunity = parse_describe(
        recorded("cumulusci-v52-GET_sobjects_Opportunity_describe")
    )

    def needed(schema):
        return {one.name for one in schema.fields.values() if one.required_on_create}

    assert needed(account) == {"LastName"}
    assert needed(opportunity) == {"Name", "StageName", "CloseDate"}


def test_a_custom_external_id_is_a_key():
    field = parse_describe(recorded("Contact")).fields["Custom_External_ID__c"]

    assert field.external_id
    assert field.id_lookup
    assert field.unique
    assert field.title() == "Custom External ID (Custom_External_ID__c)"


def test_writable_asks_for_what_the_action_needs():
    once = make_field("Once__c", updateable=False)

    assert once.writable("create")
    assert not once.writable("update")
    assert not once.writable("upsert")
    assert make_field("Both__c").writable("upsert")


@pytest.mark.parametrize(("bits", "index"), [("gAAA", 0), ("QAAA", 1), ("AEAA", 9)])
def test_the_bits_of_dependent_picklists_count_from_the_left(bits, index):
    value = PicklistValue(value="a", label="a", valid_for=bits)

    assert [place for place in range(40) if valid_for(value, place)] == [index]


def test_bits_that_cannot_be_read_allow_nothing():
    assert not valid_for(PicklistValue(value="a", label="a", valid_for="gAA"), 0)


@pytest.mark.parametrize(
    "describe",
    [
        {},
        {"name": "Case"},
        {"name": "", "fields": []},
        {"name": "Case", "fields": [{"name": "A"}]},
        {"name": "Case", "fields": [{"name": "A", "type": "string", "length": "x"}]},
        {"name": "Case", "fields": 3},
        {"name": "C", "fields": [], "recordTypeInfos": [{"recordTypeId": "1"}]},
        {"name": "C", "fields": [{"name": "A", "type": "string", "picklistValues": 1}]},
        [],
    ],
)
def test_what_is_no_description_is_refused_in_words(describe):
    with pytest.raises(DescribeError, match="not the description"):
        parse_describe(describe)


def test_a_sparse_description_has_safe_values():
    schema = parse_describe(
        {"name": "X__c", "fields": [{"name": "A__c", "type": "string"}]}
    )

    assert schema.label == "X__c"
    assert not schema.createable
    assert schema.fields["A__c"] == FieldSchema(
        name="A__c",
        label="A__c",
        type="string",
        nillable=False,
        createable=False,
        updateable=False,
    )


def recorded_ids():
    """Every id of 18 characters that stands as a value in the recordings."""
    found = set()
    for path in DESCRIBES.parent.glob("recorded/**/*"):
        if path.is_file():
            text = path.read_text(errors="replace")
            found |= set(re.findall(r'"(?:id|Id)"\s*:\s*"([0-9A-Za-z]{18})"', text))
    return found


def test_ids_of_recorded_answers_are_spelled_as_salesforce_spells_them():
    ids = recorded_ids()
    if not ids:
        pytest.skip("the recordings are not here")

    wrong = {one for one in ids if id18(one[:15]) != one}

    assert len(ids) > 20
    assert not wrong


def test_a_short_id_gets_its_suffix():
    assert id18("001ak00000OQTie") == "001ak00000OQTieAAH"


@settings(deadline=None)
@given(st.from_regex(r"[0-9A-Za-z]{15}", fullmatch=True))
def test_long_ids_are_understood_in_any_spelling(short):
    whole = id18(short)

    assert is_id(short)
    assert whole[:15] == short
    assert id18(whole) == id18(whole.lower()) == id18(whole.upper()) == whole


@settings(deadline=None)
@given(st.one_of(st.text(), st.integers(), st.none()))
def test_anything_else_is_no_id(text):
    if not re.fullmatch(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", str(text)):
        assert not is_id(text)


def test_a_suffix_that_calls_a_digit_a_capital_is_refused():
    assert not is_id("001000000000000AAB")
    assert not is_id("001ak00000OQTie789")


def test_the_recordings_are_json():
    assert json.dumps(recorded("Account"))
