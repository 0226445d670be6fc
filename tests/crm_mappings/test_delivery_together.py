"""Responses that meet at a record, an org or a budget."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from crm_mappings import delivery
from crm_mappings.delivery import budget, outbox, turns
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.models import (
    Attempt,
    Backfill,
    Connection,
    RecordTurn,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan.planner import Write
from crm_mappings.salesforce.session import retry_after
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
from tests.factories.responses import STARTED

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)
Priority = WriteBack.Priority


def comment_step(**overrides):
    return case_step(
        fields=[{"field": "Comments", "value": {"question": "why"}}], **overrides
    )


def said(version, case, word, *, day=0, **fields):
    return completed(
        version,
        {"csat": 1, "nps": 1, "why": word},
        records={"Case": case},
        started_at=STARTED + timedelta(days=day),
        **fields,
    )


def calls(org, method):
    return [call for call in org.org.calls.calls if call.method == method]


# -- one record


def test_many_responses_about_one_record_are_one_write(org, connection, version):
    make_mapping(connection, version, comment_step())
    case = make_case(org.org, Comments="nothing")
    for number in range(50):
        said(version, case, f"word {number}", day=number)

    done = deliver()

    assert (done.written, done.skipped) == (1, 49)
    assert org.org.read("Case", case)["Comments"] == "word 49"
    assert len(calls(org, "PATCH")) == 1
    assert WrittenRecord.objects.get().previous["Comments"] == "nothing"
    skipped = WriteBack.objects.filter(state="skipped")
    assert set(skipped.values_list("error_code", flat=True)) == {"NEWER_WRITTEN"}


def test_an_answer_that_a_newer_one_replaced_on_the_way_is_not_said_to_be_written(
    org, connection, version
):
    make_mapping(connection, version, case_step())
    make_mapping(connection, version, comment_step())
    case = make_case(org.org, Comments="nothing", Priority="Low")
    for day, word in enumerate(("never there", "last")):
        said(version, case, word, day=day)

    deliver()
    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER)

    assert "never there" not in str(list(WrittenRecord.objects.values("fields")))
    row = org.org.read("Case", case)
    assert (row["Comments"], row["Priority"]) == ("nothing", "Low")


def test_one_bad_answer_among_several_about_a_record_is_held_alone(
    org, connection, version
):
    make_mapping(connection, version, comment_step())
    case = make_case(org.org)
    org.org.add_validation_rule(
        ValidationRule(object_name="Case", field="Comments", value="Bad", message="No")
    )
    for day, word in enumerate(("first", "second", "Bad")):
        said(version, case, word, day=day)

    done = deliver()

    assert (done.written, done.held) == (2, 1)
    assert org.org.read("Case", case)["Comments"] == "second"
    last = WrittenRecord.objects.order_by("pk").last()
    assert last.previous == {"Comments": "first"}


def test_an_older_response_never_overwrites_a_newer_one(org, connection, version):
    make_mapping(connection, version, comment_step())
    case = make_case(org.org)
    old = said(version, case, "old", day=1)
    WriteBack.objects.filter(response=old).update(due_at=LATER)
    said(version, case, "new", day=2)
    assert deliver().written == 1

    assert deliver(now=LATER).skipped == 1

    assert org.org.read("Case", case)["Comments"] == "new"
    row = WriteBack.objects.get(response=old)
    assert row.error_code == "NEWER_WRITTEN"
    assert "newer response" in row.reason


def test_an_older_response_writes_what_no_newer_one_has_written(
    org, connection, version
):
    make_mapping(connection, version, case_step())
    make_mapping(connection, version, comment_step())
    case = make_case(org.org, Priority="Low")
    old = said(version, case, "old", day=1)
    new = said(version, case, "new", day=2)
    WriteBack.objects.filter(response=old).update(due_at=LATER)
    first = WriteBack.objects.filter(response=new).order_by("mapping").first()
    WriteBack.objects.filter(pk=first.pk).delete()
    assert deliver().written == 1

    done = deliver(now=LATER)

    assert (done.written, done.skipped) == (1, 1)
    assert org.org.read("Case", case)["Comments"] == "new"
    assert org.org.read("Case", case)["Priority"] == "High"


def test_a_record_that_another_worker_writes_is_waited_for(org, connection, version):
    make_mapping(connection, version, comment_step())
    case = make_case(org.org)
    said(version, case, "mine")
    theirs = turns.take(
        connection=connection, places=[("Case", case)], token=uuid.uuid4(), now=NOW
    )
    assert theirs == {("Case", case)}

    assert deliver().waiting == 1

    row = only_write_back()
    assert (row.attempts, row.error_class) == (0, "")
    assert deliver(now=NOW + turns.LEASE).written == 1
    assert not RecordTurn.objects.exists()


def test_what_waits_for_its_turn_leaves_no_doubt(org, connection, version):
    task = task_step(
        fields=[{"field": "CallDurationInSeconds", "value": {"question": "csat"}}]
    )
    make_mapping(connection, version, comment_step(), task)
    case = make_case(org.org)
    said(version, case, "mine")
    turns.take(
        connection=connection, places=[("Case", case)], token=uuid.uuid4(), now=NOW
    )
    assert deliver().waiting == 1
    assert not only_write_back().outcome_unknown

    assert deliver(now=NOW + turns.LEASE).written == 1


def test_a_record_that_was_written_since_we_asked_is_asked_for_again(
    org, connection, version
):
    make_mapping(connection, version, comment_step())
    case = make_case(org.org)
    said(version, case, "first", day=1)
    deliver()
    said(version, case, "second", day=2)
    row = WriteBack.objects.get(state="written")
    record = WrittenRecord.objects.get(write_back=row)

    judged = turns._judged(entry_of(row, case), [record], mark=record.pk)
    later = turns._judged(entry_of(other(row), case), [record], mark=record.pk - 1)

    assert not judged.stale
    assert later.stale


def other(row):
    return WriteBack.objects.exclude(pk=row.pk).first()


def entry_of(row, case):
    write = Write(step="case", action="update", object="Case", record_id=case)
    return Entry(job=Job(row=row), write=write)


# -- graphs


def test_responses_with_several_records_share_calls(org, connection, version):
    make_mapping(connection, version, record_step(), task_step())
    case = make_case(org.org)
    for _ in range(100):
        completed(version, records={"Case": case})
    org.org.calls.clear()

    assert deliver().written == 100

    assert len(org.org.query("SELECT Id FROM Task")) == 100
    assert [call.path.rpartition("/")[2] for call in calls(org, "POST")] == [
        *("graph", "graph"),
    ]


def test_a_graph_whose_answer_was_lost_is_not_made_twice(org, connection, version):
    step = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "answer"}},
            {"field": "Subject", "value": {"constant": "Call back"}},
        ]
    )
    make_mapping(connection, version, record_step(), step)
    completed(version, records={"Case": make_case(org.org)})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1

    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Task")) == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1
    assert WrittenRecord.objects.filter(created=True).count() == 2


def test_a_graph_that_never_arrived_is_made_once(org, connection, version):
    make_mapping(connection, version, record_step(), task_step())
    completed(version, records={"Case": make_case(org.org)})
    org.org.faults.drop_before_commit = 1
    assert deliver().waiting == 1

    assert deliver(now=LATER).written == 1

    assert len(org.org.query("SELECT Id FROM Task")) == 1


def test_answers_that_read_like_references_are_written_as_they_are(
    org, connection, version
):
    make_mapping(connection, version, comment_step(), task_step())
    case = make_case(org.org)
    said(version, case, "@{w0.id}")

    assert deliver().written == 1

    assert org.org.read("Case", case)["Comments"] == "@{w0.id}"


# -- the log


def test_the_log_keeps_the_request_without_the_words(org, connection, version):
    make_mapping(connection, version, case_step())
    case = make_case(org.org)
    said(version, case, "my number is 0815")

    deliver()

    [kept] = Attempt.objects.get().exchange
    assert kept["request"]["record"]["Id"] == case
    assert "0815" not in str(kept)
    assert "17 characters" in kept["request"]["record"]["Comments"]
    assert kept["answer"] == {"success": True, "id": case, "created": False}


# -- the org's budget


def test_writing_stops_at_our_share_and_goes_on_when_calls_are_free(
    org, connection, version
):
    make_mapping(connection, version, record_step())
    Connection.objects.update(api_share=50)
    # The description of the object is the last call of our share.
    org.org.usage.daily_limit = (org.org.usage.count() + 1) * 2
    completed(version)

    assert deliver().waiting == 1

    row = only_write_back()
    assert (row.attempts, row.error_code) == (0, "API_SHARE_SPENT")
    assert deliver(now=NOW + timedelta(minutes=5)).claimed == 0
    org.org.usage.daily_limit = 15_000
    assert deliver(now=LATER).written == 1


def test_an_org_that_says_when_to_come_again_is_left_alone_until_then():
    assert retry_after("120", NOW) == 120
    assert retry_after("Sat, 21 Nov 2026 09:01:00 GMT", NOW) == 60
    assert retry_after("yesterday", NOW) is None
    assert retry_after("", NOW) is None


def test_what_the_org_says_of_its_calls_is_kept_for_the_forecast(
    org, connection, version
):
    make_mapping(connection, version, record_step())
    completed(version)

    deliver()

    kept = Connection.objects.get()
    assert kept.usage_at == NOW
    assert len(kept.usage_log) == 1
    assert budget.forecast(kept, now=NOW) is None


def test_only_so_many_workers_call_an_org_at_a_time(connection, version):
    Connection.objects.update(concurrency=2)
    make_mapping(connection, version, record_step())
    for _ in range(3):
        completed(version)

    claims = [outbox.claim(now=NOW, limit=1) for _ in range(3)]

    assert [len(claim.rows) for claim in claims] == [1, 1, 0]
    assert len(outbox.claim(now=NOW + outbox.LEASE, limit=9).rows) == 3


# -- backfills


@pytest.fixture
def backfill(connection, version):
    mapping = make_mapping(connection, version, record_step())
    return Backfill.objects.create(mapping=mapping, created_at=NOW)


def old_response(version, backfill):
    response = completed(version)
    row = WriteBack.objects.filter(response=response)
    row.update(priority=Priority.BACKFILL, backfill=backfill)


def test_new_responses_come_before_a_backfill(backfill, version):
    for _ in range(3):
        old_response(version, backfill)
    new = completed(version)

    first = outbox.claim(now=NOW, limit=10)
    second = outbox.claim(now=NOW, limit=10)

    assert [row.response_id for row in first.rows] == [new.pk]
    assert len(second.rows) == 3


def test_a_paused_backfill_waits_and_new_responses_do_not(backfill, version):
    old_response(version, backfill)
    completed(version)
    Backfill.objects.update(status=Backfill.Status.PAUSED)

    assert deliver().written == 1
    assert deliver(now=LATER).claimed == 0
    Backfill.objects.update(status=Backfill.Status.RUNNING)
    assert deliver(now=LATER).written == 1


def test_a_backfill_stops_before_new_responses_do(org, backfill, version):
    old_response(version, backfill)
    Connection.objects.update(
        calls_used=850, calls_allowed=1000, api_share=100, usage_at=NOW
    )

    assert deliver().claimed == 0
    completed(version)
    assert deliver().written == 1


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)

    done = delivery.deliver_due(now=NOW, stop=lambda: True)

    assert done.waiting == 1
    row = only_write_back()
    assert (row.state, row.attempts, row.lease_token) == ("waiting", 0, None)
