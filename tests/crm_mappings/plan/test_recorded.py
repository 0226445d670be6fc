"""The static check held against objects as real orgs have described them."""

import pytest

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.planner import plan
from crm_mappings.plan.schema import parse_describe
from tests.crm_mappings.plan.test_properties import assert_fits
from tests.factories.plan import (
    document,
    facts,
    found,
    mapping,
    recorded,
    rule,
    step,
    survey,
)

NAMES = (
    "Account",
    "Contact",
    "cumulusci-v52-GET_sobjects_Case_describe",
    "cumulusci-v52-GET_sobjects_Contact_describe",
    "cumulusci-v52-GET_sobjects_Opportunity_describe",
)
TEXT = {"en": "?"}
ASKED = survey(
    {"key": "nps", "kind": "nps", "text": TEXT},
    {"key": "why", "kind": "long_text", "text": TEXT, "max_length": 5000},
    {"key": "line", "kind": "short_text", "text": TEXT, "max_length": 255},
    {"key": "mail", "kind": "email", "text": TEXT},
    {"key": "day", "kind": "date", "text": TEXT},
    {"key": "sum", "kind": "number", "text": TEXT},
    {"key": "yes", "kind": "consent", "text": TEXT},
    {
        "key": "many",
        "kind": "multiple_choice",
        "text": TEXT,
        "choices": [
            {"key": key, "label": {"en": key.title()}} for key in ("web", "phone")
        ],
    },
)
# The widest answers that each question takes.
ANSWERS = {
    "nps": 10,
    "why": "ö" * 5000,
    "line": "🙂" * 255,
    "mail": f"{'a' * 64}@{'b' * 60}.example",
    "day": "2024-02-29",
    "sum": -999_999_999_999.999,
    "yes": True,
    "many": ["web", "phone"],
}
SOURCES = [
    *({"question": key} for key in ANSWERS),
    {"question": "nps", "facet": "group"},
    {"question": "many", "facet": "has:web"},
    {"response": "completed_at"},
    {"constant": "x"},
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_proved_against_a_real_object_fits_it(name):
    schema = parse_describe(recorded(name))
    proved = 0
    for field in schema.fields.values():
        for source in SOURCES:
            spec = rules.parse(
                document(
                    step(
                        rule(field.name, source),
                        object=schema.name,
                        find=[{"record": schema.name}],
                    )
                )
            )
            grades = {
                one.grade
                for one in check(spec, {schema.name: schema}, ASKED)
                if one.field == field.name
            }
            if not field.updateable:
                assert "will_fail" in grades
            if grades & {"will_fail", "may_fail"}:
                continue
            proved += 1
            record = f"{schema.key_prefix}000000000001"
            known = facts(ANSWERS, definition=ASKED, records={schema.name: record})
            objects = {schema.name: schema}
            made = plan(known, spec, objects, found(known, spec, objects, record))
            assert made.problems == ()
            for write in made.writes:
                assert write.fields
                assert_fits(write, schema, values=None)
    assert proved > 50


def test_a_mapping_onto_a_real_case_is_graded_rule_by_rule():
    schema = parse_describe(recorded("cumulusci-v52-GET_sobjects_Case_describe"))
    spec = mapping(
        step(
            rule("Subject", "line"),
            rule("Description", "why"),
            rule("CaseNumber", "line"),
            rule("Priority", {"constant": "High"}),
            rule("Nowhere__c", "nps"),
        )
    )

    graded: dict[str, str] = {}
    for one in check(spec, {"Case": schema}, ASKED):
        if one.field and one.grade != "note":
            graded.setdefault(one.field, one.grade)

    assert graded == {
        "Subject": "fine",
        "Description": "fine",
        "CaseNumber": "will_fail",
        "Priority": "fine",
        "Nowhere__c": "will_fail",
    }


def test_a_real_contact_needs_a_last_name():
    schema = parse_describe(recorded("Contact"))
    spec = mapping(
        step(rule("FirstName", "line"), action="create", object="Contact", find=[])
    )

    said = [
        one.field
        for one in check(spec, {"Contact": schema}, ASKED)
        if one.grade == "will_fail"
    ]

    assert "LastName" in said
