"""The mapping editor: what is typed is saved or still there, and what the org says
of it stands beside it."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from lxml import html

from crm_mappings import activation, connections, documents
from crm_mappings.models import Mapping
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    make_case,
    make_connection,
    record_step,
    task_step,
)
from tests.factories.surveys import make_survey, survey_document


@pytest.fixture
def mapping(connection, version):
    return save(connection, version)


def save(connection, version, *steps, **overrides):
    return documents.save_document(
        document={
            "key": "csat-to-case",
            "name": "CSAT onto the case",
            "survey": version.survey.key,
            "connection": connection.key,
            "steps": list(steps) or [case_step()],
            **overrides,
        }
    )


class Editor:
    """The form of one mapping, filled and sent as a browser without scripts does."""

    def __init__(self, client, mapping):
        self.client = client
        self.url = reverse("admin:crm_mappings_mapping_change", args=[mapping.pk])
        self.open()

    def open(self):
        self.take(self.client.get(self.url))
        return self

    def take(self, answer):
        self.answer = answer
        self.page = html.fromstring(answer.content.decode()) if answer.content else None
        self.form = self.page.get_element_by_id("editor") if self.drawn else None
        self.values = dict(self.form.form_values()) if self.drawn else {}

    @property
    def drawn(self):
        return self.page is not None and self.answer.status_code == 200

    def press(self, order):
        self.take(self.client.post(self.url, {**self.values, "_do": order}))
        return self.answer

    def texts(self, css_class):
        found = self.page.xpath(f"//*[contains(@class, '{css_class}')]")
        return [" ".join(one.text_content().split()) for one in found]

    def options(self, name):
        return [one.get("value") for one in self.listed(name)]

    def listed(self, name):
        """The choices of a box: its own, or of the list that it shares."""
        box = self.box(name)
        shared = box.get("list")
        return (self.form.get_element_by_id(shared) if shared else box).xpath(
            ".//option"
        )

    def box(self, name):
        return self.form.xpath(f".//*[@name='{name}']")[0]

    def row(self, anchor):
        return " ".join(self.page.get_element_by_id(anchor).text_content().split())


@pytest.fixture
def editor(admin_client, mapping):
    return Editor(admin_client, mapping)


def kept(mapping):
    return documents.mapping_document(Mapping.objects.get(pk=mapping.pk))


def test_saving_what_is_shown_changes_nothing(admin_client, connection, version):
    mapping = save(
        connection,
        version,
        case_step(
            find=[
                {"record": "Case"},
                {"email": "ContactEmail", "value": {"constant": "a@example.com"}},
            ],
            no_match="skip",
            several="newest",
            condition={
                "all": [
                    {"question": "nps", "op": "in", "value": [1, 2]},
                    {"variable": "agent", "op": "answered"},
                ]
            },
            fields=[
                {
                    "field": "Topics__c",
                    "value": {"question": "topics"},
                    "table": {"speed": "Response time", "gone": "Other"},
                    "transforms": ["trim", "truncate:20"],
                    "blank": "default",
                    "default": "Other",
                    "overwrite": "if_blank",
                    "condition": {"not": {"question": "csat", "op": "eq", "value": 1}},
                },
                {"field": "Comments", "value": {"template": "{{nps}}: {{why}}"}},
                {"field": "Priority", "value": {"question": "nps", "facet": "group"}},
            ],
        ),
        record_step(
            fields=[
                {"field": "Case__c", "value": {"step": "case"}},
                {"field": "Score__c", "value": {"response": "duration_seconds"}},
            ]
        ),
        condition={"question": "csat", "op": "le", "value": 3},
    )
    before = kept(mapping)

    answer = Editor(admin_client, mapping).press("save")

    assert answer.status_code == 302
    assert kept(mapping) == before


def test_a_rule_is_added_and_saved(editor, mapping):
    editor.press("add-rule:0")
    new = "steps-0-rules-2"
    editor.values |= {f"{new}-field": "CSAT__c", f"{new}-source": "question.csat"}

    editor.press("save")

    rule = kept(mapping)["steps"][0]["fields"][2]
    assert (rule["field"], rule["value"]) == ("CSAT__c", {"question": "csat"})


def test_adding_a_row_saves_nothing_and_keeps_what_was_typed(editor, mapping):
    before = kept(mapping)
    editor.values["name"] = "Typed, not saved"

    editor.press("add-step")

    assert editor.values["name"] == "Typed, not saved"
    assert editor.box("steps-1-action") is not None
    assert kept(mapping) == before


@pytest.mark.parametrize(
    ("order", "fields"),
    [
        ("remove-rule:0:0", ["Comments"]),
        ("up-rule:0:1", ["Comments", "Priority"]),
        ("up-rule:0:0", ["Priority", "Comments"]),
        ("remove-rule:0:9", ["Priority", "Comments"]),
        ("remove-rule:9:0", ["Priority", "Comments"]),
        ("up-rule", ["Priority", "Comments"]),
        ("remove-nothing:0", ["Priority", "Comments"]),
        ("nonsense", ["Priority", "Comments"]),
        ("", ["Priority", "Comments"]),
    ],
)
def test_rows_are_moved_and_removed(editor, mapping, order, fields):
    editor.press(order)

    editor.press("save")

    assert [rule["field"] for rule in kept(mapping)["steps"][0]["fields"]] == fields


def test_steps_are_moved_and_removed(admin_client, connection, version):
    mapping = save(connection, version, case_step(), task_step())
    editor = Editor(admin_client, mapping)

    editor.press("up-step:1")
    editor.press("save")
    assert [step["key"] for step in kept(mapping)["steps"]] == ["task", "case"]

    editor.open().press("remove-step:0")
    editor.press("save")
    assert [step["key"] for step in kept(mapping)["steps"]] == ["case"]


def test_another_way_to_find_the_record_is_added(editor, mapping):
    editor.press("add-find:0")
    editor.values["steps-0-find-1-how"] = "field"
    editor.press("draw")
    editor.values |= {
        "steps-0-find-1-field": "CaseNumber",
        "steps-0-find-1-source": "variable.agent",
    }

    editor.press("save")

    assert kept(mapping)["steps"][0]["find"][1] == {
        "field": "CaseNumber",
        "value": {"variable": "agent"},
    }


def test_the_fields_are_those_of_the_object_and_only_what_may_be_written(editor):
    offered = editor.options("steps-0-rules-0-field")

    assert {"CSAT__c", "Priority", "Subject"} <= set(offered)
    assert not {"Id", "CaseNumber", "CreatedDate"} & set(offered)


def test_what_a_new_record_needs_comes_first(admin_client, connection, version):
    save(connection, version, task_step(object="Contact", fields=task_fields()))
    editor = Editor(admin_client, Mapping.objects.get())

    first, second, *_rest = editor.listed("steps-0-rules-0-field")
    assert (first.get("data-group"), first.get("value")) == ("Required", "LastName")
    assert second.get("data-group") == "Fields"
    assert "Last Name" in " ".join(editor.texts("tb-is-will_fail"))


def task_fields():
    return [{"field": "Description", "value": {"constant": "x"}}]


def test_a_step_that_makes_records_says_where_our_key_goes_by_itself(
    admin_client, connection, version
):
    page = Editor(admin_client, save(connection, version, case_step(), task_step()))

    none_chosen = page.listed("steps-1-key_field")[0]
    assert none_chosen.text_content() == "Tellback_Key__c, by itself"
    assert page.box("steps-1-key_field").value == ""
    assert "New records get Tellback's key in Tellback Key" in page.row("at-task")


def test_the_values_are_the_catalogue_of_facts(editor):
    offered = set(editor.options("steps-0-rules-0-source"))

    assert {
        "question.csat",
        "question.nps.group",
        "variable.agent",
        "record.Case",
        "response.link",
        "constant",
        "template",
    } <= offered


def test_only_the_records_of_earlier_steps_are_offered(
    admin_client, connection, version
):
    editor = Editor(admin_client, save(connection, version, case_step(), task_step()))

    assert "step.case" not in editor.options("steps-0-rules-0-source")
    assert "step.case" in editor.options("steps-1-rules-0-source")
    assert "step.task" not in editor.options("steps-1-rules-0-source")


def test_what_an_earlier_step_found_is_offered_and_kept(
    admin_client, connection, version
):
    contact = {
        "key": "contact",
        "action": "find",
        "object": "Contact",
        "find": [{"email": "Email", "value": {"response": "recipient_email"}}],
    }
    account = {
        "key": "account",
        "action": "update",
        "object": "Account",
        "find": [{"field": "Id", "value": {"step": "contact", "facet": "AccountId"}}],
        "condition": {
            "step": "contact",
            "facet": "outcome",
            "op": "eq",
            "value": "found",
        },
        "fields": [
            {"field": "Phone", "value": {"step": "contact", "facet": "Phone"}},
            {"field": "Description", "value": {"template": "{{step.contact.Email}}"}},
        ],
    }
    mapping = save(connection, version, contact, account)
    before = documents.mapping_document(mapping)
    editor = Editor(admin_client, mapping)

    page = editor.answer.content.decode()
    assert '"step.contact..AccountId"' in page
    assert 'data-gives="id:Account"' in page
    assert "<code>contact.Phone</code>" in page
    assert "step|contact|outcome" in page
    editor.press("save")

    assert kept(mapping) == before


def test_an_unknown_field_is_refused_at_its_row_and_nothing_is_lost(editor, mapping):
    before = kept(mapping)
    editor.values |= {
        "steps-0-object": "Task",
        "steps-0-rules-0-text": "Typed, not saved",
    }

    answer = editor.press("save")

    assert answer.status_code == 200
    assert kept(mapping) == before
    assert "Task has no field “Comments”" in editor.row("at-case-Comments")
    assert editor.values["steps-0-rules-1-field"] == "Comments"
    assert editor.values["steps-0-rules-0-text"] == "Typed, not saved"


def test_a_mistake_is_said_at_its_row(editor):
    editor.values |= {"steps-0-rules-0-text": "", "steps-0-rules-1-blank": "default"}

    editor.press("save")

    assert "constant" in editor.row("at-case-Priority")
    assert "blank" in editor.row("at-case-Comments")
    assert "Not saved" in " ".join(editor.texts("tb-note"))


def test_a_mistake_of_a_step_is_said_at_the_step(editor):
    editor.values["steps-0-key"] = "Not a key"

    editor.press("save")

    assert editor.texts("tb-error") == ["'Not a key' is not a name."]


def test_a_step_without_a_name_is_called_after_its_object(editor, mapping):
    editor.press("add-step")
    editor.values |= {
        "steps-1-object": "Case",
        "steps-1-find-0-how": "record",
        "steps-1-find-0-record": "Case",
        "steps-1-rules-0-field": "CSAT__c",
        "steps-1-rules-0-source": "question.csat",
    }

    editor.press("save")

    assert [step["key"] for step in kept(mapping)["steps"]] == ["case", "case_2"]


def test_the_first_field_that_a_browser_presses_is_save(editor):
    buttons = editor.form.xpath(".//button[@name='_do']/@value")

    assert buttons[0] == "save"


def test_a_condition_is_opened_filled_and_saved(editor, mapping):
    editor.press("ask-rule:0:1")
    name = "steps-0-rules-1-condition"
    editor.values |= {
        f"{name}-0-what": "question|nps",
        f"{name}-0-op": "le",
        f"{name}-0-value": "6",
    }

    editor.press("save")

    assert kept(mapping)["steps"][0]["fields"][1]["condition"] == {
        "question": "nps",
        "op": "le",
        "value": 6,
    }


@pytest.mark.parametrize("order", ["ask-mapping", "ask-step:0", "ask-rule:0:0"])
def test_a_condition_that_is_opened_and_left_blank_is_none(editor, mapping, order):
    editor.press(order)
    assert editor.form.xpath(".//*[contains(@name, 'condition-0-what')]")

    assert editor.press("save").status_code == 302

    document = kept(mapping)
    assert document["condition"] is None
    assert document["steps"][0]["condition"] is None


def test_what_is_wrong_in_a_condition_is_said_and_the_condition_kept(editor, mapping):
    editor.press("ask-mapping")
    editor.values |= {
        "condition-0-what": "question|nps",
        "condition-0-op": "le",
        "condition-0-value": "many",
    }

    editor.press("save")

    assert editor.values["condition-0-value"] == "many"
    assert any("many" in text for text in editor.texts("tb-error"))
    assert kept(mapping)["condition"] is None


def test_a_value_table_has_a_row_for_each_answer(editor, mapping):
    editor.values |= {
        "steps-0-rules-0-field": "Topics__c",
        "steps-0-rules-0-source": "question.topics",
    }
    editor.press("draw")
    assert editor.values["steps-0-rules-0-table-0-answer"] == "speed"
    assert "Response time" in editor.options("steps-0-rules-0-table-0-write")
    editor.values["steps-0-rules-0-table-0-write"] = "Response time"

    editor.press("save")

    assert kept(mapping)["steps"][0]["fields"][0]["table"] == {"speed": "Response time"}


def test_picklist_values_that_are_called_the_same_are_filled_in(editor):
    editor.values |= {
        "steps-0-rules-0-field": "NPS_Group__c",
        "steps-0-rules-0-source": "question.nps.group",
    }

    editor.press("match-rule:0:0")

    written = {
        editor.values[f"steps-0-rules-0-table-{place}-answer"]: editor.values[
            f"steps-0-rules-0-table-{place}-write"
        ]
        for place in range(3)
    }
    assert written == {
        "promoter": "Promoter",
        "passive": "Passive",
        "detractor": "Detractor",
    }


def test_a_transform_is_chosen(editor, mapping):
    editor.values |= {
        "steps-0-rules-1-transforms-0-name": "truncate",
        "steps-0-rules-1-transforms-0-argument": "100",
    }

    editor.press("save")

    rule = kept(mapping)["steps"][0]["fields"][1]
    assert rule["transforms"] == ["truncate:100"]


def test_findings_stand_beside_the_rule_that_they_are_about(
    admin_client, connection, version
):
    step = case_step(
        fields=[
            {"field": "Priority", "value": {"constant": "High"}},
            {"field": "Subject", "value": {"question": "why"}},
        ]
    )

    editor = Editor(admin_client, save(connection, version, step))

    assert "may fail" in editor.row("at-case-Subject")
    assert "may fail" not in editor.row("at-case-Priority")
    assert "1 may fail" in editor.texts("tb-verdict")[0]


def test_findings_follow_what_is_typed_before_it_is_saved(editor):
    editor.values |= {
        "steps-0-rules-1-field": "CSAT__c",
        "steps-0-rules-1-source": "question.why",
    }

    editor.press("draw")

    assert "fail" in editor.row("at-case-CSAT__c")


def test_a_half_chosen_row_is_not_nagged_about(editor):
    editor.press("add-rule:0")

    assert not editor.texts("tb-is-will_fail")


def test_activating_saves_and_makes_a_revision(editor, mapping):
    editor.values["name"] = "Renamed"

    editor.press("activate")
    mapping.refresh_from_db()
    editor.open()

    assert (mapping.name, mapping.status) == ("Renamed", "active")
    assert mapping.live_revision.number == 1
    assert "Revision 1 is what was activated last" in editor.texts("tb-head")[0]
    assert mapping.live_revision.activated_by.username == "admin"


def test_a_refused_activation_says_that_the_draft_is_saved(editor, mapping):
    editor.values |= {
        "steps-0-rules-1-field": "CSAT__c",
        "steps-0-rules-1-source": "question.why",
        "name": "Renamed",
    }

    answer = editor.press("activate")

    mapping.refresh_from_db()
    assert (answer.status_code, mapping.name) == (200, "Renamed")
    assert (mapping.status, mapping.live_revision) == ("draft", None)
    assert "Saved, but not activated" in " ".join(editor.texts("tb-note"))
    assert "will fail" in editor.row("at-case-CSAT__c")


def test_pausing_changes_nothing_else(editor, mapping):
    activation.activate(mapping=mapping, now=NOW)
    before = kept(mapping)

    editor.open().press("pause")

    mapping.refresh_from_db()
    assert mapping.status == "paused"
    assert kept(mapping) == before


def test_a_draft_that_differs_from_what_runs_is_marked(admin_client, mapping):
    activation.activate(mapping=mapping, now=NOW)
    mapping.steps.get().rules.filter(field="Comments").delete()

    editor = Editor(admin_client, mapping)

    assert "The draft differs from it" in editor.texts("tb-head")[0]


def test_what_somebody_else_saved_is_not_written_over_unseen(editor, mapping):
    Mapping.objects.filter(pk=mapping.pk).update(name="Theirs")
    editor.values["name"] = "Mine"

    editor.press("save")

    assert kept(mapping)["name"] == "Theirs"
    assert "Somebody else" in " ".join(editor.texts("tb-note"))
    assert editor.values["name"] == "Mine"
    assert editor.press("save").status_code == 302
    assert kept(mapping)["name"] == "Mine"


def test_an_org_that_does_not_answer_costs_the_lists_not_the_page(
    admin_client, org, version
):
    mapping = save(make_connection(org), version)

    editor = Editor(admin_client, mapping)

    assert "not logged in" in " ".join(editor.texts("tb-warn"))
    assert editor.box("steps-0-object").tag == "input"
    assert editor.press("save").status_code == 302


def test_an_object_that_is_kept_is_shown_when_the_org_is_gone(
    admin_client, mapping, connection
):
    connections.describe(connection=connection, object="Case", now=NOW)
    connection.access_token = ""
    connection.save(update_fields=["access_token"])

    editor = Editor(admin_client, mapping)

    assert "Priority" in editor.options("steps-0-rules-0-field")


def test_an_unpublished_survey_offers_its_draft(admin_client, connection):
    survey = make_survey(survey_document())
    mapping = documents.begin(
        key="new",
        name="New",
        survey=survey,
        connection=connection,
        object="Case",
        record="Case",
    )
    editor = Editor(admin_client, mapping)

    editor.press("add-rule:0")

    assert "question.csat" in editor.options("steps-0-rules-0-source")


def test_a_survey_that_cannot_be_read_is_said(admin_client, connection):
    survey = make_survey(survey_document())
    survey.pages.all().delete()
    mapping = documents.begin(
        key="new",
        name="New",
        survey=survey,
        connection=connection,
        object="Case",
        record="Case",
    )

    editor = Editor(admin_client, mapping)

    assert "cannot be read yet" in " ".join(editor.texts("tb-warn"))


def test_a_source_that_is_gone_from_the_survey_is_kept_and_named(
    admin_client, mapping, version
):
    rule = mapping.steps.get().rules.get(field="Comments")
    rule.value = {"question": "vanished"}
    rule.save(update_fields=["value"])

    editor = Editor(admin_client, mapping)

    assert editor.values["steps-0-rules-1-source"] == "question.vanished"
    assert "not in this survey any more" in editor.row("at-case-Comments")


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"_do": "save"},
        {"_do": "activate", "steps": "x"},
        {"_do": "save", "steps-0": "x", "steps-0-rules-0-field": "y"},
        {"_do": "save", "steps-x-rules-99999999999-table-0-write": "y"},
        {"_do": "save", "steps-0-rules-0-field-more": "y", "steps-0-find": "z"},
        {"_do": "save", "steps-0-condition-0-what-x-y": "1", "steps-0-key": "a"},
        {"_do": "add-rule:²", "name": "x" * 500},
        {"_do": "match-rule:0:0", "steps-0-rules-0-source": "....", "survey": "zzz"},
        {"_do": "draw", "steps-0-rules-0-source": "question.nps.group.more"},
        {"_do": "draw", "steps-0-condition-kept": "{"},
        {"_do": "save", "condition": "x", "steps-0-rules-0-condition": "x"},
    ],
)
def test_a_form_that_nobody_drew_is_drawn_again(admin_client, mapping, posted):
    before = kept(mapping)
    url = reverse("admin:crm_mappings_mapping_change", args=[mapping.pk])

    answer = admin_client.post(url, posted)

    assert answer.status_code == 200
    assert kept(mapping) == before


def test_no_script_and_no_style_is_inline(editor):
    page = editor.answer.content.decode()

    assert not re.search(r"\sstyle=|<style|\son\w+=", page)
    assert all(
        script.get("src") for script in editor.form.xpath(".//script[not(@type)]")
    )


def test_every_box_has_a_name_that_is_read_out(editor):
    editor.press("add-find:0")
    editor.press("ask-rule:0:0")
    boxes = editor.form.xpath(".//select | .//textarea | .//input[not(@type='hidden')]")

    unnamed = [
        box.get("name")
        for box in boxes
        if not box.get("aria-label")
        and not box.xpath("ancestor::label")
        and not editor.form.xpath(f".//label[@for='{box.get('id')}']")
    ]

    assert unnamed == []


# The short form of a new mapping, and who may do what.


def begin(client, connection, version, **typed):
    asked = {
        "name": "CSAT onto the case",
        "key": "",
        "survey": version.survey.pk,
        "connection": connection.pk,
        "object": "Case",
        "record": "",
        **typed,
    }
    return client.post(reverse("admin:crm_mappings_mapping_add"), asked)


def test_a_new_mapping_goes_straight_to_the_editor(admin_client, connection, version):
    answer = begin(admin_client, connection, version)

    mapping = Mapping.objects.get()
    change = reverse("admin:crm_mappings_mapping_change", args=[mapping.pk])
    assert answer.headers["Location"] == change
    assert mapping.key == "csat-onto-the-case"
    assert mapping.steps.get().find == [{"record": "Case"}]


@pytest.mark.parametrize(
    "typed",
    [
        {"key": "Not A Key"},
        {"object": "no spaces"},
        {"record": "<script>"},
        {"name": "!!!"},
        {"name": ""},
    ],
)
def test_a_new_mapping_that_lacks_something_is_asked_again(
    admin_client, connection, version, typed
):
    assert begin(admin_client, connection, version, **typed).status_code == 200
    assert not Mapping.objects.exists()


def test_a_key_is_given_once(admin_client, connection, version, mapping):
    assert begin(admin_client, connection, version, key=mapping.key).status_code == 200
    assert Mapping.objects.count() == 1


def test_the_list_says_what_a_mapping_writes(admin_client, mapping):
    page = admin_client.get(reverse("admin:crm_mappings_mapping_changelist"))

    assert "update Case" in page.content.decode()


@pytest.fixture
def reader(client, db):
    """Somebody who may look at mappings."""
    user = get_user_model().objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_mapping"))
    client.force_login(user)
    return client


def test_who_may_only_look_cannot_save(reader, mapping):
    editor = Editor(reader, mapping)

    assert editor.form.xpath(".//fieldset[@disabled]")
    assert reader.post(editor.url, {"_do": "save"}).status_code == 403


@pytest.mark.parametrize("page", ["change", "preview"])
def test_who_may_not_look_sees_nothing(client, db, mapping, page):
    client.force_login(get_user_model().objects.create_user("x", is_staff=True))

    url = reverse(f"admin:crm_mappings_mapping_{page}", args=[mapping.pk])

    assert client.get(url).status_code == 403


def test_a_mapping_that_is_not_there_is_not_found(admin_client):
    url = reverse("admin:crm_mappings_mapping_change", args=[7])

    assert admin_client.get(url).status_code == 404


# The preview.


def preview(client, mapping, **asked):
    url = reverse("admin:crm_mappings_mapping_preview", args=[mapping.pk])
    answer = client.get(url, asked)
    assert answer.status_code == 200
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


def test_the_preview_shows_the_record_before_and_after(
    admin_client, org, mapping, version
):
    case = make_case(org.org, Priority="Low")
    completed(version, {"why": "Slow"}, records={"Case": case})

    page = preview(admin_client, mapping)

    assert case in page
    assert "Low High" in page
    assert org.org.read("Case", case)["Priority"] == "Low"


def test_the_preview_shows_a_record_that_is_only_found(
    admin_client, org, connection, version
):
    contact = {
        "key": "contact",
        "action": "find",
        "object": "Contact",
        "find": [{"field": "LastName", "value": {"constant": "Found"}}],
    }
    made = save(connection, version, contact, case_step())
    person = org.org.insert("Contact", {"LastName": "Found"})
    completed(version, {"why": "Slow"}, records={"Case": make_case(org.org)})

    page = preview(admin_client, made)

    assert person in page
    assert "Found by LastName" in page


def test_a_record_that_is_not_there_is_said_in_words(admin_client, mapping, version):
    completed(version, records={"Case": "500000000000001AAA"})

    assert "It would be held" in preview(admin_client, mapping)


def test_a_made_up_answer_can_be_tried(admin_client, org, mapping, version):
    case = make_case(org.org)

    page = preview(admin_client, mapping, response="made-up", **{"record-Case": case})

    assert case in page
    assert "Would be" in page


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("nonsense", "no such response"),
        ("c0ffee00-0000-4000-8000-000000000000", "no such response"),
    ],
)
def test_a_response_that_is_not_there_is_said(admin_client, mapping, asked, text):
    assert text in preview(admin_client, mapping, response=asked)


def test_an_unfinished_mapping_says_what_is_missing(admin_client, mapping):
    mapping.steps.get().rules.all().delete()

    assert "not finished" in preview(admin_client, mapping, response="made-up")


def test_a_preview_without_a_log_in_says_so(admin_client, org, version):
    mapping = save(make_connection(org), version)

    assert "not logged in" in preview(admin_client, mapping)


def test_a_preview_without_a_published_survey_says_so(admin_client, connection):
    survey = make_survey(survey_document())
    mapping = documents.begin(
        key="new",
        name="New",
        survey=survey,
        connection=connection,
        object="Case",
        record="Case",
    )

    assert "Publish the survey" in preview(admin_client, mapping)


def test_save_and_preview_saves_first(editor, mapping):
    editor.values["name"] = "Renamed"

    answer = editor.press("preview")

    assert answer.headers["Location"].endswith("/preview/")
    assert kept(mapping)["name"] == "Renamed"


def test_a_large_mapping_is_saved(admin_client, connection, version):
    schema = connections.describe(connection=connection, object="Contact", now=NOW)
    writable = [
        field.name for field in schema.fields.values() if field.writable("update")
    ]
    rules = [{"field": name, "value": {"question": "nps"}} for name in writable]
    steps = [
        case_step(
            key=f"s{place}",
            object="Contact",
            find=[{"record": "Contact"}],
            fields=rules,
        )
        for place in range(8)
    ]
    mapping = save(connection, version, *steps)
    before = kept(mapping)

    answer = Editor(admin_client, mapping).press("save")

    assert answer.status_code == 302
    assert kept(mapping) == before


def test_a_draft_that_never_ran_is_deleted(admin_client, mapping):
    url = reverse("admin:crm_mappings_mapping_delete", args=[mapping.pk])

    admin_client.post(url, {"post": "yes"})

    assert not Mapping.objects.exists()


def test_what_has_run_is_paused_and_not_deleted(admin_client, mapping):
    activation.activate(mapping=mapping, now=NOW)
    url = reverse("admin:crm_mappings_mapping_delete", args=[mapping.pk])

    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert (
        "Delete this mapping" not in Editor(admin_client, mapping).texts("tb-below")[0]
    )


def test_the_choices_are_in_the_language_of_who_reads_them(editor):
    editor.client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"

    editor.open()

    chosen = [one.text for one in editor.listed("steps-0-action")]
    assert "Einen Datensatz ändern" in chosen
    missing = [one.text for one in editor.listed("steps-0-no_match")]
    assert "Für einen Menschen zurückhalten" in missing
