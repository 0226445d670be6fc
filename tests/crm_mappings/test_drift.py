"""Each night: what changed in an org, what of ours it touches, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from crm_mappings import connections, drift
from crm_mappings.models import Connection, Mapping, ObjectDescription, SchemaChange
from crm_mappings.nights import NIGHT, next_night
from tests.factories.crm import NOW, case_step, make_mapping, task_step
from tests.factories.deployments import make_deployment, make_trigger

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=20)


@pytest.fixture
def mapping(connection, version) -> Mapping:
    made = make_mapping(connection, version)
    drift.look(connection=connection, now=NOW)
    return made


def test_the_first_look_finds_nothing_new_and_keeps_what_is_there(mapping):
    assert not SchemaChange.objects.exists()
    assert ObjectDescription.objects.get(object="Case").modified


def test_what_changed_names_what_it_touches(org, connection, version, mapping):
    trigger = make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        object="Case",
        condition={"field": "Priority", "op": "eq", "value": "High"},
    )
    org.org.clock.advance(hours=20)
    org.org.make_read_only("Case", "Priority")
    org.org.hide_field("Case", "Description")

    drift.look(connection=connection, now=LATER)

    rows = SchemaChange.objects.filter(field="Priority")
    assert {touch["kind"] for row in rows for touch in row.touches} == {
        "mapping",
        "trigger",
    }
    assert rows[0].touches[1] == {
        "kind": "trigger",
        "id": trigger.pk,
        "name": str(trigger),
        "key": "",
    }
    assert SchemaChange.objects.get(field="Description").touches == []


def test_what_a_later_step_reads_of_a_record_is_touched(org, connection, version):
    task = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "case"}},
            {"field": "Subject", "value": {"template": "{{step.case.Description}}"}},
        ]
    )
    made = make_mapping(connection, version, case_step(), task)
    drift.look(connection=connection, now=NOW)
    org.org.clock.advance(hours=20)
    org.org.hide_field("Case", "Description")

    drift.look(connection=connection, now=LATER)

    (touch,) = SchemaChange.objects.get(field="Description").touches
    assert touch["id"] == made.pk
    made.refresh_from_db()
    assert "Description" in made.problem


def test_what_a_trigger_reads_of_related_records_and_fills_in_exports_is_touched(
    org, connection, version, admin_client
):
    make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        object="Case",
        name_field="",
        variables={"agent": "contact.DEPARTMENT"},
    )
    drift.look(connection=connection, now=NOW)
    drift.look(connection=connection, now=NOW + timedelta(minutes=1))
    org.org.clock.advance(hours=20)
    org.org.hide_field("Contact", "Department")

    drift.look(connection=connection, now=LATER)

    [row] = SchemaChange.objects.filter(object="Contact")
    assert [touch["kind"] for touch in row.touches] == ["trigger", "export"]
    page = reverse("admin:crm_mappings_connection_change", args=[connection.pk])
    shown = admin_client.get(page).content.decode()
    results = reverse("admin:responses_response_results", args=[version.survey.key])
    assert f'href="{results}"' in shown
    assert "column agent" in shown


def test_a_mapping_that_fits_no_more_is_flagged_and_fits_again(
    org, connection, mapping
):
    org.org.clock.advance(hours=20)
    org.org.hide_field("Case", "Comments")
    drift.look(connection=connection, now=LATER)
    flagged = Mapping.objects.get()
    org.org.clock.advance(hours=1)
    org.org.restore_fields("Case")
    drift.look(connection=connection, now=LATER + timedelta(hours=1))

    assert flagged.status == "active"
    assert "Comments" in flagged.problem
    assert Mapping.objects.get().problem == ""


def test_people_get_one_digest_of_what_touches_them(
    org, connection, mapping, django_user_model
):
    django_user_model.objects.create_superuser("boss", "boss@example.com", "x")
    org.org.clock.advance(hours=20)
    org.org.hide_field("Case", "Comments")
    org.org.hide_field("Case", "Description")
    drift.look(connection=connection, now=LATER)

    for _ in range(2):
        connections.tell_of_changes(now=LATER)

    [told] = mail.outbox
    assert told.to == ["boss@example.com"]
    assert "Case.Comments" in told.body
    assert str(mapping) in told.body
    assert "Description" not in told.body


def test_an_unchanged_org_costs_one_call_and_no_descriptions(org, connection, mapping):
    org.org.clock.advance(hours=20)
    drift.look(connection=connection, now=LATER)
    org.org.calls.clear()

    drift.look(connection=connection, now=LATER + timedelta(hours=1))

    assert [call.path for call in org.org.calls.calls] == [
        "/services/data/v66.0/composite"
    ]
    assert not SchemaChange.objects.exists()


def test_a_change_in_the_second_of_the_last_look_is_not_missed(
    org, connection, mapping
):
    org.org.hide_field("Case", "Comments")  # the clock has not moved

    drift.look(connection=connection, now=NOW)

    assert SchemaChange.objects.filter(field="Comments").exists()


def test_each_org_is_looked_at_once_a_night(org, connection, mapping):
    assert drift.look_at_due(now=NOW) == 1
    assert drift.look_at_due(now=NOW + timedelta(minutes=1)) == 0
    due = Connection.objects.get().drift_due_at
    assert due == next_night(NOW)
    assert due.hour == NIGHT
    assert drift.look_at_due(now=due) == 1


def test_an_org_that_is_down_is_looked_at_an_hour_later(org, connection, mapping):
    org.org.faults.unavailable = 5

    assert drift.look_at_due(now=NOW) == 0
    assert Connection.objects.get().drift_due_at == NOW + drift.TRY_AGAIN


def test_an_object_that_is_gone_is_told(org, connection, mapping, monkeypatch):
    org.org.clock.advance(hours=20)
    del org.org.catalogue._objects["case"]

    drift.look(connection=connection, now=LATER)

    row = SchemaChange.objects.get()
    assert (row.object, row.field) == ("Case", "")
    assert row.touches


def test_the_page_shows_what_changed_with_links(admin_client, org, connection, mapping):
    org.org.clock.advance(hours=20)
    org.org.hide_field("Case", "Comments")
    act = reverse("admin:crm_mappings_connection_compare", args=[connection.pk])

    body = admin_client.post(act, follow=True).content.decode()

    assert "1 change was found" in body
    assert reverse("admin:crm_mappings_mapping_change", args=[mapping.pk]) in body
