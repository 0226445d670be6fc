"""What we say we wrote, beside what the org holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mappings import delivery
from crm_mappings.delivery import reconciling
from crm_mappings.models import Connection, Reconciliation, WriteBack, WrittenRecord
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    record_step,
)
from tests.factories.responses import STARTED

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)
SAID = {"csat": 1, "nps": 1, "why": "x"}


def compare(connection):
    return reconciling.reconcile(
        connection=connection, since=NOW - timedelta(days=1), until=LATER, now=LATER
    )


def counts(told):
    return told.checked, told.missing, told.changed, told.duplicate


def test_what_is_as_it_was_written_is_no_finding(org, connection, version):
    make_mapping(connection, version, record_step(), case_step())
    completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()

    told = compare(connection)

    assert counts(told) == (2, 0, 0, 0)
    assert (told.ended_at, told.problem) == (LATER, "")


def test_a_record_that_somebody_has_deleted_is_missing_and_is_made_again(
    org, connection, version
):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    org.org.delete(record.object, record.record_id)

    told = compare(connection)
    repaired = reconciling.repair(reconciliation=told, kinds=["missing"], now=LATER)

    assert counts(told) == (1, 1, 0, 0)
    assert told.findings[0]["record_id"] == record.record_id
    assert repaired == 1
    assert deliver(now=LATER).written == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1


def test_a_field_that_somebody_has_changed_is_told_and_left_unless_chosen(
    org, connection, version
):
    make_mapping(connection, version)
    case = make_case(org.org)
    completed(version, SAID, records={"Case": case})
    deliver()
    org.org.update("Case", case, {"Comments": "by hand"})

    told = compare(connection)

    assert counts(told) == (1, 0, 1, 0)
    assert told.findings[0]["names"] == ["Comments"]
    assert reconciling.repair(reconciliation=told, kinds=["missing"], now=LATER) == 0
    assert reconciling.repair(reconciliation=told, kinds=["changed"], now=LATER) == 1
    deliver(now=LATER)
    assert org.org.read("Case", case)["Comments"] == "x"


def test_what_a_newer_response_has_written_is_no_change(org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org)
    for day, word in enumerate(("old", "new")):
        started = STARTED + timedelta(days=day)
        answers = {**SAID, "why": word}
        completed(version, answers, records={"Case": case}, started_at=started)
        deliver(now=NOW + timedelta(minutes=day))

    assert counts(compare(connection)) == (2, 0, 0, 0)


def test_a_second_record_with_our_key_is_a_duplicate(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    table = org.org.rows.table(record.object)
    table.put({**table.rows[record.record_id], "Id": "a00000000000999AAA"})

    told = compare(connection)

    assert told.duplicate == 1
    assert "a00000000000999AAA" in told.findings[0]["names"]


def test_what_was_put_back_is_not_compared(org, connection, version):
    make_mapping(connection, version)
    completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()
    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER)

    assert counts(compare(connection)) == (0, 0, 0, 0)


def test_an_org_that_does_not_answer_is_told(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    org.org.faults.unavailable = 9

    assert "busy" in compare(connection).problem


def test_each_connection_is_compared_once_a_night(connection):
    assert reconciling.reconcile_nightly(now=NOW) == 1
    assert reconciling.reconcile_nightly(now=LATER) == 0
    Connection.objects.update(status=Connection.Status.PAUSED)
    assert reconciling.reconcile_nightly(now=NOW + timedelta(days=2)) == 0
    assert Reconciliation.objects.count() == 1
