"""Responses that go on after they were written, and those that are erased."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mappings import delivery
from crm_mappings.delivery import (
    erasing,
    reconciling,
    renewing,
    settling,
    unfinished,
)
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.models import Connection, MappingRevision, WriteBack, WrittenRecord
from responses import erasure, submission
from responses.models import Response
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
    record_step,
    revise,
    task_step,
)
from tests.factories.responses import STARTED, make_response

pytestmark = pytest.mark.django_db
QUIET = STARTED + timedelta(minutes=31)
LATER = NOW + timedelta(hours=1)
ABOUT = {"field": "WhatId", "value": {"record": "Case"}}
SAID = {"csat": 1, "nps": 1, "why": "first words"}


def mapped(connection, version, *steps, **settings):
    """A mapping with settings of the whole."""
    mapping = make_mapping(connection, version, *steps)
    revision = MappingRevision.objects.get(mapping=mapping)
    revision.document |= settings
    revision.save(update_fields=["document"])
    return mapping


def half_way(version, case, **answers):
    return make_response(
        version, answers or SAID, completed=False, records={"Case": case}
    )


def tasks(org):
    return org.org.query("SELECT Id, Subject FROM Task")


# -- half way


def test_what_is_half_way_waits_until_it_has_been_quiet(org, connection, version):
    mapped(connection, version, partial_after=30)
    half_way(version, make_case(org.org))

    assert unfinished.collect(now=STARTED + timedelta(minutes=29)) == 0
    assert unfinished.collect(now=QUIET) == 1
    assert unfinished.collect(now=QUIET) == 0
    assert WriteBack.objects.count() == 1


def test_without_the_setting_only_what_is_completed_is_written(
    org, connection, version
):
    mapped(connection, version)
    half_way(version, make_case(org.org))

    assert unfinished.collect(now=QUIET) == 0


def test_nothing_answered_is_nothing_to_write(org, connection, version):
    mapped(connection, version, partial_after=30)
    make_response(version, {}, completed=False)

    assert unfinished.collect(now=QUIET) == 0


def test_completing_writes_the_same_records_again(org, connection, version):
    mapped(
        connection,
        version,
        case_step(),
        record_step(),
        task_step(),
        partial_after=30,
    )
    case = make_case(org.org, Comments="before")
    response = half_way(version, case)
    unfinished.collect(now=QUIET)
    assert deliver().written == 1
    assert org.org.read("Case", case)["Comments"] == "first words"

    response.answers = {**SAID, "why": "last words", "csat": 4}
    response.save(update_fields=["answers"])
    submission.complete(response=response, now=NOW)
    assert deliver(now=LATER).written == 1

    assert org.org.read("Case", case)["Comments"] == "last words"
    [ours] = org.org.query("SELECT Id, Score__c FROM Tellback_Response__c")
    assert ours["Score__c"] == 4
    assert len(tasks(org)) == 1
    assert WrittenRecord.objects.count() == 3
    assert WriteBack.objects.count() == 1


def test_what_was_there_first_is_what_is_put_back(org, connection, version):
    mapped(connection, version, case_step(), task_step(), partial_after=30)
    case = make_case(org.org, Comments="before")
    response = half_way(version, case)
    unfinished.collect(now=QUIET)
    deliver()
    response.answers = {**SAID, "why": "last words"}
    response.save(update_fields=["answers"])
    submission.complete(response=response, now=NOW)
    deliver(now=LATER)

    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER, delete_created=True)

    assert org.org.read("Case", case)["Comments"] == "before"
    assert tasks(org) == []


def test_what_is_written_again_after_it_was_put_back_has_another_before(
    org, connection, version
):
    mapped(connection, version, case_step(), task_step())
    case = make_case(org.org, Comments="before")
    response = completed(version, SAID, records={"Case": case})
    deliver()
    # The task stays, and with it the write-back is not undone as a whole.
    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER)
    org.org.update("Case", case, {"Comments": "theirs"})
    response.answers = {**SAID, "why": "other words"}
    response.save(update_fields=["answers"])
    assert renewing.renew(response=response, now=LATER) == 1
    deliver(now=LATER)
    assert org.org.read("Case", case)["Comments"] == "other words"

    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER, delete_created=True)

    assert org.org.read("Case", case)["Comments"] == "theirs"


def test_who_goes_on_without_completing_is_written_again_when_quiet(
    org, connection, version
):
    mapped(connection, version, partial_after=30)
    case = make_case(org.org)
    half_way(version, case)
    unfinished.collect(now=QUIET)
    deliver(now=QUIET)
    on = QUIET + timedelta(hours=1)
    Response.objects.update(answers={**SAID, "why": "more"}, updated_at=on)

    assert unfinished.collect(now=on + timedelta(minutes=29)) == 0
    assert unfinished.collect(now=on + timedelta(minutes=31)) == 1
    deliver(now=on + timedelta(minutes=31))

    assert org.org.read("Case", case)["Comments"] == "more"


def test_answers_off_the_path_of_what_is_half_way_are_not_written(
    org, connection, version
):
    mapped(connection, version, partial_after=30)
    case = make_case(org.org, Comments="before")
    half_way(version, case, csat=5, nps=10, why="not asked any more")
    unfinished.collect(now=QUIET)
    deliver()

    assert org.org.read("Case", case)["Comments"] == "before"


def test_news_while_it_is_being_sent_takes_it_from_the_worker(org, connection, version):
    mapped(connection, version, record_step())
    response = completed(version)
    delivery.claim(now=NOW, limit=10)
    assert only_write_back().state == "sending"

    renewing.renew(response=response, now=NOW)

    assert deliver().claimed == 0, "a call of that worker may still be on its way"
    assert deliver(now=LATER).written == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1


def test_news_after_a_lost_answer_make_no_second_record(org, connection, version):
    said = {"field": "Subject", "value": {"question": "why"}}
    mapped(connection, version, task_step(fields=[ABOUT, said]))
    response = completed(version, SAID, records={"Case": make_case(org.org)})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1

    response.answers = {**SAID, "why": "second thoughts"}
    response.save(update_fields=["answers"])
    renewing.renew(response=response, now=NOW)

    assert deliver(now=LATER).written == 1
    assert [task["Subject"] for task in tasks(org)] == ["second thoughts"]
    kept = WrittenRecord.objects.get()
    assert (kept.created, kept.fields["Subject"]) == (True, "second thoughts")
    assert only_write_back().in_doubt == []


def test_another_revision_after_a_lost_answer_makes_no_second_record(
    org, connection, version
):
    mapping = mapped(connection, version, case_step(), task_step())
    response = completed(version, SAID, records={"Case": make_case(org.org)})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1

    revise(mapping, case_step(), task_step(key_field="Tellback_Key__c"))
    renewing.renew(response=response, now=NOW)

    assert deliver(now=LATER).written == 1
    assert len(tasks(org)) == 1


def test_a_record_that_was_made_before_it_could_hold_our_key_is_changed(
    org, connection, version
):
    mapping = mapped(connection, version, task_step())
    response = completed(version, SAID, records={"Case": make_case(org.org)})
    assert deliver().written == 1

    revise(mapping, task_step(key_field="Tellback_Key__c"))
    renewing.renew(response=response, now=NOW)

    assert deliver(now=LATER).written == 1
    (task,) = org.org.query("SELECT Tellback_Key__c FROM Task")
    assert task["Tellback_Key__c"]
    assert WrittenRecord.objects.get().created


def test_what_a_person_put_back_stays_so(org, connection, version):
    mapped(connection, version)
    response = completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()
    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER)

    assert renewing.renew(response=response, now=LATER) == 0


# -- erased


def erase(response):
    assert erasure.erase(response=response, now=LATER)
    return erasing.erase_due(now=LATER)


def test_by_default_what_was_written_stays(org, connection, version):
    mapped(connection, version)
    case = make_case(org.org)
    response = completed(version, SAID, records={"Case": case})
    deliver()

    assert erase(response) == 0

    assert org.org.read("Case", case)["Comments"] == "first words"
    assert WrittenRecord.objects.get().fields == {}


@pytest.mark.parametrize("policy", ["clear", "delete"])
def test_an_erased_response_is_cleared_or_deleted_in_the_org(
    org, connection, version, policy
):
    mapped(connection, version, case_step(), record_step(), on_erasure=policy)
    case = make_case(org.org)
    response = completed(version, SAID, records={"Case": case})
    deliver()

    assert erase(response) == 2

    row = org.org.read("Case", case)
    assert (row["Comments"], row["Subject"]) == (None, "Printer")
    ours = org.org.query("SELECT Score__c, Survey__c FROM Tellback_Response__c")
    left = {"clear": [(None, None)], "delete": []}[policy]
    assert [(one["Score__c"], one["Survey__c"]) for one in ours] == left
    assert not WrittenRecord.objects.filter(erased_at=None).exists()
    assert "first words" not in str(list(WrittenRecord.objects.values()))
    assert erasing.erase_due(now=LATER + timedelta(days=1)) == 0


def test_what_a_newer_response_wrote_is_not_cleared(org, connection, version):
    mapped(connection, version, on_erasure="clear")
    case = make_case(org.org)
    old = completed(version, SAID, records={"Case": case})
    deliver()
    newer = {**SAID, "why": "newer words"}
    completed(
        version, newer, records={"Case": case}, started_at=STARTED + timedelta(days=1)
    )
    deliver(now=NOW + timedelta(minutes=1))

    erase(old)

    assert org.org.read("Case", case)["Comments"] == "newer words"


def test_what_a_call_wrote_during_the_erasure_is_erased_too(org, connection, version):
    mapped(connection, version, record_step(), on_erasure="delete")
    response = completed(version)
    claim = delivery.claim(now=NOW, limit=10)
    erasure.erase(response=response, now=NOW)
    made = org.org.insert("Tellback_Response__c", {"Score__c": 1})
    record = WrittenRecord(
        write_back=claim.rows[0],
        step="answer",
        object="Tellback_Response__c",
        record_id=made,
        created=True,
        fields={"Score__c": 1},
        written_at=NOW,
    )

    settling.keep_records(records=[record], token=claim.token)

    assert WrittenRecord.objects.get().fields == {"Score__c": None}
    assert erasing.erase_due(now=LATER) == 1
    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []


def test_a_record_that_is_gone_is_done_with(org, connection, version):
    mapped(connection, version, record_step(), on_erasure="delete")
    response = completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    org.org.delete(record.object, record.record_id)

    assert erase(response) == 1


def test_an_org_that_is_down_is_asked_again(org, connection, version):
    mapped(connection, version, record_step(), on_erasure="delete")
    response = completed(version)
    deliver()
    org.org.faults.unavailable = 9

    assert erase(response) == 0
    assert WrittenRecord.objects.get().erase_problem
    org.org.faults.clear()
    assert erasing.erase_due(now=LATER) == 0
    Connection.objects.update(not_before=None)
    assert erasing.erase_due(now=LATER + erasing.TRY_AGAIN) == 1
    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []


def test_what_the_org_refuses_is_kept_with_its_reason(org, connection, version):
    mapped(connection, version, on_erasure="clear")
    case = make_case(org.org)
    response = completed(version, SAID, records={"Case": case})
    deliver()
    org.org.add_validation_rule(
        ValidationRule(object_name="Case", field="Comments", value=None, message="No!")
    )

    assert erase(response) == 0

    assert "No!" in WrittenRecord.objects.get().erase_problem
    assert only_write_back().log.filter(outcome="not_erased").exists()
    assert erasing.erase_due(now=LATER + timedelta(days=1)) == 0


def test_what_is_being_erased_is_no_difference(org, connection, version):
    mapped(connection, version, on_erasure="clear")
    response = completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()
    erasure.erase(response=response, now=LATER)

    told = reconciling.reconcile(
        connection=connection,
        since=NOW - timedelta(days=1),
        until=LATER,
        clock=lambda: LATER,
    )

    assert told.checked == 0
