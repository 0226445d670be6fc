"""What is proved of a mapping before a response meets it."""

from dataclasses import replace

import pytest

from crm_mappings.plan import recognising
from crm_mappings.plan.check import check
from crm_mappings.plan.schema import PicklistValue
from tests.factories.plan import (
    case,
    contact,
    make_field,
    make_object,
    mapping,
    picklist,
    rule,
    schemas,
    step,
    survey,
)
from tests.factories.surveys import csat, nps, topics

REFERENCE = make_field("Ref__c", "reference", reference_to=("Contact",))


def findings(*steps, objects=None, asked=None, **options):
    return check(mapping(*steps, **options), objects or schemas(), asked or survey())


def graded(given, *grades):
    wanted = grades or ("will_fail", "may_fail")
    return [(one.step, one.field, one.grade) for one in given if one.grade in wanted]


def of(value, field, **options):
    """The grades, and the words, of one rule for one field."""
    options = {**options}
    asked = options.pop("asked", None)
    given = findings(
        step(rule(field.name, value, **options)),
        objects=schemas(case(field)),
        asked=asked,
    )
    own = [one for one in given if one.field == field.name and one.grade != "note"]
    return {one.grade for one in own}, " ".join(one.message for one in own)


def test_a_sound_mapping_is_fine_in_every_field():
    given = findings(
        step(
            rule("CSAT__c", "csat"),
            rule("Subject", {"question": "nps", "facet": "group"}),
            rule("Description", {"template": "{{survey.title}}: {{why}}"}),
        )
    )

    assert graded(given) == []
    assert [one.field for one in given if one.grade == "fine"] == [
        "CSAT__c",
        "Subject",
        "Description",
    ]


def test_answers_that_go_nowhere_are_noted():
    [note] = [one for one in findings(step(rule("CSAT__c", "csat"))) if not one.step]

    assert note.grade == "note"
    assert note.message == (
        "Not written to Salesforce: nps, topics, why, name, variable.agent, "
        "variable.campaign."
    )


def test_what_is_used_is_not_noted():
    finder = {"email": "SuppliedEmail", "value": {"variable": "agent"}}
    asked = survey(csat(), variables=[{"key": "agent", "label": "A", "open": False}])

    given = findings(step(rule("CSAT__c", "csat"), find=[finder]), asked=asked)

    assert not [one for one in given if one.step is None]


def test_a_mapping_for_another_survey_is_refused():
    given = findings(step(rule("CSAT__c", "csat")), survey="other")

    assert graded(given) == [(None, None, "will_fail")]


@pytest.mark.parametrize(
    ("value", "grade", "said"),
    [
        ({"question": "gone"}, "will_fail", "no question gone"),
        ({"question": "hello"}, "will_fail", "nobody answers it"),
        ({"question": "csat", "facet": "group"}, "will_fail", "has no group"),
        ({"response": "mood"}, "will_fail", "has no mood"),
        ({"variable": "gone"}, "may_fail", "does not declare"),
        ({"template": "{{gone}} {{csat}}"}, "will_fail", "no question gone"),
    ],
)
def test_unknown_names_are_found(value, grade, said):
    grades, words = of(value, make_field("X", length=0))

    assert grades == {grade}
    assert said in words


@pytest.mark.parametrize("place", ["mapping", "step", "field"])
def test_a_condition_that_cannot_be_asked_is_found(place):
    wrong = {"question": "gone", "op": "answered"}
    at = {
        one: {"condition": wrong if one == place else None}
        for one in ("mapping", "step", "field")
    }

    given = findings(
        step(rule("CSAT__c", "csat", **at["field"]), **at["step"]), **at["mapping"]
    )

    [found] = [one for one in given if one.grade == "will_fail"]
    assert "There is no question “gone”" in found.message


def test_conditions_can_ask_for_the_facts_of_the_response():
    asked = {"response": "language", "op": "eq", "value": "de"}

    assert graded(findings(step(rule("CSAT__c", "csat"), condition=asked))) == []


# ----------------------------------------------------------- objects and fields


def test_an_unknown_object_is_told_once():
    given = findings(step(rule("X", "csat"), object="Gone__c"))

    assert graded(given) == [("case", None, "will_fail")]


def test_an_unknown_field_is_told_with_the_nearest():
    given = findings(step(rule("Csat__c", "csat"), rule("Nothing_like", "nps")))

    near, far = [one for one in given if one.grade == "will_fail"]
    assert near.hint == "Did you mean CSAT__c?"
    assert far.hint.startswith("Choose another field")


@pytest.mark.parametrize(
    ("options", "action", "verbs"),
    [
        ({"updateable": False}, "update", ["update"]),
        ({"createable": False}, "create", ["create"]),
        ({"queryable": False}, "update", ["find"]),
        ({"createable": False, "updateable": False}, "create", ["create"]),
    ],
)
def test_what_the_user_may_not_do_is_found(options, action, verbs):
    given = findings(
        step(rule("CSAT__c", "csat"), action=action), objects=schemas(case(**options))
    )

    found = [one.message for one in given if one.grade == "will_fail"]
    assert [message.split()[5] for message in found] == verbs


@pytest.mark.parametrize(
    ("options", "action", "fails"),
    [
        ({"createable": False}, {"action": "create"}, True),
        ({"createable": False}, {"action": "update"}, False),
        ({"updateable": False}, {"action": "create"}, False),
        ({"updateable": False}, {"action": "update"}, True),
        ({"createable": False}, {"action": "update", "no_match": "create"}, True),
    ],
)
def test_a_read_only_field_is_found(options, action, fails):
    objects = schemas(case(make_field("X", **options)))

    given = findings(step(rule("X", "csat"), **action), objects=objects)

    assert bool(graded(given)) is fails


# ------------------------------------------------------------------------ values


@pytest.mark.parametrize(
    ("value", "field", "options", "grades"),
    [
        # Lengths.
        ("why", make_field("X", "textarea", length=2000), {}, {"fine"}),
        ("why", make_field("X", "textarea", length=1999), {}, {"may_fail"}),
        ("why", make_field("X", length=9), {"transforms": ["truncate"]}, {"fine"}),
        ("why", make_field("X", length=9), {"transforms": ["truncate:9"]}, {"fine"}),
        ("why", make_field("X", length=9), {"transforms": ["truncate:10"]}, {"may_fail"}),
        ("why", make_field("X", "url", length=0), {}, {"fine"}),
        ("why", make_field("X", "textarea", html=True, length=9999), {}, {"may_fail"}),
        ("why", make_field("X", "textarea", html=True, length=10000), {}, {"fine"}),
        (
            "why",
            make_field("X", "textarea", html=True, length=99),
            {"transforms": ["truncate"]},
            {"fine"},
        ),
        (
            "name",
            make_field("X", length=255),
            {"table": {"Ada": "x" * 256}},
            {"may_fail"},
        ),
        (
            "why",
            make_field("X", length=5),
            {"transforms": ["truncate", "default:too long"]},
            {"may_fail"},
        ),
        (
            "why",
            make_field("X", length=5),
            {"transforms": ["truncate", "default:n/a"]},
            {"fine"},
        ),
        (
            "why",
            make_field("X", length=5),
            {"transforms": ["truncate:3", "default:n/a", "upper"]},
            {"fine"},
        ),
        ({"variable": "agent"}, make_field("X"), {}, {"may_fail"}),
        (
            {"variable": "agent"},
            make_field("X"),
            {"transforms": ["truncate:20"], "table": {"a": "b"}},
            {"fine"},
        ),
        ({"variable": "agent"}, make_field("X"), {"transforms": ["truncate"]}, {"fine"}),
        (
            {"variable": "agent"},
            make_field("X"),
            {"transforms": ["default:x"]},
            {"may_fail"},
        ),
        ({"constant": "x" * 99}, make_field("X"), {}, {"will_fail"}),
        (
            {"template": "{{why}} {{name}}"},
            make_field("X", "textarea", length=2256),
            {},
            {"fine"},
        ),
        (
            {"template": "{{why}} {{name}}"},
            make_field("X", "textarea", length=2255),
            {},
            {"may_fail"},
        ),
        ({"template": "{{why}} {{variable.agent}}"}, make_field("X"), {}, {"may_fail"}),
        ({"template": "{{csat}} {{nps}}"}, make_field("X", length=4), {}, {"fine"}),
        ({"template": "{{csat}} {{nps}}"}, make_field("X", length=3), {}, {"may_fail"}),
        (
            {"template": "{{response.version}} {{csat}}"},
            make_field("X", length=8),
            {},
            {"fine"},
        ),
        # Numbers.
        ("nps", make_field("X", "double", precision=1), {}, {"may_fail"}),
        ("nps", make_field("X", "double", precision=2), {}, {"fine"}),
        ("csat", make_field("X", "int", digits=1), {}, {"fine"}),
        ("why", make_field("X", "double"), {}, {"will_fail"}),
        ("why", make_field("X", "double"), {"transforms": ["number"]}, {"may_fail"}),
        ("why", make_field("X"), {"transforms": ["number"]}, {"may_fail"}),
        ({"variable": "agent"}, make_field("X", "double"), {}, {"may_fail"}),
        ({"variable": "campaign"}, make_field("X", "double"), {}, {"will_fail"}),
        ({"response": "duration_seconds"}, make_field("X", "double"), {}, {"fine"}),
        (
            {"response": "duration_seconds"},
            make_field("X", "double", precision=3),
            {},
            {"may_fail"},
        ),
        ("csat", make_field("X", "date"), {}, {"will_fail"}),
        ("why", make_field("X", "datetime"), {}, {"will_fail"}),
        # True and false.
        ({"question": "csat", "facet": "top_box"}, make_field("X", "boolean"), {}, {"fine"}),
        ("csat", make_field("X", "boolean"), {}, {"may_fail"}),
        ("nps", make_field("X", "boolean"), {"blank": "clear"}, {"may_fail"}),
        # Dates.
        ({"response": "completed_at"}, make_field("X", "datetime"), {}, {"fine"}),
        ({"response": "completed_at"}, make_field("X", "date"), {}, {"fine"}),
        ({"response": "completed_at"}, make_field("X", length=24), {}, {"fine"}),
        ({"response": "completed_at"}, make_field("X", length=23), {}, {"will_fail"}),
        ({"response": "completed_at"}, make_field("X", "double"), {}, {"will_fail"}),
        (
            {"response": "completed_at"},
            make_field("X", length=10),
            {"transforms": ["date_format:%d.%m.%Y"]},
            {"fine"},
        ),
        # Facts of the response.
        ({"response": "status"}, make_field("X", length=9), {}, {"fine"}),
        ({"response": "survey_key"}, make_field("X", length=12), {}, {"fine"}),
        ({"response": "survey_title"}, make_field("X", length=14), {}, {"fine"}),
        ({"response": "survey_title"}, make_field("X", length=13), {}, {"may_fail"}),
        ({"response": "collector"}, make_field("X", length=50), {}, {"fine"}),
        ({"response": "link"}, make_field("X", "url", length=255), {}, {"fine"}),
        # E-mail, and types that nothing is written to.
        ("name", make_field("X", "email", length=255), {}, {"may_fail"}),
        ({"constant": "a@b.example"}, make_field("X", "email"), {}, {"fine"}),
        ("why", make_field("X", "location"), {}, {"will_fail"}),
        # Records.
        ({"record": "Contact"}, REFERENCE, {}, {"fine"}),
        ({"record": "Case"}, REFERENCE, {}, {"will_fail"}),
        ({"record": "Owner"}, REFERENCE, {}, {"may_fail"}),
        ({"record": "Owner"}, make_field("X", "reference"), {}, {"fine"}),
        ({"record": "Case"}, make_field("X", length=18), {}, {"fine"}),
        ({"record": "Case"}, make_field("X", length=17), {}, {"will_fail"}),
        ({"record": "Contact"}, REFERENCE, {"transforms": ["lower"]}, {"may_fail"}),
        # Defaults.
        (
            "nps",
            make_field("X", "double"),
            {"blank": "default", "default": "none"},
            {"will_fail"},
        ),
        ("nps", make_field("X", "double"), {"blank": "default", "default": "0"}, {"fine"}),
        ("nps", make_field("X", nillable=False), {"blank": "clear"}, {"may_fail"}),
        ("csat", make_field("X", nillable=False), {"blank": "clear"}, {"fine"}),
        (
            "why",
            make_field("X", "textarea", nillable=False),
            {"blank": "clear", "transforms": ["trim"]},
            {"may_fail"},
        ),
        (
            {"response": "link"},
            make_field("X", length=255, nillable=False),
            {"blank": "clear", "transforms": ["truncate", "upper"]},
            {"fine"},
        ),
        (
            {"response": "link"},
            make_field("X", length=255, nillable=False),
            {"blank": "clear", "transforms": ["split_first_name"]},
            {"may_fail"},
        ),
        (
            {"template": " {{response.link}}"},
            make_field("X", length=255, nillable=False),
            {"blank": "clear", "transforms": ["truncate:1"]},
            {"may_fail"},
        ),
    ],
)  # fmt: skip
def test_each_value_is_proved_against_its_field(value, field, options, grades):
    assert of(value, field, **options)[0] == grades


def test_what_does_not_fit_is_named():
    _grades, words = of("nps", make_field("X", "double", precision=1))

    assert "does not take “10”" in words


# --------------------------------------------------------------------- picklists


def listed(*values, kind="picklist", **labels):
    return make_field(
        "X", kind, restricted_picklist=True, picklist=picklist(*values, **labels)
    )


def test_choices_that_have_no_value_are_named():
    grades, words = of("topics", listed("Speed", kind="multipicklist"))

    assert grades == {"may_fail"}
    assert "does not take “quality”." in words


def test_choices_can_be_led_to_values():
    grades, _words = of(
        "topics",
        listed("Speed", "Well made", kind="multipicklist"),
        table={"quality": "Well made"},
    )

    assert grades == {"fine"}


def test_labels_lead_to_their_values_by_themselves():
    field = listed(kind="multipicklist", s="Speed", q="Quality")

    assert of({"question": "topics", "facet": "labels"}, field)[0] == {"fine"}


def test_a_list_does_not_fit_one_value():
    grades, words = of("topics", listed("speed", "quality"))

    assert grades == {"may_fail"}
    assert "“speed;quality”" in words


def test_groups_fit_a_list_of_groups():
    field = listed("Promoter", "Passive", "Detractor")

    assert of({"question": "nps", "facet": "group"}, field)[0] == {"fine"}


def test_nothing_that_fits_will_fail():
    assert of("csat", listed("A", "B"))[0] == {"will_fail"}


@pytest.mark.parametrize("kind", ["picklist", "multipicklist"])
@pytest.mark.parametrize("value", ["why", {"variable": "agent"}])
def test_texts_do_not_fit_a_closed_list(kind, value):
    grades, words = of(value, listed("A", kind=kind))

    assert grades == {"may_fail"}
    assert "values of its list only" in words


def test_a_number_that_grows_does_not_fit_a_closed_list():
    field = listed("0", "999999")

    assert of({"response": "version"}, field)[0] == {"may_fail"}


def test_an_open_list_takes_any_text_of_its_length():
    assert of("name", make_field("X", "picklist"))[0] == {"fine"}
    assert of("why", make_field("X", "picklist"))[0] == {"may_fail"}


def many(count):
    return topics(
        choices=[{"key": f"c{n}", "label": {"en": f"C {n}"}} for n in range(count)]
    )


def test_many_choices_are_proved_one_by_one():
    asked = survey(many(12))
    field = listed(*(f"c{n}" for n in range(2)), kind="multipicklist")

    grades, words = of("topics", field, asked=asked)

    assert grades == {"may_fail"}
    assert "“c9” and 2 more" in words


def test_the_longest_list_counts():
    asked = survey(many(12))

    assert of("topics", make_field("X", length=37), asked=asked)[0] == {"fine"}
    assert of("topics", make_field("X", length=36), asked=asked)[0] == {"may_fail"}


def test_a_score_that_is_missing_is_a_blank():
    choice = {
        "key": "one",
        "kind": "single_choice",
        "text": {"en": "Which?"},
        "required": True,
        "choices": [
            {"key": "a", "label": {"en": "A"}, "score": 1},
            {"key": "b", "label": {"en": "B"}},
        ],
    }
    field = make_field("X", "double", nillable=False)
    value = {"question": "one", "facet": "score"}

    assert of(value, field, asked=survey(choice), blank="clear")[0] == {"may_fail"}
    assert of("one", listed("A", "B"), asked=survey(choice))[0] == {"fine"}


def dependent(value, ruling, kind="picklist"):
    controller = make_field("Area", kind, picklist=picklist("North", "South"))
    field = make_field(
        "X",
        "picklist",
        controller="Area",
        picklist=(PicklistValue(value="Oslo", label="Oslo", valid_for="gAAA"),),
    )
    given = findings(
        step(rule("X", value), *([rule("Area", ruling)] if ruling else [])),
        objects=schemas(case(controller, field)),
    )
    return {one.grade for one in given if one.field == "X"}


def test_two_constants_must_go_together():
    oslo = {"constant": "Oslo"}

    assert dependent(oslo, {"constant": "North"}) == {"fine"}
    assert dependent(oslo, {"constant": "South"}) == {"will_fail"}
    assert dependent(oslo, {"constant": "false"}, "boolean") == {"fine"}
    assert dependent(oslo, {"constant": True}, "boolean") == {"will_fail"}


def test_what_depends_on_another_field_is_noted():
    oslo = {"constant": "Oslo"}

    assert dependent(oslo, None) == {"note", "fine"}
    assert dependent(oslo, {"question": "csat"}) == {"note", "fine"}
    assert dependent(oslo, {"constant": "West"}) == {"note", "fine"}
    assert dependent({"constant": "Rome"}, {"constant": "North"}) == {"note", "fine"}


# ------------------------------------------------------------------------ finders


def found_by(finder, *fields, **options):
    given = findings(
        step(rule("CSAT__c", "csat"), find=[finder], **options),
        objects=schemas(case(*fields)),
    )
    return [(one.grade, one.message) for one in given if one.step and not one.field]


def test_a_record_reference_of_another_object_may_fail():
    assert found_by({"record": "Contact"})[0][0] == "may_fail"
    assert found_by({"record": "Case"}) == []


def test_an_open_variable_is_refused_as_a_finder():
    [(grade, message)] = found_by({"field": "Id", "value": {"variable": "campaign"}})

    assert grade == "will_fail"
    assert message.startswith("Refused: the variable campaign is open")


def test_an_answer_as_a_finder_is_noted():
    [(grade, message)] = found_by({"field": "Id", "value": {"question": "name"}})

    assert grade == "note"
    assert "anybody who knows such a value" in message


@pytest.mark.parametrize(
    ("finder", "field", "grade", "said"),
    [
        ("field", make_field("X", filterable=False), "will_fail", "cannot find"),
        ("field", make_field("X", "datetime"), "will_fail", "cannot find"),
        ("field", make_field("X", "multipicklist"), "will_fail", "cannot find"),
        ("external_id", make_field("X"), "will_fail", "not an external id"),
        ("email", make_field("X"), "note", "not an e-mail field"),
        ("field", make_field("X"), "note", "Several records may"),
        ("field", make_field("X", "address"), "will_fail", "Finds nothing."),
        ("field", None, "will_fail", "has no field X"),
    ],
)
def test_a_finder_is_checked(finder, field, grade, said):
    given = found_by(
        {finder: "X", "value": {"variable": "agent"}}, *([field] if field else [])
    )

    assert any(one == grade and said in message for one, message in given)


def test_a_unique_external_id_finds_one_record():
    finder = {"external_id": "Ext__c", "value": {"constant": "A-1"}}

    assert found_by(finder) == []
    assert (
        found_by({"field": "Subject", "value": {"constant": "a"}}, several="newest")
        == []
    )


def test_a_finder_by_an_unknown_name_is_found():
    [(grade, _message)] = found_by(
        {"external_id": "Ext__c", "value": {"response": "mood"}}
    )

    assert grade == "will_fail"


# ---------------------------------------------------------------------- new records


def new(*fields, objects=None, **options):
    given = findings(
        step(*fields, **{"action": "create", "object": "Contact", **options}),
        objects=objects,
    )
    return [(one.field, one.grade) for one in given if one.step and one.grade != "fine"]


LAST = rule("LastName", {"constant": "Lovelace"})


def test_a_required_field_that_is_left_out_will_fail():
    assert new(rule("FirstName", {"constant": "Ada"})) == [("LastName", "will_fail")]
    assert new(LAST) == []


def test_a_required_field_that_may_be_blank_may_fail():
    short = {"transforms": ["truncate"]}

    assert new(rule("LastName", "name", **short)) == [("LastName", "may_fail")]
    assert new(rule("LastName", "name", blank="default", default="?", **short)) == []
    low = {"question": "nps", "op": "le", "value": 6}
    assert new(rule("LastName", "csat", condition=low)) == [("LastName", "may_fail")]
    assert new(rule("LastName", "csat")) == []


def test_a_required_field_of_an_unknown_question_is_told_once():
    assert new(rule("LastName", "gone")) == [("LastName", "will_fail")]


def test_a_field_that_no_match_would_need_may_fail():
    given = findings(
        step(
            rule("FirstName", {"constant": "Ada"}),
            object="Contact",
            find=[{"record": "Contact"}],
            no_match="create",
        )
    )

    assert graded(given) == [("case", "LastName", "may_fail")]


def test_only_when_blank_says_nothing_of_a_new_record():
    assert new({**LAST, "overwrite": "if_blank"}) == [("LastName", "note")]


def keyed(**options):
    field = {"length": 36, "external_id": True, "id_lookup": True, "unique": True}
    return schemas(contact(make_field("Key__c", **{**field, **options})))


@pytest.mark.parametrize(
    ("options", "grades"),
    [
        ({}, []),
        ({"external_id": False}, []),
        ({"external_id": False, "id_lookup": False}, ["will_fail"]),
        ({"unique": False}, ["may_fail"]),
        ({"length": 35}, ["will_fail"]),
        ({"type": "double"}, ["will_fail"]),
        ({"createable": False}, ["will_fail"]),
    ],
)
def test_a_key_field_must_hold_our_key(options, grades):
    assert [
        grade
        for _field, grade in new(LAST, key_field="Key__c", objects=keyed(**options))
    ] == grades


def test_a_key_field_must_be_there():
    assert new(LAST, key_field="Gone__c") == [(None, "will_fail")]


def test_a_field_that_could_hold_our_key_is_named_where_none_is_chosen():
    def notes(**options):
        given = findings(
            step(LAST, action="create", object="Contact", **options), objects=keyed()
        )
        return [one.message for one in given if "second record" in one.message]

    assert len(notes()) == 1
    assert notes(key_field="Key__c") == []


def with_our_key(name):
    field = keyed()["Contact"].fields["Key__c"]
    return schemas(contact(replace(field, name=name)))


@pytest.mark.parametrize("name", ["Tellback_Key__c", "acme__Tellback_Key_2__c"])
def test_a_field_made_for_our_key_holds_it_by_itself(name):
    making, contacts = step(LAST, action="create", object="Contact"), with_our_key(name)

    notes = [one for one in findings(making, objects=contacts) if name in one.message]

    assert [(one.step, one.grade) for one in notes] == [("case", "note")]
    assert recognising.keyed(mapping(making), contacts).steps[0].key_field == name


def test_a_field_made_for_our_key_is_left_to_a_rule_that_fills_it():
    own = rule("Tellback_Key__c", {"response": "key"})
    spec = mapping(step(LAST, own, action="create", object="Contact"))

    assert recognising.our_keys(spec, with_our_key("Tellback_Key__c")) == {}


def by_key(value, **options):
    return new(
        LAST,
        rule("Key__c", value, transforms=["truncate"], **options),
        action="upsert",
        key_field="Key__c",
        objects=keyed(),
    )


def test_a_key_of_a_rule_is_always_there_and_not_the_respondents():
    assert by_key({"response": "key"}) == []
    assert by_key({"variable": "agent"}) == [("Key__c", "may_fail")]
    assert by_key({"variable": "campaign"}) == [
        (None, "will_fail"),
        ("Key__c", "may_fail"),
    ]
    low = {"question": "nps", "op": "le", "value": 6}
    assert by_key({"response": "key"}, condition=low) == [("Key__c", "may_fail")]


# -------------------------------------------------------------------- earlier steps


def second(first, *fields, field=REFERENCE):
    objects = schemas(case(field), contact(make_field("Own__c", "reference")))
    given = findings(
        step(*fields, **{"key": "first", "object": "Contact", **first}),
        step(rule(field.name, {"step": "first"}, blank="clear")),
        objects=objects,
    )
    return [one.grade for one in given if one.field == field.name]


def test_an_earlier_step_must_be_of_an_object_that_fits():
    assert second({"action": "create"}, LAST) == ["fine"]
    other = make_field("Ref__c", "reference", reference_to=("Account",))
    assert second({"action": "create"}, LAST, field=other) == ["will_fail"]


@pytest.mark.parametrize(
    ("first", "fields", "grade"),
    [
        ({"action": "find", "find": [{"record": "Contact"}]}, [], "fine"),
        (
            {"action": "find", "find": [{"record": "Contact"}], "no_match": "skip"},
            [],
            "may_fail",
        ),
        ({"action": "create"}, [LAST], "may_fail"),
    ],
)
def test_an_earlier_step_that_may_be_skipped_may_leave_a_blank(first, fields, grade):
    firm = make_field("Ref__c", "reference", reference_to=("Contact",), nillable=False)

    assert second(first, *fields, field=firm) == [grade]


def test_a_rule_is_judged_by_the_scale_of_its_own_question():
    asked = survey(csat(min=0, max=10), nps())

    assert of("csat", make_field("X", "double", precision=1), asked=asked)[0] == {
        "may_fail"
    }


def test_an_object_without_fields_is_no_trouble():
    given = findings(step(rule("X", "csat")), objects=schemas(make_object("Case")))

    assert graded(given) == [("case", "X", "will_fail")]


def test_the_score_is_proved_by_the_question_that_gives_it():
    grades, words = of({"response": "score"}, make_field("S__c", "double", precision=2))
    assert grades == {"fine"}, words
    grades, words = of({"response": "score"}, make_field("S__c", "double", precision=1))
    assert grades == {"may_fail"}
    assert "10" in words
    need = make_field("S__c", "double", precision=3, nillable=False)
    assert of({"response": "score"}, need, blank="clear", asked=survey(nps()))[0] == {
        "may_fail"
    }


def test_what_was_asked_is_proved_in_every_language():
    asked = survey(nps(text={"en": "Well?", "de": "Na, wie war es denn?"}))
    source = {"question": "nps", "facet": "question_text"}
    assert of(source, make_field("Q__c", length=19), asked=asked)[0] == {"may_fail"}
    assert of(source, make_field("Q__c", length=20), asked=asked)[0] == {"fine"}
    piped = survey(nps(text={"en": "Well, {{variable.agent}}?"}))
    assert of(source, make_field("Q__c", length=4999), asked=piped)[0] == {"may_fail"}
    assert of(source, make_field("Q__c", length=5000), asked=piped)[0] == {"fine"}


def test_the_wording_of_a_question_that_is_not_there_is_refused():
    source = {"question": "gone", "facet": "question_text"}
    grades, words = of(source, make_field("Q__c"))
    assert grades == {"will_fail"}
    assert "gone" in words
