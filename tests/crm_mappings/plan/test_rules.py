"""Mapping documents: read whole, refused whole, and written back the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.plan import rules
from crm_mappings.plan.rules import MappingError
from crm_mappings.plan.sources import FromQuestion, FromResponse, FromVariable
from tests.factories.plan import document, mapping, rule, step

DESIGN = {
    "key": "csat-to-case",
    "survey": "support-csat",
    "connection": "production",
    "when": "completed",
    "condition": None,
    "steps": [
        {
            "key": "case",
            "action": "update",
            "object": "Case",
            "find": [{"record": "Case"}],
            "no_match": "fail",
            "fields": [
                {"field": "CSAT__c", "value": {"question": "csat"}},
                {
                    "field": "NPS_Group__c",
                    "value": {"question": "nps", "facet": "group"},
                },
                {
                    "field": "Topics__c",
                    "value": {"question": "topics"},
                    "table": {"speed": "Response time"},
                },
                {
                    "field": "Comments",
                    "value": {"template": "{{survey.title}}: {{why}}"},
                    "blank": "keep",
                    "overwrite": "if_blank",
                },
            ],
        },
        {
            "key": "task",
            "action": "create",
            "object": "Task",
            "condition": {"question": "nps", "op": "le", "value": 6},
            "fields": [
                {"field": "WhatId", "value": {"step": "case"}},
                {"field": "Subject", "value": {"constant": "Call back"}},
            ],
        },
    ],
}


def problems(given):
    with pytest.raises(MappingError) as caught:
        rules.parse(given)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_document_of_the_design_is_read():
    spec = rules.parse(DESIGN)

    case, task = spec.steps
    assert case.find == (rules.ByRecord(record="Case"),)
    assert case.fields[1].value == FromQuestion(question="nps", facet="group")
    assert task.condition is not None
    assert task.fields[0].value == rules.FromStep(step="case")


def test_a_name_is_for_people_only():
    assert rules.parse({**DESIGN, "name": "To the case"}) == rules.parse(DESIGN)


def test_a_template_knows_its_names():
    spec = mapping(
        step(
            rule(
                "Subject",
                {
                    "template": "{{ survey.title }} {{csat.label}} {{variable.agent}} "
                    "{{response.link}} {{topics.has:speed}}!"
                },
            )
        )
    )

    parts = spec.steps[0].fields[0].value.parts
    assert parts == (
        FromResponse(name="survey_title"),
        " ",
        FromQuestion(question="csat", facet="label"),
        " ",
        FromVariable(variable="agent"),
        " ",
        FromResponse(name="link"),
        " ",
        FromQuestion(question="topics", facet="has:speed"),
        "!",
    )


def test_every_problem_is_told_at_once():
    told = problems(
        {
            "when": "started",
            "colour": "red",
            "survey": "s",
            "steps": [
                {
                    "key": "A B",
                    "action": "delete",
                    "object": "Case; DROP",
                    "find": [{"record": "Case", "email": "x"}, 3],
                    "condition": {"op": "eq"},
                    "fields": [{"field": "X", "value": {}, "size": 3}, 7],
                }
            ],
        }
    )

    assert set(told) >= {
        "key",
        "colour",
        "connection",
        "when",
        "steps[0].key",
        "steps[0].action",
        "steps[0].object",
        "steps[0].find[0]",
        "steps[0].find[1]",
        "steps[0].condition",
        "steps[0].fields[0].value",
        "steps[0].fields[0].size",
        "steps[0].fields[1]",
    }
    assert told["steps[0].action"] == "Say one of create, update, upsert, find."


@pytest.mark.parametrize("given", [None, [], "text", 3])
def test_what_is_no_document_is_refused(given):
    assert "steps" in problems(given)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "where the value comes from"),
        ({}, "exactly one of"),
        ({"question": "a", "variable": "b"}, "exactly one of"),
        ({"variable": "a", "facet": "b"}, "does not belong"),
        ({"question": "No Key"}, "not the key of a question"),
        ({"question": "a", "facet": "x y"}, "not a facet"),
        ({"variable": 3}, "not the key of a variable"),
        ({"response": "a.b"}, "not a fact of the response"),
        ({"record": "Case; --"}, "not the name of an object"),
        ({"constant": None}, "A constant is a text"),
        ({"constant": ""}, "A constant is a text"),
        ({"constant": "x" * 5000}, "characters at most"),
        ({"constant": float("nan")}, "finite"),
        ({"template": ""}, "A template is a text"),
        ({"template": "x" * 5000}, "characters at most"),
        ({"template": "{{a"}, "between {{ and }}"),
        ({"template": "a}}"}, "between {{ and }}"),
        ({"template": "{{}}"}, "not the key"),
        ({"template": "{{a}}" * 51}, "names at most"),
        ({"template": "{{variable.A}}"}, "not the key of a variable"),
    ],
)
def test_a_value_source_says_what_it_lacks(value, said):
    given = step()
    given["fields"] = [{"field": "X", "value": value}]

    assert said in problems(document(given))["steps[0].fields[0].value"]


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        (3, "A transform is a text"),
        ("shout", "There is no 'shout'"),
        ("trim:3", "takes nothing"),
        ("default", "needs something"),
        ("default: ", "needs something"),
        ("date_format:%c", "knows %Y"),
        ("date_format:%", "knows %Y"),
        ("truncate:0", "needs a number"),
        ("truncate:x", "needs a number"),
        ("truncate:999999", "needs a number"),
        ("default:" + "x" * 300, "characters at most"),
    ],
)
def test_a_transform_says_what_it_lacks(transform, said):
    told = problems(document(step(rule("X", "a", transforms=["trim", transform]))))

    assert said in told["steps[0].fields[0].transforms[1]"]


@pytest.mark.parametrize(
    ("options", "path", "said"),
    [
        ({"table": {"a": 3}}, "table", "from a text to a text"),
        ({"table": {"a": " "}}, "table", "from a text to a text"),
        ({"table": []}, "table", "from a text to a text"),
        ({"table": {str(n): "x" for n in range(501)}}, "table", "from a text"),
        ({"transforms": "trim"}, "transforms", "A list is needed"),
        ({"transforms": ["trim"] * 11}, "transforms", "10 at most"),
        ({"blank": "ignore"}, "blank", "keep, clear, default"),
        ({"blank": 3}, "blank", "keep, clear, default"),
        ({"blank": "default"}, "default", "what to write"),
        ({"default": []}, "default", "A text of"),
        ({"default": "x" * 256}, "default", "A text of"),
        ({"overwrite": "never"}, "overwrite", "always, if_blank"),
        ({"condition": 3}, "condition", "A rule is an object"),
    ],
)
def test_a_field_rule_says_what_it_lacks(options, path, said):
    told = problems(document(step(rule("X", "a", **options))))

    assert said in told[f"steps[0].fields[0].{path}"]


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        (step(rule("X", "a"), find=[]), "find", "how the record is found"),
        (step(action="find", find=[]), "find", "how the record is found"),
        (
            step(rule("X", "a"), action="create", find=[{"record": "Case"}]),
            "find",
            "action upsert",
        ),
        (step(rule("X", "a"), action="upsert"), "find", "or its key_field"),
        (
            step(rule("X", "a"), action="upsert", key_field="E", no_match="fail"),
            "no_match",
            "say 'create'",
        ),
        (step(action="find", no_match="create"), "no_match", "creates none"),
        (
            step(rule("X", "a"), action="create", several="all"),
            "several",
            "update only",
        ),
        (step(rule("X", "a"), action="find"), "fields", "writes none"),
        (step(action="find", key_field="E__c"), "fields", "writes none"),
        (step(), "fields", "which fields"),
        (
            step(rule("E", "a"), action="create", key_field="E"),
            "key_field",
            "a rule as well",
        ),
        (
            step(rule("E", {"step": "x"}), action="upsert", key_field="E"),
            "key_field",
            "cannot depend on an earlier step",
        ),
        (step(rule("X", "a"), key_field="E"), "key_field", "Only a new record"),
        (
            step(rule("X", "a"), rule("x", "b")),
            "fields[1].field",
            "a rule already",
        ),
        (
            step(rule("X", "a"), find=[{"email": "E", "value": {"step": "x"}}]),
            "find[0].value",
            "earlier step",
        ),
        (
            step(rule("X", "a"), find=[{"email": "E", "value": 3}]),
            "find[0].value",
            "where the value comes from",
        ),
        (
            step(rule("X", {"step": "later"})),
            "fields[0].value",
            "no earlier step",
        ),
        (
            step(rule("X", {"step": "case"}, transforms=["trim"])),
            "fields[0]",
            "written as it is",
        ),
    ],
)
def test_the_parts_of_a_step_must_go_together(given, path, said):
    assert said in problems(document(given))[f"steps[0].{path}"]


def test_two_steps_cannot_share_a_key():
    told = problems(document(step(rule("X", "a")), step(rule("X", "a"))))

    assert "Two steps" in told["steps[1].key"]


def test_a_step_of_many_records_cannot_be_referred_to():
    first = step(rule("X", "a"), several="all")
    second = step(rule("X", {"step": "case"}), key="task", action="create")

    assert (
        "several records"
        in problems(document(first, second))["steps[1].fields[0].value"]
    )


def test_too_many_steps_are_refused():
    assert "20 at most" in problems(document(*[step(rule("X", "a"))] * 21))["steps"]


def test_an_upsert_creates_by_itself():
    given = step(rule("X", "a"), action="upsert", find=[{"record": "Case"}])

    assert mapping(given).steps[0].no_match is rules.NoMatch.CREATE


@pytest.mark.parametrize(
    ("given", "kept"), [(True, "true"), (False, "false"), (3, "3")]
)
def test_a_default_is_kept_as_text(given, kept):
    spec = mapping(step(rule("X", "a", blank="default", default=given)))

    assert spec.steps[0].fields[0].default == kept


# ------------------------------------------------------------------ round trip

keys = st.sampled_from(["csat", "nps", "why", "topics"])
names = st.sampled_from(["Subject", "CSAT__c", "X__c", "Email", "Ext__c"])
plain_sources = st.one_of(
    st.builds(lambda key: {"question": key}, keys),
    st.builds(lambda key: {"question": key, "facet": "has:speed"}, keys),
    st.builds(lambda key: {"variable": key}, keys),
    st.builds(lambda name: {"response": name}, st.sampled_from(["link", "x_y"])),
    st.builds(
        lambda value: {"constant": value},
        st.one_of(
            st.text(min_size=1, max_size=20),
            st.integers(-9, 9),
            st.booleans(),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
    ),
    st.just({"template": "{{survey.title}}: {{ why }} {{variable.agent}}"}),
    st.just({"record": "Contact"}),
)
conditions = st.none() | st.just({"question": "nps", "op": "le", "value": 6})
field_rules = st.fixed_dictionaries(
    {"field": names, "value": plain_sources},
    optional={
        "table": st.dictionaries(keys, st.just("A"), max_size=2),
        "transforms": st.lists(
            st.sampled_from(
                ["trim", "truncate", "truncate:9", "join:, ", "default:x:y", "join:"]
            ),
            max_size=3,
        ),
        "blank": st.sampled_from(["keep", "clear"]),
        "default": st.text(max_size=5),
        "overwrite": st.sampled_from(["always", "if_blank"]),
        "condition": conditions,
    },
)
finders = st.one_of(
    st.just({"record": "Case"}),
    st.builds(
        lambda how, field, value: {how: field, "value": value},
        st.sampled_from(["external_id", "email", "field"]),
        names,
        plain_sources,
    ),
)
step_documents = st.one_of(
    st.fixed_dictionaries(
        {
            "action": st.just("update"),
            "find": st.lists(finders, min_size=1, max_size=3),
            "fields": st.lists(
                field_rules, min_size=1, max_size=3, unique_by=lambda one: one["field"]
            ),
        },
        optional={
            "several": st.sampled_from(["fail", "newest", "oldest", "all"]),
            "no_match": st.sampled_from(["fail", "skip", "create"]),
            "condition": conditions,
        },
    ),
    st.fixed_dictionaries(
        {
            "action": st.just("create"),
            "key_field": st.just("Key__c"),
            "fields": st.lists(
                field_rules, min_size=1, max_size=3, unique_by=lambda one: one["field"]
            ),
        }
    ),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(step_documents, min_size=1, max_size=3), conditions)
def test_a_mapping_says_the_same_after_a_round_trip(steps, condition):
    numbered = [
        {**one, "key": f"s{place}", "object": "Case"} for place, one in enumerate(steps)
    ]

    spec = rules.parse(document(*numbered, condition=condition))

    assert rules.parse(rules.to_document(spec)) == spec


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "steps", "fields", "value", "find", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values)
def test_no_document_breaks_the_reader(given_document):
    with pytest.raises(MappingError):
        rules.parse(given_document)
