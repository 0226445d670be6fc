"""What a managed mapping proposes for any survey, and for an org as it is."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.managed import RESPONSE, State, document, kept_names, propose
from crm_mappings.plan.managed.names import api_name
from crm_mappings.plan.managed.table import labelled
from crm_mappings.plan.managed.wishes import TYPES
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from surveys import definition
from tests.factories.kinds import of_kind
from tests.factories.plan import (
    case,
    contact,
    make_field,
    make_object,
    picklist,
    survey,
)
from tests.factories.surveys import nps
from tests.surveys.strategies import documents

API_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")
RECORDS = ("Case", "Contact", "Account")
LENGTHS = {"Url": 255, "Email": 80, "Phone": 40, "MultiselectPicklist": 4099}


def an_org(**more):
    account = make_object("Account", make_field("Name", nillable=False), prefix="001")
    return {"Case": case(), "Contact": contact(), "Account": account, **more}


def deployed(plan):
    """The field of a plan as the org describes it afterwards."""
    wish = plan.wish
    return FieldSchema(
        name=plan.name,
        label=plan.label,
        type=TYPES[wish.type],
        length=wish.length or LENGTHS.get(wish.type, 255),
        precision=18 if wish.type == "Number" else 0,
        scale=wish.scale,
        external_id=wish.key,
        unique=wish.key,
        nillable=wish.type != "Checkbox",
        picklist=plan.values,
        reference_to=(wish.refers,) if wish.refers else (),
    )


def after(proposal, schemas):
    """The org once everything is created."""
    made = dict(schemas)
    for one in proposal.objects:
        there = dict(made[one.name].fields) if one.name in made else {}
        there |= {field.name: deployed(field) for field in one.new}
        there.setdefault("Name", make_field("Name"))
        made[one.name] = ObjectSchema(
            name=one.name, label=one.label, key_prefix="a00", fields=there
        )
    return made


def proposed(*questions, org=None, records=RECORDS, **options):
    asked = survey(*questions, **options) if questions else survey()
    return propose(asked, records=records, schemas=org or an_org())


def fields(proposal, name=RESPONSE):
    plan = next(one for one in proposal.objects if one.name == name)
    return {field.name: field for field in plan.fields}


@settings(deadline=None, max_examples=40)
@given(documents(), st.lists(st.sampled_from(RECORDS), unique=True))
def test_any_survey_gets_names_that_salesforce_takes_and_a_mapping_that_fits(
    asked, records
):
    read = definition.parse(asked)

    proposal = propose(read, records=records, schemas=an_org())

    assert propose(read, records=records, schemas=an_org()) == proposal
    for one in proposal.objects:
        names = [field.name for field in one.fields]
        assert all(API_NAME.match(name) and len(name) <= 40 for name in names)
        assert len({name.lower() for name in names}) == len(names)
        assert all(0 < len(field.label) <= 40 for field in one.fields)
    made = document(proposal, key="managed", name="Managed", connection="production")
    spec = rules.parse(made)
    org = after(proposal, an_org())
    graded = {finding.grade for finding in check(spec, org, read)}
    assert "will_fail" not in graded
    again = propose(read, records=records, schemas=org, kept=kept_names(spec))
    assert again.complete
    assert again.count(State.CREATE) == again.count(State.EXTEND) == 0
    assert propose(read, records=records, schemas=org).complete
    assert (
        document(again, key="managed", name="Managed", connection="production") == made
    )


def test_each_kind_has_the_fields_of_the_table():
    kinds = ("nps", "rating", "matrix", "ranking", "contact", "file", "statement")
    counted = {}
    for kind in kinds:
        proposal = proposed(of_kind(kind, "asked"), variables=[], records=())
        own = [one for one in proposal.response.fields if one.part == "question"]
        counted[kind] = len(own)
    assert counted == {
        "nps": 3,
        "rating": 2,
        "matrix": 4,  # two a row
        "ranking": 3,  # one a choice
        "contact": 3,
        "file": 2,
        "statement": 0,
    }


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("nps", "Number"),
        ("single_choice", "Picklist"),
        ("multiple_choice", "MultiselectPicklist"),
        ("short_text", "Text"),
        ("long_text", "LongTextArea"),
        ("slider", "Number"),
        ("email", "Email"),
        ("phone", "Phone"),
        ("url", "Url"),
        ("date", "Date"),
        ("datetime", "DateTime"),
        ("consent", "Checkbox"),
    ],
)
def test_a_kind_has_the_type_that_fits_it(kind, type_):
    found = fields(proposed(of_kind(kind, "asked"), variables=[]))

    assert found["Asked__c"].wish.type == type_


def test_a_response_looks_up_each_record_that_it_is_about():
    found = fields(proposed())

    assert found["Case__c"].wish.refers == "Case"
    assert found["Contact__c"].wish.refers == "Contact"


def test_nothing_can_look_up_a_task_so_its_id_is_kept():
    org = an_org(Task=make_object("Task", prefix="00T"))

    found = fields(proposed(org=org, records=["Task"]))

    assert found["Task__c"].wish.type == "Text"


def test_an_object_that_is_not_seen_is_left_out_in_words():
    proposal = proposed(records=["Case", "Order__c"])

    assert "Order__c__c" not in fields(proposal)
    assert ["Order__c" in text for text in proposal.left_out] == [True]


def test_a_field_of_another_type_is_left_alone_and_another_name_taken():
    there = make_object(RESPONSE, make_field("NPS__c", "picklist"))

    found = fields(proposed(nps(), org=an_org(**{RESPONSE: there})))

    assert found["NPS_2__c"].instead_of == ("NPS__c",)
    assert found["NPS_2__c"].state == State.CREATE


def test_a_field_that_fits_is_used_as_it_is_called_there():
    there = make_object(RESPONSE, make_field("nps__c", "double", precision=18))

    found = fields(proposed(nps(), org=an_org(**{RESPONSE: there})))

    assert found["nps__c"].state == State.EXISTS


def test_a_picklist_keeps_its_values_and_gets_those_that_it_lacks():
    there = make_field("Topics__c", "multipicklist", picklist=picklist("old", "speed"))
    org = an_org(**{RESPONSE: make_object(RESPONSE, there)})

    topics = fields(proposed(org=org))["Topics__c"]

    assert topics.state == State.EXTEND
    assert [one.value for one in topics.values][:2] == ["old", "speed"]
    assert topics.lacking == len(topics.values) - 2


def test_the_last_nps_is_kept_on_the_contact_and_the_account():
    proposal = proposed()

    assert [one.name for one in proposal.objects] == [RESPONSE, "Contact", "Account"]
    assert list(fields(proposal, "Contact")) == [
        "Tellback_Last_NPS__c",
        "Tellback_Last_NPS_Date__c",
        "Tellback_Last_NPS_Group__c",
    ]


def test_without_an_nps_question_nothing_is_rolled_up():
    proposal = proposed(of_kind("rating"), variables=[])

    assert [one.name for one in proposal.objects] == [RESPONSE]


def test_a_question_keeps_its_field_when_another_would_take_its_name():
    before = proposed(nps())
    spec = rules.parse(
        document(before, key="managed", name="Managed", connection="production")
    )
    newer = {"key": "nps_group", "kind": "short_text", "text": {"en": "Group?"}}
    asked = survey(newer, nps())

    proposal = propose(asked, records=[], schemas=an_org(), kept=kept_names(spec))

    by_source = {field.source: field.name for field in proposal.response.fields}
    old = {field.source: field.name for field in before.response.fields}
    assert {key: old[key] for key in old if key in by_source} == {
        key: by_source[key] for key in old if key in by_source
    }
    assert "NPS_Group_2__c" in by_source.values()


def test_a_long_key_is_cut_and_still_told_from_its_like():
    one, other = api_name(("a" * 40, "group")), api_name(("a" * 40, "label"))

    assert one != other
    assert len(one) <= 40
    assert API_NAME.match(one)


def test_a_survey_with_too_many_questions_says_what_finds_no_place():
    many = [of_kind("short_text", f"q{number}") for number in range(250)]

    proposal = proposed(*many, variables=[], records=())

    assert proposal.left_out
    assert len(proposal.response.fields) == 200


def test_many_choices_are_kept_as_a_text():
    choices = [
        {"key": f"choice_{number}", "label": {"en": str(number)}}
        for number in range(150)
    ]

    found = fields(proposed(of_kind("multiple_choice", "asked", choices=choices)))

    assert found["Asked__c"].wish.type == "LongTextArea"


def test_a_label_says_what_part_it_is_however_long_the_question():
    label = labelled("How likely is it that you would recommend us?", "Group")

    assert label.endswith("… – Group")
    assert len(label) <= 40


def test_a_name_that_cannot_be_written_has_no_rule():
    there = make_object(RESPONSE, make_field("Name", createable=False))
    proposal = proposed(org=an_org(**{RESPONSE: there}))

    made = document(proposal, key="m", name="M", connection="c")

    assert "Name" not in {rule["field"] for rule in made["steps"][0]["fields"]}
