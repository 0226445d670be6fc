"""What holds for every survey's answers and every mapping that is proved."""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.planner import Found, Match, StepRef, lookups, plan
from crm_mappings.plan.schema import PicklistValue
from surveys import answers, definition
from surveys.definition import Kind, facet_types
from tests.factories.plan import (
    CASE,
    CONTACT,
    document,
    facts,
    make_field,
    make_object,
    rule,
    step,
)
from tests.surveys.strategies import documents, raw_answers

VALUES = ("c0", "c1", "promoter", "passive", "detractor", "5", "C0")
FIELDS = (
    make_field("Line__c", length=30),
    make_field("Text__c", "textarea", length=300),
    make_field("Rich__c", "textarea", length=200, html=True),
    make_field("Digit__c", "double", precision=1),
    make_field("Number__c", "double", precision=4, scale=2),
    make_field("Whole__c", "int", digits=8),
    make_field("Flag__c", "boolean", nillable=False),
    make_field("When__c", "datetime"),
    make_field("Day__c", "date"),
    make_field("Email__c", "email"),
    make_field("Contact__c", "reference", reference_to=("Contact",)),
    make_field("Fixed__c", updateable=False),
    make_field("Firm__c", length=300, nillable=False, defaulted_on_create=True),
    make_field("Need__c", length=300, nillable=False),
    *(
        make_field(
            f"{kind.title()}{closed}__c",
            kind,
            length=20,
            restricted_picklist=bool(closed),
            picklist=(
                *(PicklistValue(value=one, label=one) for one in VALUES),
                PicklistValue(value="old", label="Old", active=False),
            ),
        )
        for kind in ("picklist", "multipicklist")
        for closed in (0, 1)
    ),
)
OBJECTS = {
    "Case": make_object("Case", *FIELDS),
    "Contact": make_object("Contact", *FIELDS, prefix="003"),
}


@st.composite
def sources(draw, survey, steps):
    asked = [one for one in survey.questions() if facet_types(one)]
    options = [
        {"constant": draw(st.sampled_from(["c0", 5, True, "x" * 40]))},
        {"response": draw(st.sampled_from(["version", "completed_at", "language"]))},
        {"record": "Contact"},
        {"variable": "agent"},
        *({"step": one} for one in steps),
    ]
    for question in asked:
        facet = draw(st.sampled_from([None, *facet_types(question)]))
        named = {} if facet is None else {"facet": facet}
        options += [
            {"question": question.key, **named},
            {"template": f"{{{{{question.key}}}}} of {{{{survey.title}}}}"},
        ]
    return draw(st.sampled_from(options))


@st.composite
def field_rules(draw, survey, steps):
    field = draw(st.sampled_from(FIELDS)).name
    source = draw(sources(survey, steps))
    if "step" in source:
        return rule(field, source, blank=draw(st.sampled_from(["keep", "clear"])))
    return rule(
        field,
        source,
        table=draw(st.sampled_from([{}, {"c1": "c0", "c2": "Passive", "c3": "c0"}])),
        transforms=draw(
            st.lists(
                st.sampled_from(
                    [
                        "trim",
                        "truncate",
                        "truncate:4",
                        "upper",
                        "title",
                        "join:, ",
                        "default:c0",
                        "split_first_name",
                        "split_last_name",
                    ]
                ),
                max_size=2,
            )
        ),
        blank=draw(st.sampled_from(["keep", "clear"])),
        overwrite=draw(st.sampled_from(["always", "if_blank"])),
    )


@st.composite
def step_documents(draw, survey, place):
    action = draw(st.sampled_from(["update", "create"]))
    earlier = [f"s{one}" for one in range(place)]
    fields = draw(
        st.lists(
            field_rules(survey, earlier),
            min_size=1,
            max_size=4,
            unique_by=lambda one: one["field"],
        )
    )
    name = draw(st.sampled_from(["Case", "Contact"]))
    finders = {"find": [{"record": name}]} if action == "update" else {}
    if action == "create" and not any(one["field"] == "Need__c" for one in fields):
        fields.append(rule("Need__c", {"constant": "Ada"}))
    return step(*fields, key=f"s{place}", object=name, action=action, **finders)


@st.composite
def given_answers(draw, survey):
    """Answers as `surveys.answers` lets them through."""
    kept = {}
    for question in survey.questions():
        checked = answers.check(question, draw(raw_answers(question)))
        skippable = not question.required or question.show_if
        page = next(one for one in survey.pages if question in one.questions)
        if isinstance(checked, answers.Checked) and checked.value is not None:
            kept[question.key] = checked.value
        else:
            assume(skippable or page.show_if or question.kind is Kind.STATEMENT)
    return kept


@st.composite
def worlds(draw):
    survey = definition.parse(draw(documents()))
    steps = [
        draw(step_documents(survey, place)) for place in range(draw(st.integers(1, 2)))
    ]
    spec = rules.parse(document(*steps, survey="any-survey"))
    known = facts(
        draw(given_answers(survey)),
        definition=survey,
        records={"Case": CASE, "Contact": CONTACT[:15]},
        variables=draw(st.sampled_from([{}, {"agent": "E-17"}])),
        response={
            "survey_key": survey.key,
            "survey_title": draw(st.sampled_from(list(survey.title.values()))),
        },
    )
    filled = draw(st.sets(st.sampled_from([one.name for one in FIELDS])))
    asked = lookups(known, spec, OBJECTS)
    matches = {
        one: (Match(id=str(one.value), fields=dict.fromkeys(filled, "x")),)
        for one in asked
    }
    return survey, spec, known, Found(matches=matches)


@settings(deadline=None, max_examples=150)
@given(worlds())
def test_what_is_proved_is_never_refused(world):
    survey, spec, known, found = world
    doubted = {
        (finding.step, finding.field)
        for finding in check(spec, OBJECTS, survey)
        if finding.grade in {"will_fail", "may_fail"}
    }

    made = plan(known, spec, OBJECTS, found)

    # A field is refused only where the check had its doubts of that field.
    refused = {(problem.step, problem.field) for problem in made.problems}
    assert refused <= doubted
    assert plan(known, spec, OBJECTS, found) == made
    for write in made.writes:
        assert write.fields
        assert_fits(write, OBJECTS[write.object])


def assert_fits(write, schema):
    for name, value in write.fields.items():
        field = schema.fields[name]
        assert field.writable(write.action)
        if isinstance(value, StepRef):
            assert write.refs == (value.step,)
            continue
        json.dumps(value, allow_nan=False)
        assert value is not None or (field.nillable and write.action == "update")
        if isinstance(value, str) and field.length:
            assert 0 < len(value) <= field.length
        if isinstance(value, int | float) and not isinstance(value, bool):
            assert abs(value) < 10 ** (field.digits or field.precision - field.scale)
        if field.restricted_picklist and value is not None:
            parts = value.split(";") if field.type == "multipicklist" else [value]
            assert set(parts) <= set(VALUES)


@settings(deadline=None, max_examples=50)
@given(worlds(), st.sampled_from(["", "5001", "0060000000000001", CASE, CONTACT]))
def test_nothing_but_a_reference_or_a_lookup_chooses_a_record(world, reference):
    _survey, spec, known, found = world
    known = facts(
        dict(known.answers),
        definition=known.definition,
        variables={"agent": "0060000000000001"},
        records=dict.fromkeys(known.records, reference),
    )
    asked = lookups(known, spec, OBJECTS)
    prefixes = {name: schema.key_prefix for name, schema in OBJECTS.items()}

    made = plan(known, spec, OBJECTS, found)

    assert all(str(one.value).startswith(prefixes[one.object]) for one in asked)
    chosen = {write.record_id for write in made.writes if write.record_id}
    assert chosen <= {one.value for one in asked}
