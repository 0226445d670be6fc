"""Records hear what became of invitations about them: by choice, each once, in order."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from crm_mappings import milestones
from crm_mappings.emulator.schema.fields import day, moment, text, url
from crm_mappings.feeds import source_of
from crm_mappings.models import Connection, MilestoneRule, RecordUpdate
from deployments.invitations import (
    cancel,
    mark_completed,
    mark_opened,
    send_waiting,
)
from deployments.models import Invitation
from deployments.rules import Event
from deployments.triggers import decide_waiting, receive
from responses.erasure import erase
from tests.factories.crm import make_case
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)
from tests.factories.responses import make_response

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
FIELDS = {
    "status": "Survey_Status__c",
    "sent": "Survey_Sent__c",
    "completed": "Survey_Day__c",
    "link": "Tellback_Link__c",
    "decision": "Survey_Why__c",
}


@pytest.fixture
def case(org, connection):
    for field in (
        text("Survey_Status__c", "Survey Status", 20),
        moment("Survey_Sent__c", "Survey Sent"),
        day("Survey_Day__c", "Survey Day"),
        url("Tellback_Link__c", "Link"),
        text("Survey_Why__c", "Why", 40),
    ):
        org.org.add_field("Case", field)
    return make_case(org.org)


@pytest.fixture
def deployment(version):
    return make_deployment(version.survey)


@pytest.fixture
def rule(connection, deployment):
    return MilestoneRule.objects.create(
        connection=connection, deployment=deployment, object="Case", fields=FIELDS
    )


def read(org, record, *fields, object_name="Case"):
    row = org.org.read(object_name, record)
    return [row[field] for field in fields]


def test_the_record_hears_how_far_the_invitation_came(
    org, connection, case, rule, deployment
):
    made = make_invitation(deployment, records={"Case": case}, send=True)
    send_waiting(now=NOW)
    milestones.write_due(now=LATER)
    assert read(org, case, "Survey_Status__c", "Tellback_Link__c") == ["sent", made.url]

    mark_opened(invitation=made.invitation, now=LATER)
    mark_completed(invitation=made.invitation, now=LATER)
    milestones.write_due(now=LATER)

    status, sent, day_ = read(
        org, case, "Survey_Status__c", "Survey_Sent__c", "Survey_Day__c"
    )
    assert (status, day_) == ("completed", "2026-03-02")
    assert sent.startswith("2026-03-02T09:00:00")
    assert set(RecordUpdate.objects.values_list("state", flat=True)) == {"written"}


def test_no_link_is_kept_with_what_was_told(
    org, connection, case, rule, deployment, settings
):
    keys = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key(), *keys]
    make_invitation(deployment, records={"Case": case})
    assert "/s/" not in str(RecordUpdate.objects.get().values)
    settings.FIELD_KEYS = keys  # the one that it was written with is lost

    milestones.write_due(now=LATER)

    assert read(org, case, "Survey_Status__c", "Tellback_Link__c") == ["invited", None]


def test_what_was_told_is_forgotten_with_the_person(org, case, rule, deployment):
    made = make_invitation(deployment, records={"Case": case})
    milestones.write_due(now=LATER)
    mark_opened(invitation=made.invitation, now=LATER)
    response = make_response(deployment.survey.live_version, invitation=made.invitation)

    erase(response=response, now=LATER)

    assert not RecordUpdate.objects.exists()


def test_what_was_told_is_kept_for_so_long(org, case, rule, deployment):
    make_invitation(deployment, records={"Case": case})
    milestones.write_due(now=LATER)

    assert milestones.forget_old(now=LATER + timedelta(days=90), days=90) == 0
    assert milestones.forget_old(now=LATER + timedelta(days=91), days=90) == 1
    row = RecordUpdate.objects.get()
    assert (row.state, row.values) == ("written", {})


def test_many_records_cost_one_call(org, connection, case, rule, deployment):
    cases = [make_case(org.org) for _number in range(30)]
    for number, one in enumerate(cases):
        make_invitation(
            deployment, records={"Case": one}, email=f"p{number}@example.com", send=True
        )
    send_waiting(now=NOW)
    org.org.calls.clear()

    assert milestones.write_due(now=LATER) == 60

    writes = [call for call in org.org.calls.calls if call.method == "PATCH"]
    assert len(writes) == 1


def test_nothing_is_told_without_a_rule_a_record_or_in_a_test(case, rule, deployment):
    make_invitation(deployment)
    other = make_deployment(deployment.survey)
    make_invitation(other, records={"Case": case})
    deployment.test_mode = True
    make_invitation(deployment, records={"Case": case})
    rule.is_active = False
    rule.save(update_fields=["is_active"])
    deployment.test_mode = False
    make_invitation(deployment, records={"Case": case}, email="x@example.com")

    assert not RecordUpdate.objects.exists()


def test_who_opts_out_is_marked_in_the_org(
    org, connection, case, deployment, client, version
):
    contact = org.org.insert("Contact", {"LastName": "A", "Email": "ada@example.com"})
    MilestoneRule.objects.create(
        connection=connection,
        deployment=deployment,
        object="Contact",
        fields={"no_mail": "HasOptedOutOfEmail"},
    )
    made = make_invitation(deployment, records={"Contact": contact, "Case": case})

    assert client.post(f"/s/{made.token}/opt-out/").status_code == 200
    milestones.write_due(now=LATER + timedelta(days=3000))

    assert read(org, contact, "HasOptedOutOfEmail", object_name="Contact") == [True]
    assert Invitation.objects.get().opted_out_at


def test_why_nobody_was_asked_stands_on_the_record(
    org, connection, case, rule, deployment
):
    make_trigger(deployment, source=source_of(connection))
    event = Event(
        source=source_of(connection),
        event_id="1",
        object="Case",
        record_id=case,
        fields={"Status": "Closed"},
    )

    receive(events=[event], now=NOW)
    decide_waiting(now=NOW)
    milestones.write_due(now=LATER)

    assert read(org, case, "Survey_Why__c") == [
        "The field ContactEmail held no e-mail ad"
    ]


def test_one_bad_record_holds_up_no_other(org, connection, case, rule, deployment):
    gone = make_case(org.org)
    for number, one in enumerate((gone, case)):
        make_invitation(
            deployment, records={"Case": one}, email=f"p{number}@example.com"
        )
    org.org.delete("Case", gone)

    milestones.write_due(now=LATER)

    held = RecordUpdate.objects.get(state="held")
    assert (held.record_id, bool(held.reason)) == (gone, True)
    assert read(org, case, "Survey_Status__c") == ["invited"]
    assert milestones.send_again(updates=RecordUpdate.objects.all(), now=LATER) == 1


def test_an_org_that_is_away_is_tried_again(org, connection, case, rule, deployment):
    make_invitation(deployment, records={"Case": case})
    org.org.faults.unavailable = 1

    assert milestones.write_due(now=LATER, rng=random.Random(1)) == 0
    waiting = RecordUpdate.objects.get()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.due_at > LATER
    Connection.objects.update(not_before=None)

    assert milestones.write_due(now=LATER + timedelta(hours=2)) == 1
    assert read(org, case, "Survey_Status__c") == ["invited"]


def test_an_old_value_that_was_late_does_not_stand_over_a_new_one(
    org, connection, case, rule, deployment
):
    made = make_invitation(deployment, records={"Case": case})
    org.org.faults.unavailable = 1
    milestones.write_due(now=LATER)
    cancel(invitation=made.invitation, now=LATER)
    Connection.objects.update(not_before=None)

    milestones.write_due(now=LATER)

    assert read(org, case, "Survey_Status__c") == ["cancelled"]
    assert RecordUpdate.objects.filter(state="written").count() == 2


def test_what_a_dead_worker_held_is_written_by_the_next(
    org, connection, case, rule, deployment
):
    make_invitation(deployment, records={"Case": case})
    RecordUpdate.objects.update(
        state="sending", due_at=LATER + timedelta(minutes=5), attempts=1
    )

    assert milestones.write_due(now=LATER) == 0
    assert milestones.write_due(now=LATER + timedelta(minutes=6)) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"field_status": "x y"}, "is not the API name"), ({}, "at least one of them")],
)
def test_a_rule_that_cannot_be_is_refused(
    admin_client, connection, deployment, fields, words
):
    form = {
        "deployment": deployment.pk,
        "connection": connection.pk,
        "object": "Case",
        **fields,
    }

    answer = admin_client.post("/admin/crm_mappings/milestonerule/add/", form)

    assert words in answer.content.decode()
    assert not MilestoneRule.objects.exists()


def test_a_rule_is_made_and_changed_in_the_admin(admin_client, connection, deployment):
    form = {
        "deployment": deployment.pk,
        "connection": connection.pk,
        "object": "Case",
        "field_status": "Survey_Status__c",
        "is_active": "on",
    }
    admin_client.post("/admin/crm_mappings/milestonerule/add/", form)
    row = MilestoneRule.objects.get()
    assert row.fields == {"status": "Survey_Status__c"}

    page = f"/admin/crm_mappings/milestonerule/{row.pk}/change/"
    assert 'value="Survey_Status__c"' in admin_client.get(page).content.decode()
    admin_client.post(page, {**form, "field_link": "Link__c"})

    row.refresh_from_db()
    assert row.fields == {"status": "Survey_Status__c", "link": "Link__c"}
    assert admin_client.get("/admin/crm_mappings/recordupdate/").status_code == 200
