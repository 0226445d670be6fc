"""What became different between two descriptions, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_mappings.plan.drift import differences
from crm_mappings.plan.schema import (
    FieldSchema,
    ObjectSchema,
    PicklistValue,
    RecordType,
    controlling_values,
)


def text(**changes) -> FieldSchema:
    return FieldSchema(
        **{"name": "Why__c", "label": "Why", "type": "string", "length": 80} | changes
    )


def case(*fields: FieldSchema, **changes) -> ObjectSchema:
    known = {one.name: one for one in fields or (text(),)}
    return ObjectSchema(**{"name": "Case", "label": "Case", "fields": known} | changes)


def said(before: ObjectSchema, after: ObjectSchema | None) -> list[str]:
    return [f"{one.field}: {one.text}" for one in differences("Case", before, after)]


def test_what_is_the_same_says_nothing():
    assert differences("Case", case(), case()) == ()


def test_an_object_that_is_gone_is_one_change():
    [change] = differences("Case", case(), None)

    assert (change.object, change.field) == ("Case", "")
    assert "gone" in change.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"type": "textarea"}, "string is now textarea"),
        ({"length": 40}, "80 is now 40"),
        ({"label": "Reason"}, "Why is now Reason"),
        ({"createable": False}, "not be set on new records"),
        ({"updateable": False}, "may not be changed"),
        ({"nillable": False}, "required"),
        ({"unique": True}, "unique"),
        ({"external_id": True}, "external id"),
        ({"restricted_picklist": True}, "Only its listed values"),
        ({"controller": "Status"}, "– is now Status"),
        ({"reference_to": ("User",)}, "User"),
        ({"picklist": (PicklistValue(value="a", label="A"),)}, "New values: a"),
    ],
)
def test_each_difference_of_a_field_is_said(changed, words):
    [line] = said(case(), case(text(**changed)))

    assert line.startswith("Why__c: ")
    assert words in line


def test_a_value_that_is_not_active_any_more_is_gone():
    active = PicklistValue(value="High", label="High")
    before = case(text(picklist=(active,)))
    after = case(text(picklist=(replace(active, active=False),)))

    assert said(before, after) == ["Why__c: Values gone: High"]


def test_new_and_lost_fields_are_said():
    other = text(name="New__c", label="New", nillable=False)

    lines = said(case(), case(other))

    assert any("New__c: A new field" in line for line in lines)
    assert any("New__c: It is required" in line for line in lines)
    assert any("Why__c: The field is gone" in line for line in lines)


def test_rights_and_record_types_of_the_object_are_said():
    kind = RecordType(
        id="012000000000000AAA",
        name="Support",
        developer_name="Support",
        active=True,
        available=True,
        default=False,
        master=False,
    )

    lines = said(case(), case(createable=False, updateable=False, record_types=(kind,)))

    assert ": Records may not be created any more." in lines
    assert ": Records may not be changed any more." in lines
    assert ": New record types: Support" in lines


def test_what_a_dependent_value_may_stand_beside_is_read_from_its_bits():
    ruling = FieldSchema(
        name="Type",
        label="Type",
        type="picklist",
        picklist=tuple(PicklistValue(value=v, label=v) for v in "abc"),
    )
    # 0xA0: the first and the third.
    value = PicklistValue(value="x", label="x", valid_for="oAAA")

    assert controlling_values(value, ruling) == ["a", "c"]
    box = FieldSchema(name="On", label="On", type="boolean")
    assert controlling_values(value, box) == ["false"]


def test_other_allowed_values_of_a_dependent_picklist_are_said():
    value = PicklistValue(value="x", label="x", valid_for="oAAA")
    before = case(text(controller="Type", picklist=(value,)))
    after = case(text(controller="Type", picklist=(replace(value, valid_for="gAAA"),)))

    assert said(before, after) == ["Why__c: Other values allow these now: x"]
