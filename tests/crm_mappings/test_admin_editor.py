"""The editor's sheet: whatever is sent is read, and what was shown is kept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.admin.editor import answers, fields, options, orders
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.plan.schema import FieldSchema, ObjectSchema, PicklistValue
from surveys import definition as definitions
from tests.factories.surveys import survey_document

PARTS = st.sampled_from(
    [
        "steps",
        "rules",
        "find",
        "table",
        "transforms",
        "condition",
        "field",
        "source",
        "text",
        "how",
        "join",
        "kept",
        "what",
        "0",
        "1",
        "2",
        "x",
        "²",
        "99999999999",
    ]
)
NAMES = st.lists(PARTS, min_size=1, max_size=9).map("-".join)
TEXTS = st.sampled_from(["", "constant", "question.nps.group", "step.", "...", "x"])
POSTED = st.dictionaries(NAMES | st.text(max_size=20), TEXTS, max_size=12)
ORDERS = st.sampled_from(
    [
        "add-step",
        "add-rule:0",
        "add-find:1",
        "remove-step:0",
        "up-rule:0:1",
        "ask-mapping",
        "ask-rule:0:0",
        "ask-step:7",
        "remove-find:0:0",
        "x",
        ":",
        "up-:",
    ]
)


def tokens(kind):
    return st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).map(
        lambda name: {kind: name}
    )


SOURCES = st.one_of(
    *(tokens(kind) for kind in ("question", "variable", "response", "step", "record")),
    st.builds(
        lambda source, facet: {**source, "facet": facet},
        tokens("question"),
        st.sampled_from(["group", "has:speed"]),
    ),
    st.builds(lambda text: {"constant": text}, st.text(min_size=1)),
    st.builds(lambda text: {"template": text}, st.text(min_size=1)),
)


@given(posted=POSTED, order=ORDERS)
@settings(deadline=None, max_examples=200)
def test_whatever_is_sent_is_read_and_becomes_a_document(posted, order):
    sheet = sheets.read(posted)
    orders.apply(sheet, order)

    for kept in (sheet, sheets.finished(sheet), sheets.without_blanks(sheet)):
        document = sheets.to_document(kept, lambda _path, value: value)
        assert isinstance(document["steps"], list)


@given(source=SOURCES)
@settings(deadline=None)
def test_a_value_source_survives_the_boxes(source):
    token, text = sheets.source_token(source), sheets.typed_text(source)

    assert sheets.token_source(token, text) == source


def test_a_name_that_is_nested_without_end_is_left_out():
    assert sheets.read({"-".join(["condition"] * 5000): "x"}) == {"steps": []}


def test_rows_come_in_the_order_of_their_numbers():
    sheet = sheets.read({"steps-10-key": "b", "steps-9-key": "a", "steps-x-key": "c"})

    assert [step["key"] for step in sheet["steps"]] == ["a", "b", "c"]


def test_a_constant_that_is_no_text_is_shown_as_it_is_written():
    assert sheets.typed_text({"constant": True}) == "true"
    assert sheets.typed_text({"constant": 7}) == "7"


def test_a_chosen_option_is_marked_and_the_others_are_not():
    made = options.plain([("a", "A"), ("b", "B & C")])

    assert made.select("b", "?") == (
        '<option value="a">A</option><option value="b" selected>B &amp; C</option>'
    )
    assert "selected" not in made.select("", "?")
    assert "b" in made


def test_a_value_that_is_not_among_the_options_is_kept():
    made = options.plain([("a", "A")])

    assert made.select('"x"', "gone: x").startswith(
        '<option value="&quot;x&quot;" selected>gone: x</option>'
    )


def schema(*described):
    return ObjectSchema(
        name="Thing__c", label="Thing", fields={one.name: one for one in described}
    )


def described(name, type_="string", **more):
    return FieldSchema(name=name, label=name, type=type_, **more)


def test_types_are_said_in_salesforces_words():
    assert fields.type_words(described("a", length=80)) == "Text (80)"
    score = described("a", "double", precision=18, scale=2)
    assert fields.type_words(score) == "Number (16, 2)"
    link = described("a", "reference", reference_to=("Account", "Contact"))
    assert fields.type_words(link) == "Lookup (Account, Contact)"
    assert fields.type_words(described("a", "location")) == "location"


def test_only_what_the_action_may_write_is_offered():
    made = schema(
        described("new", updateable=False), described("old", createable=False)
    )

    assert "new" in fields.field_options(made, "create")
    assert "new" not in fields.field_options(made, "update")
    assert "old" in fields.field_options(made, "update")
    assert "old" not in fields.field_options(made, "upsert")


def test_a_field_with_a_default_is_not_asked_for():
    made = schema(
        described("must", nillable=False),
        described("defaulted", nillable=False, defaulted_on_create=True),
    )

    assert [field.name for field in fields.needed(made, "create")] == ["must"]
    assert fields.needed(made, "update") == ()


def test_what_identifies_a_record_is_offered_first():
    made = schema(
        described("plain"),
        described("key", external_id=True),
        described("secret", filterable=False),
        described("long", "textarea"),
    )

    groups = fields.match_options(made).groups
    assert [[one.value for one in group.options] for group in groups] == [
        ["key"],
        ["plain"],
    ]
    assert "key" in fields.key_options(made)
    assert "plain" not in fields.key_options(made)


def known(source):
    definition = definitions.parse(survey_document())
    return [answer for answer, _label in answers.answers(definition, source)]


def test_the_answers_of_a_question_are_known_where_they_are_few():
    assert known({"question": "topics"}) == ["speed", "quality"]
    assert known({"question": "csat"}) == ["1", "2", "3", "4", "5"]
    assert known({"question": "nps", "facet": "group"})[0] == "promoter"
    assert known({"question": "why"}) == []
    assert known({"question": "gone"}) == []
    assert known({"variable": "agent"}) == []
    assert answers.answers(None, {"question": "csat"}) == ()


def test_the_answers_of_a_single_choice_are_its_keys_or_labels():
    document = survey_document(
        pages=[
            {
                "key": "p1",
                "questions": [
                    {
                        "key": "one",
                        "kind": "single_choice",
                        "text": {"en": "Which?"},
                        "choices": [{"key": "a", "label": {"en": "First"}}],
                    }
                ],
            }
        ]
    )
    definition = definitions.parse(document)

    assert answers.answers(definition, {"question": "one"}) == (("a", "First"),)
    labels = answers.answers(definition, {"question": "one", "facet": "label"})
    assert labels == (("First", "First"),)


def test_values_are_matched_by_label_then_by_key_and_only_active_ones():
    field = described(
        "pick",
        "picklist",
        picklist=(
            PicklistValue(value="RT", label="Response Time"),
            PicklistValue(value="quality", label="Q"),
            PicklistValue(value="Price", label="Price", active=False),
        ),
    )
    known_ = (("speed", "response time"), ("quality", "How good"), ("price", "Price"))

    assert answers.matched(known_, field) == {"speed": "RT", "quality": "quality"}


def test_a_source_has_one_name_however_its_document_is_ordered():
    token = sheets.source_token

    assert token({"step": "contact", "or": "lead"}) == "step.contact.lead"
    assert token({"or": "lead", "step": "contact"}) == "step.contact.lead"
    assert token({"facet": "group", "question": "nps"}) == "question.nps.group"
