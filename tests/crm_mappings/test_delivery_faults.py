"""What goes wrong on the way to the org, and what becomes of the rows."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import count

import pytest

from crm_mappings import connections, delivery
from crm_mappings.delivery import backoff, outbox, settling
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.outcomes import Outcome
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.models import (
    Attempt,
    Connection,
    Mapping,
    WriteBack,
    WrittenRecord,
)
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

pytestmark = pytest.mark.django_db
State = WriteBack.State
LATER = NOW + timedelta(hours=3)
UNHAPPY = {"csat": 2, "nps": 3, "topics": ["speed"], "why": "Too slow"}


@pytest.fixture
def case(org) -> str:
    return make_case(org.org, Priority="Low")


@pytest.fixture
def mapping(connection, version) -> Mapping:
    return make_mapping(connection, version)


# -- workers that die, and workers that come late


def test_a_claim_takes_each_row_once(mapping, version):
    for _ in range(5):
        completed(version)

    first = outbox.claim(now=NOW, limit=3)
    second = outbox.claim(now=NOW, limit=10)

    assert (len(first.rows), len(second.rows)) == (3, 2)
    assert {row.pk for row in first.rows}.isdisjoint(row.pk for row in second.rows)
    assert all(row.attempts == 1 for row in (*first.rows, *second.rows))


def test_the_row_of_a_worker_that_died_comes_back_when_its_lease_ends(
    org, mapping, version, case
):
    completed(version, UNHAPPY, records={"Case": case})
    outbox.claim(now=NOW, limit=10)

    assert deliver(now=NOW + outbox.LEASE - timedelta(seconds=1)).claimed == 0
    assert deliver(now=NOW + outbox.LEASE).written == 1

    assert only_write_back().attempts == 2


def test_a_worker_that_comes_late_changes_nothing(mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    late = outbox.claim(now=NOW, limit=10)
    assert deliver(now=NOW + outbox.LEASE).written == 1
    log = list(Attempt.objects.values_list("pk", flat=True))

    job = Job(row=late.rows[0], outcome=Outcome(state="held", code="LATE"))
    settling.settle(jobs=[job], token=late.token, now=LATER)
    kept = outbox.keep_lease(keys=[late.rows[0].pk], token=late.token, now=LATER)
    record = WrittenRecord(
        write_back=late.rows[0],
        step="late",
        object="Case",
        record_id=case,
        created=False,
        written_at=LATER,
    )
    settling.keep_records(records=[record], token=late.token)

    assert job.lost
    assert kept == set()
    assert only_write_back().state == State.WRITTEN
    assert list(Attempt.objects.values_list("pk", flat=True)) == log
    assert not WrittenRecord.objects.filter(step="late").exists()


def test_nothing_is_sent_for_a_row_that_another_worker_has(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    ticks = count()

    def clock() -> datetime:
        """Tell the time; the second time somebody takes the row over."""
        if next(ticks) == 2:
            WriteBack.objects.update(lease_token=uuid.uuid4())
        return NOW

    done = delivery.deliver_due(now=NOW, clock=clock)

    assert (done.claimed, done.written, done.left) == (1, 0, 1)
    assert only_write_back().state == State.SENDING
    assert org.org.read("Case", case)["Priority"] == "Low"


def test_a_row_that_takes_its_worker_down_each_time_is_held(mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    now = NOW
    for _ in range(backoff.MOST_ATTEMPTS):
        assert len(outbox.claim(now=now, limit=10).rows) == 1
        now += outbox.LEASE

    assert deliver(now=now).held == 1
    assert only_write_back().error_code == "GAVE_UP"


# -- the org is busy, down or slow


def test_an_org_in_maintenance_is_asked_again_later(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    org.org.faults.unavailable = 1

    assert deliver().waiting == 1

    row = only_write_back()
    assert (row.state, row.error_class, row.attempts) == (State.WAITING, "transient", 1)
    assert NOW < row.due_at <= NOW + backoff.FIRST[backoff.Kind.TRANSIENT]
    assert Attempt.objects.get().outcome == "retry"
    assert deliver(now=row.due_at).written == 1


def test_a_server_error_is_tried_again(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    know_the_case(mapping)
    org.org.faults.server_errors = 1

    assert deliver().waiting == 1
    assert deliver(now=LATER).written == 1


def know_the_case(mapping: Mapping) -> None:
    """Let the description be kept, so that the next call is the one to spoil."""
    connections.describe(connection=mapping.connection, object="Case", now=NOW)


def test_a_locked_record_is_tried_again_and_the_others_are_written(
    org, mapping, version, case
):
    other = make_case(org.org)
    completed(version, UNHAPPY, records={"Case": case})
    completed(version, UNHAPPY, records={"Case": other})
    org.org.faults.locks[case] = 1

    done = deliver()

    assert (done.written, done.waiting) == (1, 1)
    row = WriteBack.objects.get(state=State.WAITING)
    assert row.error_class == "lock"
    assert row.due_at <= NOW + backoff.FIRST[backoff.Kind.LOCK]
    assert deliver(now=row.due_at).written == 1


def test_after_the_last_attempt_a_person_is_asked(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    WriteBack.objects.update(attempts=backoff.MOST_ATTEMPTS - 1)
    org.org.faults.unavailable = 1

    assert deliver().held == 1
    assert only_write_back().error_class == "transient"


def test_an_upsert_whose_answer_was_lost_makes_no_second_record(
    org, connection, version, case
):
    make_mapping(connection, version, record_step())
    completed(version, records={"Case": case})
    org.org.faults.drop_after_commit = 1

    assert deliver().waiting == 1
    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1


def test_what_can_be_given_only_once_is_not_given_to_the_record_that_is_there(
    org, connection, version, case
):
    only_once = {"field": "TaskSubtype", "value": {"constant": "Call"}}
    step = task_step(key_field="Tellback_Key__c")
    make_mapping(connection, version, {**step, "fields": [*step["fields"], only_once]})
    completed(version, records={"Case": case})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1

    assert deliver(now=LATER).written == 1

    assert [
        t["TaskSubtype"] for t in org.org.query("SELECT TaskSubtype FROM Task")
    ] == ["Call"]
    assert not only_write_back().outcome_unknown


def test_an_org_that_cannot_be_reached_costs_a_delay(
    org, mapping, version, case, settings
):
    completed(version, UNHAPPY, records={"Case": case})
    know_the_case(mapping)
    Connection.objects.update(instance_url="http://127.0.0.1:9")
    settings.SALESFORCE_EXTRA_HOSTS = [org.url, "http://127.0.0.1:9"]

    assert deliver().waiting == 1

    assert only_write_back().error_code == "CONNECTION_BROKEN"


# -- creates that nothing tells apart


def test_a_create_whose_answer_was_lost_is_looked_for_and_found(
    org, connection, version, case
):
    make_mapping(connection, version, task_step())
    completed(version, records={"Case": case})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1
    assert only_write_back().outcome_unknown

    assert deliver(now=LATER).written == 1

    [task] = org.org.query("SELECT Id FROM Task")
    assert WrittenRecord.objects.get().record_id == task["Id"]
    assert not only_write_back().outcome_unknown


def test_a_create_that_never_arrived_is_sent_again(org, connection, version, case):
    make_mapping(connection, version, task_step())
    completed(version, records={"Case": case})
    org.org.faults.drop_before_commit = 1
    assert deliver().waiting == 1

    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Task")) == 1


def test_a_create_that_cannot_be_told_from_others_is_held(
    org, connection, version, case
):
    make_mapping(connection, version, task_step())
    completed(version, records={"Case": case})
    org.org.faults.drop_after_commit = 1
    deliver()
    twin = {"WhatId": case, "Subject": "Call back"}
    org.org.insert("Task", twin, user_id=org.org.integration_id)

    assert deliver(now=LATER).held == 1

    row = only_write_back()
    assert row.error_code == "MAY_BE_WRITTEN"
    assert "Look in Salesforce" in row.reason
    assert len(org.org.query("SELECT Id FROM Task")) == 2


def test_a_create_that_a_person_has_looked_for_is_sent_again(
    org, connection, version, case
):
    test_a_create_that_cannot_be_told_from_others_is_held(
        org, connection, version, case
    )

    assert delivery.send_again(write_backs=WriteBack.objects.all(), now=LATER) == 1
    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Task")) == 3


def test_a_create_with_nothing_to_tell_it_by_is_held(org, connection, version):
    step = task_step(
        fields=[{"field": "Description", "value": {"constant": "Call back"}}]
    )
    make_mapping(connection, version, step)
    completed(version)
    org.org.faults.drop_after_commit = 1
    deliver()

    assert deliver(now=LATER).held == 1
    assert only_write_back().error_code == "MAY_BE_WRITTEN"


def test_a_create_that_was_refused_is_not_in_doubt(org, connection, version, case):
    step = task_step(
        fields=[
            {"field": "Subject", "value": {"constant": "Call back"}},
            {"field": "OwnerId", "value": {"constant": "005000000000001AAA"}},
        ]
    )
    make_mapping(connection, version, step)
    completed(version, records={"Case": case})

    assert deliver().held == 1
    assert not only_write_back().outcome_unknown


def test_several_records_of_a_response_are_written_together_or_not_at_all(
    org, connection, version, case
):
    make_mapping(connection, version, task_step(), case_step())
    completed(version, UNHAPPY, records={"Case": case})
    org.org.add_validation_rule(
        ValidationRule(
            object_name="Case", field="Priority", value="High", message="Not today"
        )
    )

    assert deliver().held == 1
    assert org.org.query("SELECT Id FROM Task") == []
    row = only_write_back()
    assert (row.reason, row.rule["step"]) == ("Not today", "case")
    revise(
        Mapping.objects.get(),
        task_step(),
        case_step(fields=[{"field": "Priority", "value": {"constant": "Medium"}}]),
    )
    delivery.send_again(write_backs=WriteBack.objects.all(), now=LATER)

    assert deliver(now=LATER).written == 1
    assert len(org.org.query("SELECT Id FROM Task")) == 1
    assert org.org.read("Case", case)["Priority"] == "Medium"


def test_what_an_earlier_attempt_wrote_of_several_records_is_not_repeated(
    org, connection, version, case
):
    make_mapping(connection, version, task_step(), case_step())
    completed(version, UNHAPPY, records={"Case": case})
    row = only_write_back()
    task = org.org.insert("Task", {"WhatId": case, "Subject": "Call back"})
    WrittenRecord.objects.create(
        write_back=row,
        step="task",
        object="Task",
        record_id=task,
        created=True,
        written_at=NOW,
    )

    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Task")) == 1
    assert org.org.read("Case", case)["Priority"] == "High"


# -- the log-in, the budget, the objects


def test_an_ended_session_is_renewed_on_the_way(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    token = mapping.connection.access_token
    org.org.clock.advance(hours=24)

    assert deliver().written == 1
    assert Connection.objects.get().access_token != token


def test_a_log_in_that_is_refused_pauses_the_connection_and_spends_nothing(
    org, mapping, version, case
):
    for _ in range(3):
        completed(version, UNHAPPY, records={"Case": case})
    org.org.clock.advance(hours=24)
    org.org.client.client_secret = "changed"

    assert deliver().waiting == 3

    connection = Connection.objects.get()
    assert connection.status == Connection.Status.PAUSED
    assert "secret" in connection.problem
    assert set(WriteBack.objects.values_list("state", "attempts")) == {("waiting", 0)}
    assert deliver(now=LATER).claimed == 0
    assert not Attempt.objects.exists()


def test_a_resumed_connection_goes_on_without_loss(org, mapping, version, case):
    test_a_log_in_that_is_refused_pauses_the_connection_and_spends_nothing(
        org, mapping, version, case
    )
    connection = Connection.objects.get()
    connection.client_secret = "changed"
    connection.save(update_fields=["client_secret"])

    connections.resume(connection=connection, now=LATER)

    done = deliver(now=LATER)

    # All three are about one case: the newest answer is the one that it holds.
    assert (done.written, done.skipped) == (1, 2)


def test_a_spent_budget_is_waited_for(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    second = completed(version, UNHAPPY, records={"Case": case})
    not_yet = WriteBack.objects.filter(response=second)
    not_yet.update(due_at=NOW + timedelta(seconds=1))
    org.org.faults.request_limit = 1

    assert deliver().waiting == 1

    rows = WriteBack.objects.all()
    assert {row.state for row in rows} == {State.WAITING}
    assert {row.attempts for row in rows} == {0}
    kept = Connection.objects.get()
    assert kept.not_before >= NOW + backoff.BUDGET / 2
    assert kept.status == Connection.Status.CONNECTED
    assert deliver(now=NOW + timedelta(seconds=5)).claimed == 0
    done = deliver(now=LATER)
    assert (done.written, done.skipped) == (1, 1)


def test_a_field_that_is_gone_stops_the_mapping_and_says_which(
    org, mapping, version, case
):
    know_the_case(mapping)
    for _ in range(2):
        completed(version, UNHAPPY, records={"Case": case})
    waiting = completed(version, UNHAPPY, records={"Case": case})
    WriteBack.objects.filter(response=waiting).update(due_at=LATER)
    org.org.hide_field("Case", "Comments")

    assert deliver().held == 2

    stopped = Mapping.objects.get()
    assert stopped.status == Mapping.Status.PAUSED
    assert "Comments" in stopped.problem
    assert set(WriteBack.objects.values_list("state", "error_class")) == {
        ("held", "schema")
    }


def test_a_field_that_came_back_writes_what_was_held(org, mapping, version, case):
    test_a_field_that_is_gone_stops_the_mapping_and_says_which(
        org, mapping, version, case
    )
    org.org.restore_fields("Case")
    Mapping.objects.update(status=Mapping.Status.ACTIVE, problem="")

    delivery.send_again(write_backs=WriteBack.objects.all(), now=LATER)

    done = deliver(now=LATER)

    assert (done.written, done.skipped) == (1, 2)


def test_a_response_to_a_stopped_mapping_is_on_the_list(mapping, version):
    Mapping.objects.update(status=Mapping.Status.PAUSED, problem="No such field")

    completed(version)

    row = only_write_back()
    assert (row.state, row.error_class, row.reason) == (
        "held",
        "schema",
        "No such field",
    )


def test_a_response_to_a_mapping_that_a_person_paused_is_not_written(mapping, version):
    Mapping.objects.update(status=Mapping.Status.PAUSED)

    completed(version)

    assert not WriteBack.objects.exists()


def test_an_object_that_is_gone_stops_the_mapping(connection, version):
    step = task_step(object="Invoice__c")
    make_mapping(connection, version, step)
    completed(version)

    assert deliver().held == 1
    assert Mapping.objects.get().status == Mapping.Status.PAUSED


def test_an_old_revision_does_not_stop_the_new_one(org, mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    org.org.hide_field("Case", "Comments")
    revise(mapping, task_step())

    assert deliver().held == 1
    assert Mapping.objects.get().status == Mapping.Status.ACTIVE


def test_a_field_that_was_added_since_the_description_is_written(
    org, connection, version, case
):
    org.org.hide_field("Case", "Comments")
    mapping = make_mapping(connection, version)
    know_the_case(mapping)
    org.org.restore_fields("Case")
    completed(version, UNHAPPY, records={"Case": case})

    assert deliver().written == 1


def test_a_mapping_that_cannot_be_read_is_stopped(mapping, version):
    revise(mapping, {"key": "x"})
    completed(version)

    assert deliver().held == 1
    assert only_write_back().error_code == "MAPPING_UNREADABLE"


def test_a_duplicate_rule_holds_the_row(org, connection, version):
    step = record_step(
        key_field=None,
        fields=[{"field": "Tellback_Key__c", "value": {"constant": "A-1"}}],
    )
    make_mapping(connection, version, step)
    org.org.insert("Tellback_Response__c", {"Tellback_Key__c": "A-1"})
    completed(version)

    assert deliver().held == 1
    assert only_write_back().error_class == "duplicate"


def test_a_connection_that_never_logged_in_lets_its_rows_wait(mapping, version):
    Connection.objects.update(status=Connection.Status.NEW)
    completed(version)

    assert deliver().claimed == 0


# -- sending again


def test_sending_again_keeps_the_log_and_starts_counting_anew(
    org, mapping, version, case, django_user_model
):
    user = django_user_model.objects.create_user("ada")
    completed(version, UNHAPPY)
    deliver()

    sent = delivery.send_again(
        write_backs=WriteBack.objects.all(), now=LATER, user=user
    )

    row = only_write_back()
    assert (sent, row.state, row.attempts, row.reason) == (1, State.WAITING, 0, "")
    told = Attempt.objects.order_by("pk").values_list("outcome", "message")
    assert [outcome for outcome, _ in told] == ["held", "sent_again"]
    assert told[1][1] == "ada"


def test_what_is_written_or_on_its_way_is_not_sent_again(mapping, version, case):
    completed(version, UNHAPPY, records={"Case": case})
    assert delivery.send_again(write_backs=WriteBack.objects.all(), now=NOW) == 0
    deliver()

    assert delivery.send_again(write_backs=WriteBack.objects.all(), now=NOW) == 0
    assert only_write_back().state == State.WRITTEN
