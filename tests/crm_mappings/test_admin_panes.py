"""The lists beside the rules: what people have answered, and what the object takes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from crm_mappings import documents
from crm_mappings.admin.editor import panes, stock
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.emulator.schema.fields import area
from crm_mappings.models import Mapping
from tests.crm_mappings.test_admin_mappings import Editor, kept, save
from tests.factories.crm import NOW, case_step, completed, task_step

WIDE = 300
# The page of 300 fields, all of them mapped as far as a step takes.
LARGEST_PAGE = 2_500_000


@pytest.fixture
def mapping(connection, version):
    return save(connection, version)


@pytest.fixture
def editor(admin_client, mapping):
    return Editor(admin_client, mapping)


def known(mapping, *, may_read=True):
    found = stock.load(
        survey=mapping.survey,
        connection=mapping.connection,
        objects=["Case"],
        now=NOW,
        may_read=may_read,
    )
    sheet = sheets.from_document(documents.mapping_document(mapping))
    groups = panes.known_groups(sheet, found)
    return {one.token: one for group in groups for one in group.known}


def test_what_people_answered_last_stands_beside_the_question(mapping, version):
    completed(version, answers={"csat": 2, "nps": 7})

    nps = known(mapping)["question.nps"]

    assert (nps.sample, nps.is_real) == ("7", True)
    assert [one.token for one in nps.more][:1] == ["question.nps.group"]
    assert nps.more[0].sample == "passive"


def test_who_may_not_see_responses_sees_made_up_answers(mapping, version):
    completed(version, answers={"csat": 2, "nps": 7})

    assert not known(mapping, may_read=False)["question.nps"].is_real


def test_the_page_shows_answers_only_to_who_may_see_responses(
    client, django_user_model, mapping, version
):
    completed(version, answers={"csat": 2, "why": "The coffee was cold"})
    user = django_user_model.objects.create_user("crm", is_staff=True)
    rights = Permission.objects.filter(codename="view_mapping")
    user.user_permissions.set(rights)
    client.force_login(user)

    assert "coffee" not in Editor(client, mapping).answer.content.decode()
    user.user_permissions.add(Permission.objects.get(codename="view_response"))
    assert "coffee" in Editor(client, mapping).answer.content.decode()


def test_a_fact_that_no_rule_reads_is_unused(mapping):
    facts = known(mapping)

    assert facts["question.why"].used == ("Case.Comments",)
    assert not facts["question.topics"].is_used
    assert facts["record.Case"].is_used


def test_what_the_latest_answer_would_write_stands_at_the_rule(editor, version):
    completed(version, answers={"csat": 2, "why": "It was slow"})

    assert "Latest answer: It was slow" in editor.open().row("at-case-Comments")


def test_fields_are_in_order_of_what_is_to_be_done(editor):
    groups = editor.page.xpath("//details[contains(@class, 'tb-takes')]//h4")

    names = [" ".join(one.text_content().split()[:-1]) for one in groups]
    assert names == ["Mapped", "Not mapped", "Cannot be written"]
    why = editor.texts("tb-why")
    assert "Kept by Salesforce itself" in why


def test_a_field_is_taken_from_the_list_and_a_fact_joins_it(editor, mapping):
    editor.press("map:0:NPS__c")
    editor.press("use:0:question.nps")
    editor.press("map:0:NPS__c")
    editor.press("save")

    rules = kept(mapping)["steps"][0]["fields"]
    assert rules[-1]["field"] == "NPS__c"
    assert rules[-1]["value"] == {"question": "nps"}
    assert len(rules) == 3


@pytest.mark.parametrize(
    "order", ["use:9:question.nps", "use:x:question.nps", "map:", "use", "map:0"]
)
def test_an_order_that_fits_nothing_changes_nothing(editor, mapping, order):
    editor.press(order)
    editor.press("save")

    assert len(kept(mapping)["steps"][0]["fields"]) == 2


def test_a_required_field_that_is_missing_is_offered_to_be_mapped(
    admin_client, connection, version
):
    fields = [{"field": "Description", "value": {"constant": "x"}}]
    save(connection, version, task_step(object="Contact", fields=fields))
    editor = Editor(admin_client, Mapping.objects.get())

    assert "1 required is missing" in " ".join(editor.texts("tb-takes"))
    editor.press("map:0:LastName")
    assert editor.values["steps-0-rules-1-field"] == "LastName"
    assert "required is missing" not in " ".join(editor.texts("tb-takes"))


def test_a_constant_for_a_picklist_is_chosen_from_its_values(
    admin_client, connection, version
):
    fields = [{"field": "NPS_Group__c", "value": {"constant": "Passive"}}]
    save(connection, version, case_step(fields=fields))

    editor = Editor(admin_client, Mapping.objects.get())

    assert editor.options("steps-0-rules-0-text") == [
        *("", "Promoter", "Passive", "Detractor")
    ]
    assert editor.values["steps-0-rules-0-text"] == "Passive"


def test_a_later_step_asks_whether_an_earlier_one_found_a_record(
    admin_client, connection, version
):
    mapping = save(connection, version, case_step(no_match="skip"), task_step())
    editor = Editor(admin_client, mapping)
    editor.press("ask-step:1")
    assert "step|case" in str(editor.options("steps-1-condition-0-what"))
    editor.values |= {
        "steps-1-condition-0-what": "step|case",
        "steps-1-condition-0-op": "blank",
    }
    editor.press("save")

    assert kept(mapping)["steps"][1]["condition"] == {"step": "case", "op": "blank"}


def test_an_editor_of_300_fields_stays_small(
    admin_client, org, connection, version, django_assert_max_num_queries
):
    for number in range(WIDE):
        org.org.add_field("Case", area(f"Extra_{number}__c", f"Extra {number}", 255))
    rules = [
        {"field": f"Extra_{number}__c", "value": {"question": "nps"}}
        for number in range(200)
    ]
    mapping = save(connection, version, case_step(fields=rules))
    for _ in range(8):
        completed(version, answers={"csat": 2})
    Editor(admin_client, mapping)

    with django_assert_max_num_queries(40):
        editor = Editor(admin_client, mapping)

    assert len(editor.answer.content) < LARGEST_PAGE
    assert len(editor.listed("steps-0-rules-0-field")) > WIDE


def trusting(client, django_user_model, *codenames):
    user = django_user_model.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def test_only_an_administrator_lets_a_link_choose_the_record(
    client, django_user_model, mapping
):
    rights = ("view_mapping", "change_mapping")
    editor = Editor(trusting(client, django_user_model, *rights), mapping)
    assert "trusts_links" not in editor.values
    editor.values["trusts_links"] = "1"

    editor.press("save")

    assert "Only an administrator" in " ".join(editor.texts("tb-bad"))
    assert not kept(mapping)["trusts_links"]


def test_an_administrator_allows_it_knowing_the_risk(editor, mapping):
    assert "Whoever has a link" in " ".join(editor.texts("tb-trust"))
    editor.values["trusts_links"] = "1"

    editor.press("save")

    assert kept(mapping)["trusts_links"]
