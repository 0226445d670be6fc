"""From a completed response to records in the org."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mappings import connections, delivery
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.models import Attempt, Mapping, WriteBack, WrittenRecord
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
    record_step,
    task_step,
)

pytestmark = pytest.mark.django_db
State = WriteBack.State
UNHAPPY = {"csat": 2, "nps": 3, "topics": ["speed"], "why": "Too slow"}


def test_a_response_is_written_to_its_case(org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org, Priority="Low")
    completed(version, UNHAPPY, records={"Case": case})

    done = deliver()

    assert (done.claimed, done.written) == (1, 1)
    assert org.org.read("Case", case)["Priority"] == "High"
    row = only_write_back()
    assert (row.state, row.attempts, row.reason) == (State.WRITTEN, 1, "")
    record = WrittenRecord.objects.get()
    assert (record.object, record.record_id, record.created) == ("Case", case, False)
    assert record.fields["Priority"] == "High"
    assert record.previous["Priority"] == "Low"
    assert [entry.outcome for entry in Attempt.objects.all()] == ["written"]


def test_our_own_object_gets_one_record_with_our_key(org, connection, version):
    make_mapping(connection, version, record_step())
    case = make_case(org.org)
    completed(version, records={"Case": case})

    deliver()

    [row] = org.org.query("SELECT Id, Score__c, Case__c FROM Tellback_Response__c")
    assert (row["Score__c"], row["Case__c"]) == (4, case)
    record = WrittenRecord.objects.get()
    assert (record.created, record.previous) == (True, None)


def test_a_later_step_refers_to_the_record_of_an_earlier_one(org, connection, version):
    step = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "answer"}},
            {"field": "Subject", "value": {"constant": "Call back"}},
        ]
    )
    make_mapping(connection, version, record_step(), step)
    completed(version, records={"Case": make_case(org.org)})

    assert deliver().written == 1

    [answer] = org.org.query("SELECT Id FROM Tellback_Response__c")
    [task] = org.org.query("SELECT WhatId FROM Task")
    assert task["WhatId"] == answer["Id"]
    assert WrittenRecord.objects.count() == 2


def test_a_batch_costs_one_question_and_one_write(org, connection, version):
    make_mapping(connection, version)
    for _ in range(30):
        completed(version, UNHAPPY, records={"Case": make_case(org.org)})
    deliver(limit=1)
    org.org.calls.clear()

    assert deliver().written == 29

    assert [call.method for call in org.org.calls.calls] == ["GET", "PATCH"]


def test_more_than_two_hundred_go_out_in_several_calls(org, connection, version):
    make_mapping(connection, version, record_step())
    case = make_case(org.org)
    for _ in range(205):
        completed(version, records={"Case": case})

    done = deliver(limit=500)

    assert (done.claimed, done.written) == (205, 205)
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 205


def test_two_responses_about_one_record_are_written_in_their_order(
    org, connection, version
):
    step = case_step(
        fields=[{"field": "Comments", "value": {"question": "why"}, "blank": "keep"}]
    )
    make_mapping(connection, version, step)
    case = make_case(org.org)
    for word in ("first", "second", "third"):
        completed(version, {**UNHAPPY, "why": word}, records={"Case": case})

    done = deliver()

    assert (done.written, done.skipped) == (1, 2)
    assert org.org.read("Case", case)["Comments"] == "third"


def test_one_refused_record_holds_up_no_other(org, connection, version):
    make_mapping(connection, version)
    org.org.add_validation_rule(
        ValidationRule(
            object_name="Case", field="Comments", value="Bad", message="No bad words"
        )
    )
    good, bad = make_case(org.org), make_case(org.org)
    completed(version, {**UNHAPPY, "why": "Bad"}, records={"Case": bad})
    completed(version, UNHAPPY, records={"Case": good})

    done = deliver()

    assert (done.written, done.held) == (1, 1)
    row = WriteBack.objects.get(state=State.HELD)
    assert row.error_code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert (row.error_class, row.reason) == ("data", "No bad words")
    assert row.rule == {"step": "case", "field": "Comments"}
    assert row.settled_at


def test_a_record_that_spoils_its_whole_call_is_found(org, connection, version):
    step = record_step(
        fields=[
            {"field": "Survey__c", "value": {"constant": "Support"}},
            {"field": "Score__c", "value": {"variable": "agent"}},
        ]
    )
    make_mapping(connection, version, step)
    believe_that_scores_are_texts(connection)
    for number in range(7):
        agent = {"agent": "not a number"} if number == 3 else {}
        completed(version, variables=agent)
    org.org.faults.whole_call_errors = True

    done = deliver()

    assert (done.written, done.held) == (6, 1)
    assert WriteBack.objects.get(state=State.HELD).error_code == "JSON_PARSER_ERROR"


def believe_that_scores_are_texts(connection) -> None:
    name = "Tellback_Response__c"
    connections.describe(connection=connection, object=name, now=NOW)
    row = connection.descriptions.get()
    for field in row.describe["fields"]:
        if field["name"] == "Score__c":
            field.update(type="string", length=50)
    row.save(update_fields=["describe"])


def test_a_response_without_its_record_is_held_with_the_reason(connection, version):
    make_mapping(connection, version)
    completed(version, UNHAPPY)

    assert deliver().held == 1

    row = only_write_back()
    assert row.error_code == "NO_MATCH"
    assert "about no Case" in row.reason
    assert row.rule == {"step": "case", "field": None}


def test_a_mapping_whose_condition_does_not_hold_skips_with_the_reason(
    org, connection, version
):
    condition = {"question": "csat", "op": "le", "value": 3}
    make_mapping(connection, version, condition=condition)
    completed(version, records={"Case": make_case(org.org)})
    org.org.calls.clear()

    assert deliver().skipped == 1

    assert "condition" in only_write_back().reason
    assert not [call for call in org.org.calls.calls if "query" in call.path]


def test_each_live_mapping_writes_by_itself(org, connection, version):
    make_mapping(connection, version)
    make_mapping(connection, version, record_step())
    make_mapping(connection, version, task_step(), status=Mapping.Status.DRAFT)
    completed(version, UNHAPPY, records={"Case": make_case(org.org)})

    assert deliver().written == 2

    assert org.org.query("SELECT Id FROM Task") == []


def test_a_response_is_put_into_the_outbox_once(connection, version):
    make_mapping(connection, version)
    response = completed(version)

    delivery.enqueue(response=response, now=NOW)

    assert WriteBack.objects.count() == 1


def test_the_values_that_were_there_survive_a_lost_answer(org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org, Priority="Low")
    completed(version, UNHAPPY, records={"Case": case})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1
    assert org.org.read("Case", case)["Priority"] == "High"

    assert deliver(now=NOW + timedelta(hours=2)).written == 1

    assert WrittenRecord.objects.get().previous["Priority"] == "Low"


def test_a_preview_shows_the_plan_and_writes_nothing(org, connection, version):
    mapping = make_mapping(connection, version)
    case = make_case(org.org, Priority="Low")
    response = completed(version, UNHAPPY, records={"Case": case})
    revision = mapping.live_revision

    shown = delivery.preview(
        response=response, document=revision.document, connection=connection, now=NOW
    )

    [write] = shown.plan.writes
    assert (write.record_id, write.previous["Priority"]) == (case, "Low")
    assert write.fields["Priority"] == "High"
    assert org.org.read("Case", case)["Priority"] == "Low"
    assert only_write_back().attempts == 0
