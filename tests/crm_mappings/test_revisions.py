"""Revisions: a note, what each changed, and the way back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from crm_mappings import activation, documents
from crm_mappings.models import Mapping
from tests.crm_mappings.test_admin_mappings import Editor, save
from tests.factories.crm import NOW, case_step

ONE = {"field": "CSAT__c", "value": {"question": "csat"}}
TWO = {"field": "NPS__c", "value": {"question": "nps"}}


@pytest.fixture
def mapping(connection, version):
    mapping = save(connection, version, case_step(fields=[ONE]))
    activation.activate(mapping=mapping, now=NOW, note="The beginning")
    save(connection, version, case_step(fields=[ONE, TWO]))
    activation.activate(mapping=mapping, now=NOW, note="With the NPS")
    mapping.refresh_from_db()
    return mapping


def fields(mapping):
    (step,) = mapping.live_revision.document["steps"]
    return [rule["field"] for rule in step["fields"]]


def test_an_activation_keeps_its_note_and_its_author(
    admin_client, admin_user, connection, version
):
    mapping = save(connection, version, case_step(fields=[ONE]))
    editor = Editor(admin_client, mapping)
    editor.values["note"] = " For the pilot "

    editor.press("activate")

    revision = Mapping.objects.get().live_revision
    assert (revision.note, revision.activated_by) == ("For the pilot", admin_user)
    assert "For the pilot" in " ".join(editor.open().texts("tb-revisions"))


def test_an_older_revision_runs_again_as_a_new_one(mapping):
    made = activation.roll_back(revision=mapping.revisions.get(number=1), now=NOW)

    mapping.refresh_from_db()
    assert mapping.live_revision == made
    assert (made.number, made.note) == (3, "As in revision 1.")
    assert fields(mapping) == ["CSAT__c"]
    draft = documents.mapping_document(mapping)
    assert [rule["field"] for rule in draft["steps"][0]["fields"]] == ["CSAT__c"]


def test_a_revision_that_the_org_would_refuse_by_now_stays_back(mapping, org):
    org.org.hide_field("Case", "CSAT__c")
    mapping.connection.descriptions.all().delete()

    with pytest.raises(activation.MappingRefused):
        activation.roll_back(revision=mapping.revisions.get(number=1), now=NOW)

    mapping.refresh_from_db()
    assert mapping.live_revision.number == 2


def test_trust_comes_back_only_through_an_administrator(mapping):
    revision = mapping.revisions.get(number=1)
    revision.document["trusts_links"] = True
    revision.save(update_fields=["document"])

    with pytest.raises(activation.MappingRefused):
        activation.roll_back(revision=revision, now=NOW)
    activation.roll_back(revision=revision, now=NOW, may_trust=True)

    mapping.refresh_from_db()
    assert mapping.trusts_links


def page(mapping, number):
    place = [mapping.pk, number]
    return reverse("admin:crm_mappings_mapping_revision", args=place)


def test_the_page_of_a_revision_says_what_it_changed(admin_client, mapping):
    text = admin_client.get(page(mapping, 2)).content.decode()

    assert "With the NPS" in text
    assert "Field added" in text
    assert "NPS__c" in text
    assert "{" not in text.partition('id="content-main"')[2].partition("</table>")[0]


def test_a_revision_is_brought_back_from_its_page(admin_client, mapping):
    answer = admin_client.post(page(mapping, 1), {"note": "It was better"})

    assert answer.status_code == 302
    mapping.refresh_from_db()
    assert mapping.live_revision.note == "It was better"
    assert fields(mapping) == ["CSAT__c"]


def test_what_cannot_come_back_says_why(admin_client, mapping, org):
    org.org.hide_field("Case", "CSAT__c")
    mapping.connection.descriptions.all().delete()

    text = admin_client.post(page(mapping, 1)).content.decode()

    assert "has no field CSAT__c" in text


def test_a_revision_that_is_not_there_is_not_found(admin_client, mapping):
    assert admin_client.get(page(mapping, 9)).status_code == 404


def test_the_editor_says_what_activating_would_change(
    admin_client, mapping, connection, version
):
    save(connection, version, case_step(fields=[TWO]))

    text = " ".join(Editor(admin_client, mapping).texts("tb-changes-list"))

    assert "Activating the draft changes 1 thing" in text
    assert "Field removed" in text
