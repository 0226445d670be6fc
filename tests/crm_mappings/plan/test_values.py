"""How a rule reads a response and brings what it reads to a field."""

import pytest

from crm_mappings.plan import rules
from crm_mappings.plan.response_facts import ResponseNames
from crm_mappings.plan.results import StepResult
from crm_mappings.plan.sources import parse_source, source_document
from crm_mappings.plan.values import (
    KEEP,
    LONGEST_WORDING,
    StepRef,
    ValueProblem,
    open_variable,
    read,
    settled,
)
from tests.factories.plan import (
    CASE,
    CONTACT,
    facts,
    make_field,
    mapping,
    rule,
    step,
    survey,
)
from tests.factories.surveys import nps

KNOWN = facts(
    {"csat": 4, "nps": 3, "topics": ["quality"], "why": "Slow"},
    variables={"agent": "E-17"},
)


def result(record, outcome="found", **fields):
    return StepResult(id=record, outcome=outcome, fields=fields)


def value(source, known=KNOWN, results=None):
    return read(parse_source(source), known, results or {})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"question": "csat"}, 4),
        ({"question": "nps", "facet": "group"}, "detractor"),
        ({"question": "topics"}, ["quality"]),
        ({"question": "topics", "facet": "has:speed"}, False),
        ({"question": "topics", "facet": "nothing"}, None),
        ({"question": "gone"}, None),
        ({"question": "name"}, None),
        ({"variable": "agent"}, "E-17"),
        ({"variable": "other"}, None),
        ({"response": "collector"}, "case-closed"),
        ({"response": "now"}, None),
        ({"response": "nothing"}, None),
        ({"constant": False}, False),
        ({"record": "Case"}, CASE),
        ({"record": "Lead"}, None),
        ({"step": "task"}, None),
        ({"template": "{{survey.title}}: {{why}}"}, "How did we do?: Slow"),
        ({"template": "{{csat}}/5 {{topics}}"}, "4/5 quality"),
        ({"template": "{{name}}{{variable.other}}!"}, None),
        ({"template": "{{response.link}} {{name}}"}, None),
        ({"template": "{{response.version}}"}, "1"),
        ({"template": "Only text"}, "Only text"),
    ],
)
def test_each_source_reads_its_value(source, expected):
    assert value(source) == expected


def test_an_earlier_step_gives_its_record():
    assert value({"step": "a"}, results={"a": result(CONTACT)}) == CONTACT


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"step": "a", "facet": "Email"}, "ada@example.com"),
        ({"step": "a", "facet": "Phone"}, None),
        ({"step": "a", "facet": "Id"}, CONTACT),
        ({"step": "a", "facet": "outcome"}, "found"),
        ({"step": "none", "facet": "outcome"}, None),
        ({"step": "none", "or": "b", "facet": "outcome"}, "created"),
        ({"template": "{{step.a.Email}} – {{nps}}"}, "ada@example.com – 3"),
        ({"template": "{{step.b.OwnerId}}{{step.none.Email}}"}, None),
    ],
)
def test_an_earlier_step_gives_the_fields_of_its_record_and_how_it_came(
    source, expected
):
    results = {
        "none": None,
        "a": result(CONTACT, Email="ada@example.com"),
        "b": result(StepRef(step="b"), "created", OwnerId=StepRef(step="x")),
    }
    assert value(source, results=results) == expected
    assert source_document(parse_source(source)).get("facet") != "Id"


def test_what_people_type_is_never_read_as_a_template():
    known = facts({"why": "{{variable.agent}} {{csat}}", "csat": 4})

    assert value({"template": "{{why}}"}, known) == "{{variable.agent}} {{csat}}"


def test_an_open_variable_is_known_wherever_it_stands():
    definition = survey()

    assert open_variable(parse_source({"variable": "campaign"}), definition)
    assert open_variable(
        parse_source({"template": "x {{csat}} {{variable.campaign}}"}), definition
    )
    assert not open_variable(parse_source({"variable": "agent"}), definition)
    assert not open_variable(parse_source({"variable": "gone"}), definition)


def brought(source, field, known=KNOWN, **options):
    spec = mapping(step(rule(field.name, source, **options)))
    return settled(spec.steps[0].fields[0], field, known, {})


def test_the_table_leads_each_answer_to_its_value():
    field = make_field("Topics__c", "multipicklist")

    assert brought("topics", field, table={"quality": "Well made"}) == "Well made"
    assert brought("csat", make_field("X"), table={"4": "Good"}) == "Good"
    assert brought("csat", make_field("X"), table={"5": "Best"}) == "4"


def test_a_blank_answer_leaves_the_field_alone():
    assert brought("name", make_field("X")) is KEEP


def test_a_blank_answer_can_clear_the_field():
    assert brought("name", make_field("X"), blank="clear") is None


def test_a_blank_answer_can_write_a_default():
    assert brought("name", make_field("X"), blank="default", default="n/a") == "n/a"


def test_a_default_is_brought_to_the_field_as_well():
    field = make_field("X", "boolean")

    assert brought("name", field, blank="default", default="true") is True
    problem = brought("name", field, blank="default", default="perhaps")
    assert problem.code == "not_true_or_false"


def test_a_default_that_is_nothing_leaves_the_field_alone():
    assert brought("name", make_field("X"), blank="default", default="\x01") is KEEP


@pytest.mark.parametrize(
    "field",
    [make_field("X", "boolean"), make_field("X", nillable=False)],
)
def test_what_cannot_be_empty_is_not_cleared(field):
    problem = brought("name", field, blank="clear")

    assert isinstance(problem, ValueProblem)
    assert problem.code == "cannot_clear"


def test_what_a_transform_leaves_of_nothing_is_blank():
    known = facts({"name": "Ada"})

    left = brought("name", make_field("X"), known, transforms=["split_first_name"])

    assert left is KEEP


def test_an_answer_of_nothing_that_can_be_kept_is_blank():
    known = facts({"name": "\x01"})

    assert brought("name", make_field("X"), known) is KEEP


def test_a_transform_that_fails_says_so():
    problem = brought("why", make_field("X", "double"), transforms=["number"])

    assert problem.code == "not_a_number"


def test_a_record_to_come_stays_a_reference():
    spec = mapping(
        step(rule("X", "csat"), action="create", key="a"),
        step(rule("ContactId", {"step": "a"})),
    )
    ref = StepRef(step="a")

    assert (
        settled(
            spec.steps[1].fields[0], make_field("ContactId"), KNOWN, {"a": result(ref)}
        )
        == ref
    )


def test_conditions_can_read_the_facts_of_a_response():
    assert ResponseNames().kind("response", "version").type == "number"
    assert ResponseNames().kind("response", "now") is None
    assert ResponseNames().kind("variable", "version") is None


def test_the_words_of_rules_are_closed():
    assert set(rules.Action) == {"create", "update", "upsert", "find"}


def asking(text, answers=None, **options):
    given = {"nps": 9} if answers is None else answers
    return facts(given, definition=survey(nps(text=text)), **options)


def test_what_was_asked_is_read_in_the_language_of_the_response():
    known = asking(
        {"en": "Would you <b>recommend</b> us?", "de": "Empfehlen Sie uns?"},
        response={"language": "de"},
    )
    source = parse_source({"question": "nps", "facet": "question_text"})
    assert read(source, known, {}) == "Empfehlen Sie uns?"
    known = asking({"en": "Would you <b>recommend</b> us?"})
    assert read(source, known, {}) == "Would you recommend us?"
    assert source_document(source) == {"question": "nps", "facet": "question_text"}


def test_what_was_asked_names_what_was_known_and_does_not_grow_without_bound():
    known = asking(
        {"en": "{{variable.agent}}" * 100 + "?"}, variables={"agent": "A" * 900}
    )
    source = parse_source({"question": "nps", "facet": "question_text"})
    assert len(read(source, known, {})) == LONGEST_WORDING


def test_what_was_asked_does_not_make_a_text_of_blank_answers_worth_writing():
    source = parse_source({"template": "{{nps.question_text}} {{nps}}"})
    assert read(source, asking({"en": "Well?"}), {}) == "Well? 9"
    assert read(source, asking({"en": "Well?"}, {}), {}) is None
