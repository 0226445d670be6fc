"""What earlier steps found and made, read by later ones: values, conditions, finders."""

import pytest

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.planner import Found, Match, StepRef, further, lookups, plan
from crm_mappings.plan.schema import PicklistValue
from tests.factories.plan import (
    CONTACT,
    facts,
    make_field,
    make_object,
    mapping,
    rule,
    schemas,
    step,
    survey,
)
from tests.factories.surveys import nps

ACCOUNT = "001D000000IRFmaIAH"
OBJECTS = schemas(
    make_object(
        "Contact",
        make_field("Email", "email"),
        make_field("FirstName", length=40),
        make_field("LastName", length=80, nillable=False),
        make_field("AccountId", "reference", reference_to=("Account",)),
        make_field("Photo__c", "base64"),
        make_field("Interests__c", "multipicklist"),
        make_field(
            "Level__c",
            "picklist",
            restricted_picklist=True,
            picklist=(
                PicklistValue(value="Gold", label="Gold"),
                PicklistValue(value="Tin", label="Tin", active=False),
            ),
        ),
        make_field("Score__c", "double", precision=5, scale=2),
        make_field("Vip__c", "boolean", nillable=False),
        make_field("Since__c", "date"),
        prefix="003",
    ),
    make_object(
        "Account",
        make_field("Name", nillable=False),
        make_field("Last_NPS__c", "double", precision=2),
        prefix="001",
    ),
    make_object(
        "Task",
        make_field("Subject", length=60),
        make_field("Description", "textarea"),
        make_field("Points__c", "double", precision=3, scale=2),
        make_field(
            "Level__c",
            "picklist",
            restricted_picklist=True,
            picklist=(PicklistValue(value="Gold", label="Gold"),),
        ),
        make_field("WhatId", "reference", reference_to=("Account", "Case")),
        make_field("WhoId", "reference", reference_to=("Contact", "Lead")),
        prefix="00T",
    ),
)
WHO = step(
    key="who",
    action="find",
    object="Contact",
    find=[{"email": "Email", "value": {"response": "recipient_email"}}],
    no_match="skip",
)
THEIRS = [{"field": "Id", "value": {"step": "who", "facet": "AccountId"}}]


def firm(**options):
    given = {"find": THEIRS, "key": "firm", "object": "Account", "no_match": "skip"}
    return step(rule("Last_NPS__c", "nps"), **{**given, **options})


def task(*rules_, **options):
    return step(*rules_, key="task", action="create", object="Task", **options)


def known(**options):
    return facts(response={"recipient_email": "ada@example.com"}, **options)


def answered(spec, *rounds, facts_=None):
    """The plan, with answers to each round of questions in turn."""
    told, found = facts_ or known(), Found()
    asked = lookups(told, spec, OBJECTS)
    for matches in rounds:
        found = Found(
            matches={**found.matches, **dict(zip(asked, matches, strict=True))}
        )
        asked = further(told, spec, OBJECTS, found)
    assert asked == ()
    return plan(told, spec, OBJECTS, found)


def ada(**fields):
    given = {"FirstName": "Ada", "AccountId": ACCOUNT, **fields}
    return (Match(id=CONTACT, fields=given),)


def test_only_what_later_steps_read_is_asked_for():
    spec = mapping(
        WHO,
        task(
            rule("Subject", {"template": "Call {{step.who.FirstName}}"}),
            condition={"step": "who", "facet": "Level__c", "op": "eq", "value": "Gold"},
        ),
        firm(),
    )

    (asked,) = lookups(known(), spec, OBJECTS)

    assert set(asked.fields) == {"FirstName", "Level__c", "AccountId"}


def test_a_field_of_a_record_that_was_found_is_written_elsewhere():
    spec = mapping(
        WHO,
        task(
            rule("Subject", {"template": "Call {{step.who.FirstName}}"}),
            rule("WhatId", {"step": "who", "facet": "AccountId"}),
            rule("Level__c", {"step": "who", "facet": "Level__c"}),
        ),
    )

    made = answered(spec, [ada(Level__c="Gold")])

    assert made.writes[0].fields == {
        "Subject": "Call Ada",
        "WhatId": ACCOUNT,
        "Level__c": "Gold",
    }


def test_a_field_is_read_as_the_earlier_step_leaves_it():
    spec = mapping(
        step(
            rule("FirstName", "name"),
            key="who",
            object="Contact",
            find=[{"record": "Contact"}],
        ),
        task(rule("Subject", {"step": "who", "facet": "FirstName"})),
    )
    told = known(records={"Contact": CONTACT})

    for typed, expected in (("Augusta", "Augusta"), ("", "Ada")):
        told = known(answers={"name": typed}, records={"Contact": CONTACT})
        made = answered(spec, [ada()], facts_=told)
        assert made.writes[-1].fields == {"Subject": expected}


def test_of_a_record_that_is_made_its_id_and_what_is_written_are_known():
    spec = mapping(
        step(
            rule("LastName", {"constant": "Unknown"}),
            key="who",
            action="create",
            object="Contact",
        ),
        task(
            rule("WhoId", {"step": "who"}),
            rule(
                "Subject", {"template": "{{step.who.LastName}}{{step.who.FirstName}}"}
            ),
            rule("Description", {"step": "who", "facet": "FirstName"}),
            rule("WhatId", {"step": "who", "facet": "AccountId"}),
        ),
    )

    made = answered(spec)

    assert made.writes[1].fields == {"WhoId": StepRef(step="who"), "Subject": "Unknown"}


@pytest.mark.parametrize(
    ("matches", "expected"), [([ada()], "found"), ([()], "created")]
)
def test_a_later_step_may_ask_whether_a_record_was_found_or_made(matches, expected):
    spec = mapping(
        step(
            rule("LastName", {"constant": "Unknown"}),
            key="who",
            object="Contact",
            action="upsert",
            find=[{"email": "Email", "value": {"response": "recipient_email"}}],
        ),
        task(
            rule("Subject", {"step": "who", "facet": "outcome"}),
            condition={
                "step": "who",
                "facet": "outcome",
                "op": "eq",
                "value": expected,
            },
        ),
    )

    made = answered(spec, matches)

    assert made.writes[-1].fields == {"Subject": expected}


def test_what_an_earlier_try_has_made_is_not_called_found():
    spec = mapping(
        WHO,
        task(rule("Subject", {"step": "who", "facet": "outcome"})),
    )
    told = known()
    (asked,) = lookups(told, spec, OBJECTS)
    found = Found(matches={asked: ada()}, made=frozenset({"who"}))

    made = plan(told, spec, OBJECTS, found)

    assert made.writes[0].fields == {"Subject": "created"}


def test_a_record_is_found_by_a_field_of_the_record_before():
    spec = mapping(WHO, firm())
    (first,) = lookups(known(), spec, OBJECTS)
    found = Found(matches={first: ada()})

    (second,) = further(known(), spec, OBJECTS, found)

    assert (second.object, second.field, second.value) == ("Account", "Id", ACCOUNT)
    assert second.fields == ("Last_NPS__c",)
    made = answered(spec, [ada()], [(Match(id=ACCOUNT),)])
    assert [(one.object, one.record_id) for one in made.writes] == [
        ("Account", ACCOUNT)
    ]


def test_where_nothing_was_found_nothing_further_is_asked():
    made = answered(mapping(WHO, firm()), [()])

    assert made.writes == ()
    assert "no value to look for" in made.skipped[-1].reason


def test_a_chain_of_three_records_is_asked_in_three_rounds():
    by_name = [{"field": "Subject", "value": {"step": "firm", "facet": "Name"}}]
    spec = mapping(
        WHO,
        firm(),
        step(
            rule("Description", "why"),
            key="task",
            object="Task",
            find=by_name,
            several="newest",
        ),
    )
    told = known(answers={"nps": 3, "why": "Slow"})
    acme = Match(id=ACCOUNT, fields={"Name": "Acme"})

    made = answered(
        spec, [ada()], [(acme,)], [(Match(id="00TD000000IRFmaIAH"),)], facts_=told
    )

    assert [one.step for one in made.writes] == ["firm", "task"]


def test_a_record_that_is_only_being_made_finds_no_other():
    spec = mapping(
        step(
            rule("LastName", {"constant": "Unknown"}),
            key="who",
            action="create",
            object="Contact",
        ),
        step(
            rule("Description", "why"),
            key="task",
            object="Task",
            find=[{"field": "WhoId", "value": {"step": "who"}}],
            no_match="skip",
        ),
    )

    assert [one.step for one in answered(spec).writes] == ["who"]


def test_an_open_variable_chooses_no_record_by_way_of_a_field():
    spec = mapping(
        step(
            rule("FirstName", {"variable": "campaign"}),
            key="who",
            object="Contact",
            find=[{"record": "Contact"}],
        ),
        firm(find=[{"field": "Name", "value": {"step": "who", "facet": "FirstName"}}]),
    )
    told = known(records={"Contact": CONTACT}, variables={"campaign": "Acme"})

    made = answered(spec, [ada()], facts_=told)

    assert [one.code for one in made.problems] == ["open_variable"]
    given = check(spec, OBJECTS, survey())
    assert any("campaign" in one.message for one in given if one.grade == "will_fail")


def messages(*steps, grade="will_fail", asked=None):
    given = check(mapping(*steps), OBJECTS, asked or survey())
    return [f"{one.message} {one.hint}" for one in given if one.grade == grade]


@pytest.mark.parametrize(
    ("source", "field", "words"),
    [
        ({"step": "who", "facet": "FirstNam"}, "Subject", "FirstName"),
        ({"step": "who", "facet": "Photo__c"}, "Subject", "no later step"),
        ({"template": "{{step.who.Nothing}}"}, "Subject", "no field Nothing"),
        ({"step": "who", "facet": "AccountId"}, "WhoId", "not to Account"),
        ({"step": "who", "facet": "Vip__c"}, "WhatId", "id of a record"),
    ],
)
def test_what_a_step_cannot_give_will_fail(source, field, words):
    (message,) = messages(WHO, task(rule(field, source)))

    assert words in message


@pytest.mark.parametrize(
    ("source", "field", "words"),
    [
        ({"step": "who", "facet": "LastName"}, "Subject", "80 characters"),
        ({"step": "who", "facet": "Score__c"}, "Points__c", "999"),
        ({"step": "who", "facet": "Level__c"}, "Level__c", "Tin"),
    ],
)
def test_what_a_step_may_give_may_fail(source, field, words):
    (message,) = messages(WHO, task(rule(field, source)), grade="may_fail")

    assert words in message


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"step": "who", "facet": "FirstName"}, "Subject"),
        ({"step": "who", "facet": "outcome"}, "Subject"),
        ({"step": "who", "facet": "AccountId"}, "WhatId"),
        ({"step": "who", "facet": "Since__c"}, "Subject"),
        ({"step": "who", "facet": "Interests__c"}, "Description"),
    ],
)
def test_what_a_step_gives_is_proved_by_its_description(source, field):
    steps = (WHO, task(rule(field, source, transforms=[])))

    assert messages(*steps) == []
    assert messages(*steps, grade="may_fail") == [] or field == "Description"


def test_a_required_field_is_not_sure_by_what_may_not_be_there():
    contact = step(
        rule("LastName", {"step": "who", "facet": "LastName"}),
        key="new",
        action="create",
        object="Contact",
    )

    (message,) = messages(WHO, contact, grade="may_fail", asked=survey(nps()))

    assert "needs" in message


def test_what_is_not_known_of_a_new_record_is_said():
    new = step(
        rule("LastName", {"constant": "Unknown"}),
        key="who",
        action="create",
        object="Contact",
    )
    read = {"step": "who", "facet": "FirstName"}

    notes = messages(new, task(rule("Subject", read)), grade="note")

    assert any("nothing is known yet" in one for one in notes)


def test_a_condition_may_ask_for_a_field_and_is_checked_by_its_type():
    def asks(facet, op, value):
        compared = {"step": "who", "facet": facet, "op": op, "value": value}
        return messages(WHO, task(rule("Subject", "why"), condition=compared))

    assert asks("Score__c", "gt", 5) == []
    assert asks("Level__c", "eq", "Gold") == []
    assert asks("outcome", "eq", "found") == []
    assert "is not" in asks("Score__c", "gt", "many")[0]
    assert "no choice" in asks("Level__c", "eq", "Silver")[0]
    assert "no choice" in asks("outcome", "eq", "lost")[0]
    assert "does not exist" in asks("Nothing", "eq", "x")[0]


def test_a_step_that_writes_to_several_records_gives_no_field():
    every = step(rule("FirstName", "name"), key="who", object="Contact", several="all")
    with pytest.raises(rules.MappingError, match="several records"):
        mapping(every, task(rule("Subject", {"template": "{{step.who.LastName}}"})))
    condition = {"step": "who", "facet": "LastName", "op": "answered"}
    with pytest.raises(rules.MappingError, match="several records"):
        mapping(every, task(rule("Subject", "why"), condition=condition))


@pytest.mark.parametrize(
    "source",
    [
        {"step": "who", "facet": "AccountId"},
        {"step": "who", "or": "case", "facet": "AccountId"},
        {"template": "{{step.who.FirstName}} and {{nps}}"},
    ],
)
def test_a_source_that_reads_a_step_keeps_its_document(source):
    case = step(rule("Subject", "why"), key="case", object="Task")
    spec = mapping(WHO, case, task(rule("Subject", source)))

    document = rules.to_document(spec)

    assert document["steps"][2]["fields"][0]["value"] == source
    assert rules.parse(document) == spec
