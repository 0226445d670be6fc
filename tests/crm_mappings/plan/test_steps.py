"""Steps that depend on each other, and what is chosen by name in every org."""

import pytest

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.planner import Match, StepRef, lookups
from crm_mappings.plan.schema import RecordType, parse_describe
from tests.factories.plan import (
    CASE,
    CONTACT,
    case,
    contact,
    document,
    facts,
    make_field,
    make_object,
    mapping,
    picklist,
    planned,
    rule,
    schemas,
    step,
    survey,
)

BY_MAIL = {
    "key": "who",
    "action": "find",
    "object": "Contact",
    "find": [{"email": "Email", "value": {"response": "recipient_email"}}],
    "no_match": "skip",
}
TASK = make_object(
    "Task",
    make_field("Subject"),
    make_field("WhoId", "reference", reference_to=("Contact", "Lead")),
    prefix="00T",
)
LEAD = make_object("Lead", make_field("LastName"), prefix="00Q")
OBJECTS = schemas(case(), contact(), TASK, LEAD)


def find_or_create():
    return mapping(
        step(**BY_MAIL),
        step(
            rule("LastName", {"constant": "Unknown"}),
            key="lead",
            action="create",
            object="Lead",
            condition={"step": "who", "op": "blank"},
        ),
        step(
            rule("WhoId", {"step": "who", "or": "lead"}),
            key="task",
            action="create",
            object="Task",
        ),
    )


def known():
    return facts(response={"recipient_email": "ada@example.com"})


def test_what_was_found_is_used_and_nothing_is_made():
    made = planned(find_or_create(), known(), (Match(id=CONTACT),), schemas=OBJECTS)

    assert [write.step for write in made.writes] == ["task"]
    assert made.writes[0].fields == {"WhoId": CONTACT}
    assert [skip.step for skip in made.skipped] == ["lead"]


def test_what_was_not_found_is_made_and_used():
    made = planned(find_or_create(), known(), (), schemas=OBJECTS)

    assert [write.step for write in made.writes] == ["lead", "task"]
    assert made.writes[1].fields == {"WhoId": StepRef(step="lead")}


def test_a_step_that_asks_for_another_is_looked_up_in_any_case():
    spec = mapping(
        step(**BY_MAIL),
        step(rule("CSAT__c", "csat"), condition={"step": "who", "op": "answered"}),
    )

    asked = lookups(known(), spec, OBJECTS)

    assert [one.object for one in asked] == ["Contact", "Case"]


@pytest.mark.parametrize(
    ("steps", "options", "path"),
    [
        (
            [step(rule("CSAT__c", "csat"), condition={"step": "no", "op": "blank"})],
            {},
            "steps[0].condition",
        ),
        (
            [step(rule("CSAT__c", "csat", condition={"step": "case", "op": "blank"}))],
            {},
            "steps[0].fields[0].condition",
        ),
        (
            [step(rule("CSAT__c", "csat"))],
            {"condition": {"step": "case", "op": "blank"}},
            "condition",
        ),
        (
            [
                step(**BY_MAIL),
                step(rule("ContactId", {"step": "who", "or": "no"}), key="b"),
            ],
            {},
            "steps[1].fields[0].value",
        ),
        (
            [
                step(**BY_MAIL),
                step(
                    rule("Ext__c", "name", condition={"step": "who", "op": "blank"}),
                    key="b",
                    action="upsert",
                    key_field="Ext__c",
                ),
            ],
            {},
            "steps[1].key_field",
        ),
        ([step(rule("CSAT__c", "csat"), duplicates="no")], {}, "steps[0].duplicates"),
        ([step(rule("CSAT__c", "csat"))], {"trusts_links": "yes"}, "trusts_links"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(steps, options, path):
    with pytest.raises(rules.MappingError) as refused:
        rules.parse(document(*steps, **options))

    assert [problem.path for problem in refused.value.problems] == [path]


def test_everything_that_is_new_survives_the_document():
    first = step(
        rule("LastName", "name"),
        key="first",
        action="create",
        object="Contact",
        duplicates="save",
    )
    last = step(
        rule("ContactId", {"step": "who", "or": "first"}),
        condition={"step": "who", "op": "blank"},
    )
    spec = rules.parse(document(first, step(**BY_MAIL), last, trusts_links=True))

    assert rules.parse(rules.to_document(spec)) == spec
    assert spec.steps[0].duplicates == "save"
    assert spec.trusts_links


# Record types, by their names.

PARTNER = RecordType(
    id="012000000000001AAA",
    name="Partner case",
    developer_name="Partner_Case",
    active=True,
    available=True,
    default=False,
    master=False,
)
TYPED = case(
    make_field(
        "RecordTypeId",
        "reference",
        reference_to=("RecordType",),
        record_types=(PARTNER,),
    )
)


@pytest.mark.parametrize("named", ["Partner_Case", "Partner case", PARTNER.id[:15]])
def test_a_record_type_is_chosen_by_name_or_id(named):
    made = planned(
        mapping(step(rule("RecordTypeId", {"constant": named}))),
        schemas=schemas(TYPED),
    )

    assert made.writes[0].fields == {"RecordTypeId": PARTNER.id}


def test_a_record_type_that_is_not_there_is_refused_before_it_runs():
    spec = mapping(step(rule("RecordTypeId", {"constant": "Gone"})))

    (found,) = [one for one in check(spec, schemas(TYPED), survey()) if one.field]

    assert found.grade == "will_fail"
    assert "there is Partner_Case" in found.message


def test_only_record_types_that_the_user_may_choose_are_known():
    entry = {"active": True, "available": True, "recordTypeId": PARTNER.id}
    field = {"name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"]}
    described = parse_describe(
        {
            "name": "Case",
            "fields": [field],
            "recordTypeInfos": [
                {**entry, "name": "A", "developerName": "A"},
                {**entry, "name": "B", "developerName": "B", "available": False},
                {**entry, "name": "Master", "developerName": "Master", "master": True},
            ],
        }
    )

    types = described.fields["RecordTypeId"].record_types
    assert [one.developer_name for one in types] == ["A"]


# Who chooses the record.


def by_link(**options):
    return mapping(
        step(
            rule("CSAT__c", "csat"),
            find=[{"field": "SuppliedEmail", "value": {"variable": "campaign"}}],
        ),
        **options,
    )


def test_an_open_variable_chooses_no_record_unless_an_administrator_allows_it():
    given = facts(variables={"campaign": "ada@example.com"})

    refused = planned(by_link(), given)
    allowed = planned(by_link(trusts_links=True), given, (Match(id=CASE),))

    assert [problem.code for problem in refused.problems] == ["open_variable"]
    assert allowed.writes[0].record_id == CASE


def test_the_check_says_the_risk_in_either_case():
    refused = check(by_link(), schemas(), survey())
    allowed = check(by_link(trusts_links=True), schemas(), survey())

    assert any("Refused" in one.message for one in refused)
    assert not any(one.grade == "will_fail" for one in allowed)
    assert any("An administrator has allowed it" in one.message for one in allowed)


# May fail: for which answer.


@pytest.mark.parametrize(
    ("made", "example"),
    [
        (rule("NPS__c", "nps"), "10"),
        (rule("Short__c", "why"), "a text of 11 characters"),
        (rule("SuppliedEmail", "why"), "ask me later"),
        (rule("List__c", "name"), "something else"),
        (rule("Must__c", "csat", blank="clear"), "no answer"),
    ],
)
def test_what_may_fail_names_an_answer_that_does(made, example):
    wide = case(
        make_field("NPS__c", "double", precision=1),
        make_field("Short__c", length=10),
        make_field(
            "List__c", "picklist", picklist=picklist("A"), restricted_picklist=True
        ),
        make_field("Must__c", "double", precision=2, nillable=False),
    )
    spec = mapping(step(made))
    asked = survey(
        {"key": "nps", "kind": "nps", "text": {"en": "?"}},
        {"key": "csat", "kind": "rating", "text": {"en": "?"}, "min": 1, "max": 5},
        {"key": "why", "kind": "long_text", "text": {"en": "?"}},
        {"key": "name", "kind": "short_text", "text": {"en": "?"}},
    )

    found = [one for one in check(spec, schemas(wide), asked) if one.field]

    assert (found[0].grade, found[0].example) == ("may_fail", example)
