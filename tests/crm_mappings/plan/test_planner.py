"""What a response writes, and why it writes nothing."""

from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from crm_mappings.plan.planner import (
    Found,
    Lookup,
    Match,
    StepRef,
    WritePlan,
    lookups,
    plan,
)
from tests.factories.plan import (
    CASE,
    CONTACT,
    KEY,
    case,
    contact,
    facts,
    make_field,
    make_object,
    mapping,
    planned,
    rule,
    schemas,
    step,
    survey,
)

OTHER = "500D000001AbCdFIAV"
EMAIL = {"email": "Email", "value": {"variable": "email"}}
LOW = {"question": "nps", "op": "le", "value": 6}
CSAT = rule("CSAT__c", "csat")


def only(items):
    [item] = items
    return item


def codes(given):
    return [(one.step, one.field, one.code) for one in given.problems]


def find_contact(*fields, **options):
    return step(
        *fields,
        **{"key": "person", "object": "Contact", "find": [EMAIL], **options},
    )


def known(**variables):
    return facts(variables=variables)


# ---------------------------------------------------------------------- updates


def test_a_record_reference_is_updated():
    write = only(planned(mapping(step(CSAT, rule("Subject", "nps")))).writes)

    assert (write.action, write.object, write.record_id) == ("update", "Case", CASE)
    assert write.fields == {"CSAT__c": 4, "Subject": "9"}
    assert write.note == f"Found by Id = “{CASE}”."
    assert write.refs == ()


def test_the_values_before_are_kept():
    spec, given = mapping(step(CSAT, rule("Subject", "why"))), facts()
    [asked] = lookups(given, spec, schemas())
    match = Match(id=CASE, fields={"CSAT__c": 1.0, "Subject": "Old"})

    write = only(plan(given, spec, schemas(), Found(matches={asked: (match,)})).writes)

    assert asked == Lookup(
        step="case",
        object="Case",
        field="Id",
        value=CASE,
        fields=("CSAT__c", "Subject"),
    )
    assert write.previous == {"CSAT__c": 1.0}


def test_a_filled_field_is_left_alone_when_the_rule_says_so():
    spec = mapping(step(rule("Subject", "csat", overwrite="if_blank")))

    def with_subject(subject):
        return planned(spec, facts(), [Match(id=CASE, fields={"Subject": subject})])

    assert with_subject("Help").writes == ()
    assert only(with_subject("Help").skipped).reason == f"Nothing to write to {CASE}."
    assert only(with_subject("").writes).fields == {"Subject": "4"}
    assert only(with_subject(None).writes).fields == {"Subject": "4"}


def test_a_blank_answer_clears_when_the_rule_says_so():
    spec = mapping(step(rule("Subject", "why", blank="clear")))

    assert only(planned(spec).writes).fields == {"Subject": None}


def test_nothing_to_say_writes_nothing():
    got = planned(mapping(step(rule("Subject", "why"))))

    assert got.writes == ()
    assert only(got.skipped).step == "case"
    assert got.problems == ()


# ------------------------------------------------------------------- conditions


def test_a_mapping_whose_condition_fails_asks_and_writes_nothing():
    spec = mapping(step(CSAT), condition=LOW)

    assert lookups(facts(), spec, schemas()) == ()
    got = planned(spec)
    assert got.writes == ()
    assert only(got.skipped).step is None


def test_a_step_whose_condition_fails_asks_and_writes_nothing():
    spec = mapping(step(CSAT, condition=LOW))

    assert lookups(facts(), spec, schemas()) == ()
    assert only(planned(spec).skipped).step == "case"


def test_a_field_whose_condition_fails_is_left_alone():
    spec = mapping(step(CSAT, rule("Subject", "nps", condition=LOW)))

    assert only(planned(spec).writes).fields == {"CSAT__c": 4}


def test_days_are_counted_from_the_answers():
    recent = {"response": "started_at", "op": "within_days", "value": 1}

    assert planned(mapping(step(CSAT, condition=recent))).writes


# ---------------------------------------------------------------- how it is found


def test_a_record_of_another_object_is_refused_in_words():
    got = planned(mapping(step(CSAT)), facts(records={"Case": CONTACT}))

    assert got.writes == ()
    problem = only(got.problems)
    assert problem.code == "wrong_record"
    assert "that is the id of Contact" in problem.message
    assert "writes to Case" in problem.message


def test_a_record_of_an_object_nobody_described_is_refused():
    given = facts(records={"Case": "a00000000000001AAA"})

    assert (
        "another object" in only(planned(mapping(step(CSAT)), given).problems).message
    )


def test_an_object_without_a_prefix_takes_any_record():
    objects = schemas(make_object("Case", make_field("Subject"), prefix=""))

    got = planned(mapping(step(rule("Subject", "csat"))), schemas=objects)

    assert got.writes


def test_a_reference_that_is_no_id_is_refused():
    got = planned(mapping(step(CSAT)), facts(records={"Case": "5001"}))

    assert codes(got) == [("case", None, "not_an_id")]


def test_a_short_reference_is_written_by_its_long_id():
    spec, given = mapping(step(CSAT)), facts(records={"Case": CASE[:15]})

    assert only(lookups(given, spec, schemas())).value == CASE


def test_no_reference_is_no_match():
    got = planned(mapping(step(CSAT)), facts(records={}))

    problem = only(got.problems)
    assert problem.code == "no_match"
    assert problem.message == "No Case was found: the response is about no Case."


def test_no_match_can_be_skipped():
    got = planned(mapping(step(CSAT, no_match="skip")), facts(records={}))

    assert only(got.skipped).reason.startswith("No Case was found")
    assert got.problems == ()


def test_the_first_finder_that_matches_wins():
    spec = mapping(
        step(
            CSAT,
            find=[
                {"external_id": "Ext__c", "value": {"variable": "number"}},
                {"email": "SuppliedEmail", "value": {"variable": "email"}},
                {"field": "Id", "value": {"variable": "case"}},
            ],
        )
    )
    given = known(number="A-1", email="ada@example.com", case=OTHER)

    assert [one.field for one in lookups(given, spec, schemas())] == [
        "Ext__c",
        "SuppliedEmail",
        "Id",
    ]
    got = planned(spec, given, (), [Match(id=CASE)], [Match(id=OTHER)])
    assert only(got.writes).record_id == CASE
    assert only(got.writes).note == "Found by SuppliedEmail = “ada@example.com”."


def test_a_blank_value_matches_nothing():
    spec = mapping(find_contact(rule("FirstName", "name")))

    assert lookups(known(email=" "), spec, schemas()) == ()
    problem = only(planned(spec, known(email=" ")).problems)
    assert "no value to look for in Email" in problem.message


def test_a_value_that_cannot_be_in_the_field_matches_nothing():
    spec = mapping(find_contact(rule("FirstName", "name")))

    problem = only(planned(spec, known(email="ada")).problems)

    assert problem.code == "no_match"
    assert "not an e-mail address" in problem.message


def test_a_finder_by_an_unknown_field_is_refused():
    finder = {"field": "Gone__c", "value": {"constant": "x"}}

    got = planned(mapping(step(CSAT, find=[finder])))

    assert codes(got) == [("case", None, "unknown_field")]


def test_whoever_follows_a_link_cannot_choose_the_record():
    finder = {"field": "Id", "value": {"variable": "campaign"}}
    spec, given = mapping(step(CSAT, find=[finder])), known(campaign=CASE)

    assert lookups(given, spec, schemas()) == ()
    assert codes(planned(spec, given)) == [("case", None, "open_variable")]


def several(choice):
    spec = mapping(find_contact(rule("FirstName", "csat"), several=choice))
    matches = [
        Match(id="003000000000002AAA", created_at="2026-02-01T00:00:00.000+0000"),
        Match(id="003000000000001AAA", created_at="2026-03-01T00:00:00.000+0000"),
        Match(id="003000000000002", created_at="2026-02-01T00:00:00.000+0000"),
    ]
    return planned(spec, known(email="ada@example.com"), matches)


def test_of_several_records_a_person_must_choose():
    problem = only(several("fail").problems)

    assert problem.code == "several_matches"
    assert problem.message.startswith("2 records of Contact have Email")


@pytest.mark.parametrize(("choice", "digit"), [("newest", "1"), ("oldest", "2")])
def test_of_several_records_the_rule_can_choose(choice, digit):
    write = only(several(choice).writes)

    assert write.record_id.startswith(f"00300000000000{digit}")
    assert f"the {choice} of 2" in write.note


def test_all_of_several_records_can_be_written():
    writes = several("all").writes

    assert [one.record_id[14] for one in writes] == ["2", "1"]
    assert "all 2" in writes[0].note


def test_one_problem_in_all_of_them_is_told_once():
    spec = mapping(find_contact(rule("Gone__c", "csat"), several="all"))
    matches = [Match(id="003000000000001AAA"), Match(id="003000000000002AAA")]

    got = planned(spec, known(email="ada@example.com"), matches)

    assert codes(got) == [("person", "Gone__c", "unknown_field")]


def test_a_lookup_knows_the_record_that_answers_it():
    asked = Lookup(step="a", object="Contact", field="Email", value="Ada@Example.com")

    assert asked.fits("ada@example.com")
    assert not asked.fits("bob@example.com")
    assert not asked.fits(None)
    assert replace(asked, value=3).fits(3.0)


# --------------------------------------------------------------------- new records


def new(*fields, **options):
    return step(
        *fields,
        **{"key": "person", "action": "create", "object": "Contact", **options},
    )


LAST = rule("LastName", {"constant": "Lovelace"})


def test_a_new_record_is_created():
    write = only(planned(mapping(new(LAST, rule("FirstName", "why")))).writes)

    assert write.action == "create"
    assert write.fields == {"LastName": "Lovelace"}
    assert (write.record_id, write.key_field, write.previous) == (None, None, None)


def test_a_new_record_has_nothing_to_clear():
    spec = mapping(new(LAST, rule("FirstName", "why", blank="clear")))

    assert only(planned(spec).writes).fields == {"LastName": "Lovelace"}


def keyed():
    return contact(
        make_field("Key__c", length=36, external_id=True, id_lookup=True, unique=True)
    )


def test_a_new_record_has_the_same_key_at_every_try():
    spec = mapping(new(LAST, key_field="Key__c"))

    write = only(planned(spec, schemas=schemas(keyed())).writes)

    assert write.action == "upsert"
    assert write.key_field == "Key__c"
    assert write.key_value == str(uuid5(UUID(KEY), "csat-to-case.person"))
    assert "Key__c" not in write.fields
    assert planned(spec, schemas=schemas(keyed())).writes == (write,)


def test_a_key_field_that_is_gone_is_told():
    got = planned(mapping(new(LAST, key_field="Key__c")))

    assert codes(got) == [("person", "Key__c", "unknown_field")]


def test_what_a_new_record_needs_must_be_there():
    got = planned(mapping(new(rule("FirstName", "csat"))))

    assert codes(got) == [("person", "LastName", "required_missing")]


def test_a_record_of_nothing_is_not_created():
    task = step(
        rule("ContactId", {"step": "person"}), rule("Subject", "csat"), key="case"
    )

    got = planned(mapping(new(rule("LastName", "why")), task))

    assert only(got.skipped).step == "person"
    assert only(got.writes).fields == {"Subject": "4"}


def test_no_match_can_create():
    spec = mapping(find_contact(LAST, no_match="create"))

    write = only(planned(spec, known(email="ada@example.com")).writes)

    assert write.action == "create"
    assert "none has Email = “ada@example.com”" in write.note


def test_an_upsert_updates_what_it_finds():
    spec = mapping(
        find_contact(LAST, action="upsert", key_field="Key__c"),
    )
    given, objects = known(email="ada@example.com"), schemas(keyed())

    assert only(planned(spec, given, CONTACT, schemas=objects).writes).action == (
        "update"
    )
    created = only(planned(spec, given, schemas=objects).writes)
    assert (created.action, created.key_field) == ("upsert", "Key__c")


def by_number(source=None):
    return mapping(
        step(
            rule("Ext__c", source or {"variable": "number"}),
            CSAT,
            action="upsert",
            key_field="Ext__c",
        )
    )


def test_an_upsert_can_take_its_key_from_a_rule():
    created = only(planned(by_number(), known(number="A-1")).writes)
    updated = only(planned(by_number(), known(number="A-1"), CASE).writes)

    assert (created.action, created.key_value) == ("upsert", "A-1")
    assert created.fields == {"CSAT__c": 4}
    assert (updated.action, updated.record_id) == ("update", CASE)
    assert updated.fields == {"Ext__c": "A-1", "CSAT__c": 4}


def test_an_upsert_without_its_key_is_told():
    got = planned(by_number(), known())

    assert codes(got) == [("case", "Ext__c", "key_blank")]


def test_a_key_whose_condition_fails_is_blank():
    spec = mapping(
        step(
            rule("Ext__c", {"variable": "number"}, condition=LOW),
            CSAT,
            action="upsert",
            key_field="Ext__c",
        )
    )

    assert codes(planned(spec, known(number="A-1"))) == [
        ("case", "Ext__c", "key_blank")
    ]


def test_a_key_that_cannot_be_in_the_field_is_told():
    got = planned(by_number(), known(number="x" * 99))

    assert codes(got) == [("case", None, "too_long")]


def test_a_respondent_cannot_choose_the_key():
    got = planned(by_number({"variable": "campaign"}), known(campaign="A-1"))

    assert codes(got) == [("case", None, "open_variable")]


def test_a_key_rule_for_an_unknown_field_is_told():
    objects = schemas(make_object("Case", make_field("CSAT__c", "double")))

    got = planned(by_number(), known(number="A-1"), schemas=objects)

    assert codes(got) == [("case", None, "unknown_field")]


# ------------------------------------------------------------------ several steps


def test_a_later_step_waits_for_a_record_to_come():
    spec = mapping(
        new(LAST), step(rule("ContactId", {"step": "person"}), CSAT, key="case")
    )

    person, second = planned(spec).writes

    assert second.fields["ContactId"] == StepRef(step="person")
    assert second.refs == ("person",)
    assert person.refs == ()


def test_a_record_that_is_known_already_is_written_by_its_id():
    spec = mapping(
        find_contact(action="find"), step(rule("ContactId", {"step": "person"}))
    )
    given = facts(variables={"email": "ada@example.com"})

    got = planned(spec, given, CONTACT, CASE)

    assert only(got.writes).fields == {"ContactId": CONTACT}


def test_a_record_that_was_not_found_leaves_the_field_alone():
    spec = mapping(
        find_contact(action="find", no_match="skip"),
        step(rule("ContactId", {"step": "person"}), CSAT),
    )

    got = planned(spec, known(email="ada@example.com"), (), CASE)

    assert only(got.skipped).step == "person"
    assert only(got.writes).fields == {"CSAT__c": 4}


def test_one_problem_does_not_hide_or_make_another():
    spec = mapping(
        find_contact(action="find"),
        step(rule("ContactId", {"step": "person"}), rule("CSAT__c", "nps")),
        step(CSAT, key="third", object="Gone__c"),
    )

    got = planned(spec, known(email="ada"), CASE)

    assert codes(got) == [
        ("person", None, "no_match"),
        ("third", None, "unknown_object"),
    ]


# --------------------------------------------------------------- what may be written


@pytest.mark.parametrize(
    ("given", "objects", "expected"),
    [
        (step(CSAT), case(updateable=False), ("case", None, "not_allowed")),
        (
            step(CSAT, action="create"),
            case(createable=False),
            ("case", None, "not_allowed"),
        ),
        (
            step(rule("Sum__c", "csat")),
            case(make_field("Sum__c", updateable=False)),
            ("case", "Sum__c", "not_writable"),
        ),
        (
            step(rule("Sum__c", "csat"), action="create"),
            case(make_field("Sum__c", createable=False)),
            ("case", "Sum__c", "not_writable"),
        ),
        (step(rule("Gone__c", "csat")), case(), ("case", "Gone__c", "unknown_field")),
        (
            step(rule("Short__c", {"constant": "long"})),
            case(make_field("Short__c", length=3)),
            ("case", "Short__c", "too_long"),
        ),
    ],
)
def test_what_salesforce_would_refuse_is_not_sent(given, objects, expected):
    got = planned(mapping(given), schemas=schemas(objects))

    assert codes(got) == [expected]
    assert got.writes == ()


def test_answers_to_questions_that_are_gone_are_blank():
    given = facts({"csat": 4}, definition=survey({**csat_only()}))

    got = planned(mapping(step(CSAT, rule("Subject", "nps"))), given)

    assert only(got.writes).fields == {"CSAT__c": 4}


def csat_only():
    return {
        "key": "csat",
        "kind": "rating",
        "text": {"en": "How?"},
        "min": 1,
        "max": 5,
    }


def test_an_empty_plan_is_a_plan():
    assert WritePlan() == WritePlan(writes=(), skipped=(), problems=())
