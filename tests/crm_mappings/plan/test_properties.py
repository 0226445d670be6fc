"""What holds for every survey's answers and every mapping that is proved."""

import json
import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_mappings.plan import rules
from crm_mappings.plan.check import check
from crm_mappings.plan.convert import ValueProblem, convert
from crm_mappings.plan.convert.moments import FIRST_YEAR, LAST_YEAR
from crm_mappings.plan.planner import Found, Match, StepRef, further, lookups, plan
from crm_mappings.plan.schema import PicklistValue
from crm_mappings.plan.sources import parse_source
from crm_mappings.plan.values import read
from surveys import answers, definition
from surveys.answers.scoring import score
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

MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"
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


READ = st.sampled_from(["outcome", *(one.name for one in FIELDS)])
READ_TEXTS = st.sampled_from(["Line__c", "Text__c", "Email__c"])
# What an org holds in a field of each type.
HELD = {
    "boolean": True,
    "int": 12345678,
    "double": 7,
    "date": "2024-02-29",
    "datetime": "2026-03-02T10:01:30.000+0000",
    "email": "ada@example.com",
    "reference": CONTACT,
    "picklist": "c1",
    "multipicklist": "c0;old",
}


@st.composite
def sources(draw, survey, steps):
    asked = [one for one in survey.questions() if facet_types(one)]
    options = [
        {"constant": draw(st.sampled_from(["c0", 5, True, "x" * 40]))},
        {
            "response": draw(
                st.sampled_from(["version", "completed_at", "language", "score"])
            )
        },
        {"record": "Contact"},
        {"variable": "agent"},
        *({"step": one} for one in steps),
        *({"step": one, "or": other} for one, other in pairwise(steps)),
        *({"step": one, "facet": draw(READ)} for one in steps),
        *({"step": a, "or": b, "facet": draw(READ)} for a, b in pairwise(steps)),
        *({"template": f"{{{{step.{one}.{draw(READ)}}}}}!"} for one in steps),
    ]
    for question in asked:
        facet = draw(st.sampled_from([None, *facet_types(question)]))
        named = {} if facet is None else {"facet": facet}
        options += [
            {"question": question.key, **named},
            {"question": question.key, "facet": "question_text"},
            {"template": f"{{{{{question.key}}}}} of {{{{survey.title}}}}"},
            {
                "template": f"{{{{{question.key}.question_text}}}} {{{{{question.key}}}}}"
            },
        ]
    return draw(st.sampled_from(options))


@st.composite
def field_rules(draw, survey, steps):
    field = draw(st.sampled_from(FIELDS)).name
    source = draw(sources(survey, steps))
    if "step" in source and "facet" not in source:
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
    action = draw(st.sampled_from(["update", "create", "upsert", "find"]))
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
    finders = {} if action == "create" else {"find": [{"record": name}]}
    if earlier and action != "create" and draw(st.booleans()):
        by = {"step": draw(st.sampled_from(earlier)), "facet": draw(READ)}
        finders["find"] = [{"field": draw(READ_TEXTS), "value": by}, *finders["find"]]
    if action == "update":
        finders["several"] = draw(st.sampled_from(["fail", "newest", "oldest"]))
    if action in {"update", "find"}:
        finders["no_match"] = draw(st.sampled_from(["fail", "skip"]))
    if earlier and draw(st.booleans()):
        asked = draw(st.sampled_from(["answered", "blank"]))
        facet = draw(st.sampled_from([{}, {"facet": "outcome"}, {"facet": "Line__c"}]))
        finders["condition"] = {"step": earlier[-1], **facet, "op": asked}
    if action == "find":
        return step(key=f"s{place}", object=name, action=action, **finders)
    if action != "update" and not any(one["field"] == "Need__c" for one in fields):
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
        draw(step_documents(survey, place)) for place in range(draw(st.integers(1, 3)))
    ]
    spec = rules.parse(document(*steps, survey="any-survey"))
    given = draw(given_answers(survey))
    known = facts(
        given,
        definition=survey,
        records={"Case": CASE, "Contact": CONTACT[:15]},
        variables=draw(st.sampled_from([{}, {"agent": "E-17"}])),
        response={
            "survey_key": survey.key,
            "survey_title": draw(st.sampled_from(list(survey.title.values()))),
            "score": score(survey, given),
        },
    )
    filled = draw(st.sets(st.sampled_from([one.name for one in FIELDS])))
    record = {one.name: HELD.get(one.type, "x") for one in FIELDS if one.name in filled}
    found, asked = Found(), lookups(known, spec, OBJECTS)
    while asked:
        ids = {"Case": CASE, "Contact": CONTACT}
        answers_ = {
            one: (Match(id=ids[one.object], fields=record),)
            if draw(st.integers(0, 3))
            else ()
            for one in asked
        }
        found = Found(matches={**found.matches, **answers_})
        asked = further(known, spec, OBJECTS, found)
    return survey, spec, known, found


@settings(deadline=None, max_examples=80)
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
    # That nothing was found is no fault of a value, and a person may choose.
    refused = {
        (problem.step, problem.field)
        for problem in made.problems
        if problem.code not in {"no_match", "several_matches"}
    }
    assert refused <= doubted
    assert plan(known, spec, OBJECTS, found) == made
    for write in made.writes:
        assert write.fields
        assert_fits(write, OBJECTS[write.object])


def assert_fits(write, schema, values=VALUES):
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
            digits = -Decimal(repr(value)).as_tuple().exponent
            assert field.scale < 0 or isinstance(value, int) or digits <= field.scale
        if field.restricted_picklist and value is not None:
            parts = value.split(";") if field.type == "multipicklist" else [value]
            known = {one.value for one in field.picklist if one.active}
            assert set(parts) <= (set(values) if values else known)
        if field.type == "date" and value is not None:
            assert FIRST_YEAR <= date.fromisoformat(value).year <= LAST_YEAR
        if field.type == "datetime" and value is not None:
            assert re.fullmatch(MOMENT, value)
            assert FIRST_YEAR <= datetime.fromisoformat(value).year <= LAST_YEAR


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
    looked_up = {
        match.id
        for lookup, matches in found.matches.items()
        for match in matches
        if lookup.field != "Id"
    }
    assert chosen <= {one.value for one in asked} | looked_up


EDGES = [
    "",
    " ",
    "-0",
    "a",
    "é",
    "e\u0301",
    "🙂",
    "👩‍👩‍👧",
    "\u202e",
    "\x00",
    "]]>",
    "{{why}}",
]
EDGE_TEXTS = st.lists(st.sampled_from([*EDGES, "x" * 127, "x" * 128]), max_size=4).map(
    "".join
)


@settings(deadline=None, max_examples=150)
@given(EDGE_TEXTS, st.sampled_from([1, 4, 254, 255, 256]), st.booleans())
def test_a_text_that_is_cut_always_fits(text, length, html):
    field = make_field("Line__c", "textarea", length=length, html=html)
    spec = rules.parse(
        document(
            step(rule("Line__c", {"template": "{{why}}"}, transforms=["truncate"])),
        )
    )
    known = facts({"why": text})
    objects = {"Case": make_object("Case", field)}
    asked = lookups(known, spec, objects)

    made = plan(known, spec, objects, Found(matches={asked[0]: (Match(id=CASE),)}))

    assert made.problems == ()
    for write in made.writes:
        assert_fits(write, objects["Case"])


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.sampled_from(["{{why}}", "{{nps}}", "{{survey.title}}", "x"]), max_size=50
    ),
    EDGE_TEXTS,
)
def test_a_template_grows_no_further_than_what_is_put_in(parts, text):
    """And what is put in is never read as a template again."""
    template = "".join(parts) or "x"
    source = parse_source({"template": template})
    known = facts({"why": text, "nps": 3})

    read_ = read(source, known, {}) or ""

    most = len(template) + template.count("{{why}}") * len(text)
    most += template.count("{{survey.title}}") * len("How did we do?")
    assert len(str(read_)) <= most
    assert str(read_).count("{{why}}") <= text.count("{{why}}") * len(parts)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-(10**20), 10**20),
        st.sampled_from([-0.0, 0, 1e308, -1e-308, 0.5, 1.5, 2.5, 99.995, 99.994]),
    ),
    st.integers(1, 18),
    st.integers(-2, 6),
)
def test_a_number_fits_its_field_or_is_refused(value, precision, scale):
    if scale >= precision:
        return
    field = make_field("Number__c", "double", precision=precision, scale=scale)

    wire = convert(value, field)

    if isinstance(wire, ValueProblem):
        assert wire.code == "out_of_range"
        return
    assert json.loads(json.dumps(wire, allow_nan=False)) == wire
    assert abs(wire) < 10 ** (precision - scale)
    assert str(wire) != "-0"
    assert str(wire) != "-0.0"


@settings(deadline=None, max_examples=150)
@given(
    st.datetimes(),
    st.sampled_from(["", "Z", "+14:00", "-12:00", "+05:45"]),
)
def test_a_moment_of_any_zone_is_valid_or_refused(moment, zone):
    text = f"{moment.isoformat(timespec='seconds')}{zone}"
    for kind in ("date", "datetime", "time"):
        field = make_field("When__c", kind)
        wire = convert(text, field)
        if isinstance(wire, ValueProblem):
            assert kind == "time" or not 1701 <= moment.year <= 3999
        elif kind == "date":
            assert date.fromisoformat(wire)
        elif kind == "datetime":
            assert re.fullmatch(MOMENT, wire)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "2024-02-30", "1900-02-29", "2016-12-31T23:59:60Z"]
)
def test_a_day_that_never_was_is_refused(text):
    """Among them a leap second, which Salesforce does not know."""
    problem = convert(text, make_field("When__c", "datetime"))

    assert isinstance(problem, ValueProblem)
    assert problem.code == "not_a_date"


@pytest.mark.parametrize(("length", "fits"), [(255, True), (256, False)])
def test_a_text_fits_to_the_last_character(length, fits):
    field = make_field("Line__c", length=255)

    wire = convert("é" * length, field)

    assert (wire == "é" * length) is fits
    assert fits or wire.code == "too_long"
