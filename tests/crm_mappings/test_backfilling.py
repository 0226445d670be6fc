"""A mapping over earlier responses: counted, piece by piece, in bulk."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings import delivery, tasks
from crm_mappings.delivery import backfilling, bulk
from crm_mappings.delivery.beginning import CannotBegin
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.models import (
    Backfill,
    BulkJob,
    Mapping,
    RecordTurn,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan import rules
from crm_mappings.salesforce import bulk as wire
from crm_mappings.salesforce.errors import Kind
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    record_step,
    task_step,
)
from tests.factories.responses import STARTED, make_response

database = pytest.mark.django_db
State = WriteBack.State
SOON = NOW + timedelta(seconds=30)


def in_bulk(now=NOW, least=1, **more):
    rng = random.Random(1)
    return delivery.deliver_in_bulk(now=now, rng=rng, least=least, **more)


def until_the_jobs_end(times=4):
    for turn in range(times):
        in_bulk(now=NOW + timedelta(minutes=1 + turn), least=10**6)


@pytest.fixture
def mapping(connection, version) -> Mapping:
    return make_mapping(connection, version, record_step())


# -- counting, beginning, pausing


@database
def test_a_backfill_is_counted_before_it_begins(mapping, version):
    make_response(version)
    make_response(version, started_at=STARTED + timedelta(days=9))
    make_response(version, completed=False)
    completed(version)

    whole = backfilling.count(mapping=mapping)
    late = backfilling.count(mapping=mapping, since=STARTED + timedelta(days=5))

    assert (whole.completed, whole.missing) == (3, 2)
    assert (late.completed, late.missing) == (1, 1)
    assert Backfill.objects.count() == 0


@database
def test_a_backfill_writes_what_was_answered_before_it(org, mapping, version):
    for _ in range(3):
        make_response(version)
    backfill = backfilling.start(mapping=mapping, now=NOW)

    assert backfilling.feed(now=NOW) == 3
    assert deliver().written == 3
    backfilling.feed(now=SOON)

    told = backfilling.progress(backfill)
    assert (told.total, told.written, told.done, told.to_do) == (3, 3, 3, 0)
    assert Backfill.objects.get().status == Backfill.Status.DONE
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 3


@database
def test_a_backfill_needs_an_active_mapping_and_something_to_do(mapping, version):
    with pytest.raises(CannotBegin, match="Every response"):
        backfilling.start(mapping=mapping, now=NOW)
    make_response(version)
    mapping.status = Mapping.Status.PAUSED
    with pytest.raises(CannotBegin, match="Activate"):
        backfilling.start(mapping=mapping, now=NOW)
    mapping.status = Mapping.Status.ACTIVE
    backfilling.start(mapping=mapping, now=NOW)
    with pytest.raises(CannotBegin, match="under way"):
        backfilling.start(mapping=mapping, now=NOW)


@database
def test_a_paused_backfill_puts_nothing_in_and_goes_on_when_resumed(mapping, version):
    make_response(version)
    backfill = backfilling.start(mapping=mapping, now=NOW)

    assert backfilling.pause(backfill=backfill)
    assert backfilling.feed(now=NOW) == 0
    assert backfilling.resume(backfill=backfill)
    assert not backfilling.resume(backfill=backfill)
    assert backfilling.feed(now=NOW) == 1


@database
def test_the_wake_up_carries_a_backfill_to_its_end(org, mapping, version):
    for _ in range(3):
        make_response(version)
    backfilling.start(mapping=mapping, now=NOW)

    tasks.deliver()

    assert Backfill.objects.get().status == Backfill.Status.DONE
    assert WriteBack.objects.filter(state=State.WRITTEN).count() == 3


# -- in bulk


@pytest.fixture
def begun(mapping, version):
    for number in range(5):
        make_response(version, {"csat": number + 1, "nps": 9})
    backfilling.start(mapping=mapping, now=NOW)
    backfilling.feed(now=NOW)


@database
def test_many_rows_go_up_in_one_job(org, begun):
    org.org.calls.clear()

    assert in_bulk().left == 5
    assert set(WriteBack.objects.values_list("state", flat=True)) == {State.SENDING}
    assert deliver(now=NOW + timedelta(hours=1)).claimed == 0  # out of our hands
    until_the_jobs_end()

    assert set(WriteBack.objects.values_list("state", flat=True)) == {State.WRITTEN}
    rows = org.org.query("SELECT Id, Score__c FROM Tellback_Response__c")
    assert sorted(row["Score__c"] for row in rows) == [1, 2, 3, 4, 5]
    assert set(WrittenRecord.objects.values_list("created", flat=True)) == {True}
    job = BulkJob.objects.get()
    assert (job.status, job.entries) == (BulkJob.Status.DONE, {})
    writes = [call for call in org.org.calls.calls if call.method != "GET"]
    assert len(writes) == 3  # made, filled, closed


@database
def test_a_new_response_is_sent_while_a_job_is_being_gathered(org, begun, version):
    said = []

    def meanwhile():
        live = delivery.deliver_due(now=NOW, priorities=[WriteBack.Priority.LIVE])
        said.append((live.written, BulkJob.objects.count()))
        if len(said) == 1:
            completed(version)

    in_bulk(size=2, meanwhile=meanwhile)

    assert said == [(0, 0), (1, 0), (0, 0)]
    assert BulkJob.objects.count() == 1


@database
def test_what_time_does_not_suffice_for_is_given_back_and_nothing_is_spent(org, begun):
    slices = []
    in_bulk(size=2, meanwhile=lambda: slices.append(1), stop=lambda: bool(slices))

    waiting = WriteBack.objects.filter(state=State.WAITING, attempts=0)
    assert waiting.count() == 3
    assert WriteBack.objects.filter(bulk_job__isnull=False).count() == 2


@database
def test_a_record_never_stands_twice_in_a_job(org, connection, version):
    step = case_step(fields=[{"field": "Comments", "value": {"question": "why"}}])
    mapping = make_mapping(connection, version, step)
    case = make_case(org.org)
    for day, word in enumerate(("first", "second")):
        make_response(
            version,
            {"csat": 1, "nps": 1, "why": word},
            records={"Case": case},
            started_at=STARTED + timedelta(days=day),
        )
    backfilling.start(mapping=mapping, now=NOW)
    backfilling.feed(now=NOW)

    in_bulk(size=1)
    second = WriteBack.objects.order_by("pk").last()
    until_the_jobs_end()
    deliver(now=NOW + timedelta(hours=1))

    assert (second.state, second.attempts) == (State.WAITING, 0)
    assert org.org.read("Case", case)["Comments"] == "second"
    assert WriteBack.objects.filter(state=State.WRITTEN).count() == 2


@database
def test_a_refused_row_of_a_job_is_held_with_the_reason(org, begun):
    org.org.add_validation_rule(
        ValidationRule(
            object_name="Tellback_Response__c",
            field="Score__c",
            value=3.0,
            message="Not 3",
        )
    )

    in_bulk()
    until_the_jobs_end()

    held = WriteBack.objects.get(state=State.HELD)
    assert (held.error_code, held.reason) == (
        *("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not 3"),
    )
    assert held.rule == {"step": "answer", "field": "Score__c"}
    assert WriteBack.objects.filter(state=State.WRITTEN).count() == 4


@database
def test_updates_of_a_job_keep_the_values_before(org, connection, version):
    step = case_step(fields=[{"field": "Comments", "value": {"question": "why"}}])
    mapping = make_mapping(connection, version, step)
    case = make_case(org.org, Comments="as it was")
    for day, word in enumerate(("first", "second, with a comma\nand a line")):
        make_response(
            version,
            {"csat": 1, "nps": 1, "why": word},
            records={"Case": case},
            started_at=STARTED + timedelta(days=day),
        )
    backfilling.start(mapping=mapping, now=NOW)
    backfilling.feed(now=NOW)

    in_bulk()
    assert RecordTurn.objects.count() == 1
    until_the_jobs_end()

    assert org.org.read("Case", case)["Comments"].startswith("second, with")
    assert WrittenRecord.objects.get().previous["Comments"] == "as it was"
    states = WriteBack.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.SKIPPED, State.WRITTEN]
    assert not RecordTurn.objects.exists()


@database
def test_a_job_is_not_asked_for_while_its_file_goes_up(org, begun):
    seen = []

    def clock():
        seen.extend(BulkJob.objects.values_list("asked_at", flat=True))
        return NOW

    in_bulk(clock=clock)

    minute = NOW + timedelta(minutes=1)
    assert seen[0] > minute > BulkJob.objects.get().asked_at


@database
def test_a_job_that_was_never_filled_gives_its_rows_back(org, begun):
    org.org.faults.clear()
    in_bulk()
    job = org.org.jobs[BulkJob.objects.get().job_id]
    job.state = "Open"

    until_the_jobs_end(1)

    assert set(WriteBack.objects.values_list("state", flat=True)) == {State.WAITING}
    assert job.state == "Aborted"
    assert deliver(now=NOW + timedelta(hours=1)).written == 5


@database
def test_a_job_that_the_org_has_forgotten_gives_its_rows_back(org, begun):
    in_bulk()
    org.org.jobs.clear()

    until_the_jobs_end(1)

    assert set(WriteBack.objects.values_list("state", flat=True)) == {State.WAITING}


@database
def test_a_field_that_is_gone_stops_the_mapping(org, begun):
    in_bulk()
    org.org.hide_field("Tellback_Response__c", "Score__c")
    job = org.org.jobs[BulkJob.objects.get().job_id]
    job.text = job.text.replace("Score__c", "Gone__c", 1)

    until_the_jobs_end()

    assert set(WriteBack.objects.values_list("error_class", flat=True)) == {"schema"}
    assert Mapping.objects.get().status == Mapping.Status.PAUSED


@database
def test_an_answer_that_a_file_cannot_hold_goes_the_usual_way(org, connection, version):
    step = case_step(fields=[{"field": "Comments", "value": {"question": "why"}}])
    mapping = make_mapping(connection, version, step)
    case = make_case(org.org)
    answers = {"csat": 1, "nps": 1, "why": "#N/A"}
    make_response(version, answers, records={"Case": case})
    backfilling.start(mapping=mapping, now=NOW)
    backfilling.feed(now=NOW)

    assert in_bulk().written == 1

    assert org.org.read("Case", case)["Comments"] == "#N/A"
    assert not BulkJob.objects.exists()


@database
def test_what_goes_the_usual_way_leaves_a_job_its_turns(org, connection, version):
    step = case_step(fields=[{"field": "Comments", "value": {"question": "why"}}])
    mapping = make_mapping(connection, version, step)
    cases = [make_case(org.org) for _ in range(2)]
    for case, word in zip(cases, ("as a file holds it", "#N/A"), strict=True):
        answers = {"csat": 1, "nps": 1, "why": word}
        make_response(version, answers, records={"Case": case})
    backfilling.start(mapping=mapping, now=NOW)
    backfilling.feed(now=NOW)

    assert in_bulk().written == 1

    assert RecordTurn.objects.get().record == cases[0]
    assert RecordTurn.objects.get().lease_token == BulkJob.objects.get().lease_token


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([record_step()], True),
        ([case_step()], True),
        ([task_step()], False),
        ([case_step(), record_step()], False),
    ],
)
def test_only_what_can_be_repeated_goes_in_bulk(steps, expected):
    document = {"key": "m", "survey": "s", "connection": "c", "when": "completed"}

    spec = rules.parse({**document, "condition": None, "steps": steps})

    assert bulk.fits(spec) is expected


# -- the files


cells = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(min_size=1).filter(
        lambda text: text.strip() not in {"", "#N/A"} and "\x00" not in text
    )
)


@settings(deadline=None, max_examples=60)
@given(records=st.lists(st.dictionaries(st.sampled_from("ABC"), cells), max_size=5))
def test_a_file_holds_every_value(records):
    told = [{"Key": str(number), **record} for number, record in enumerate(records)]

    text = wire.write(told).decode()

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(told)
    for record, row in zip(told, rows, strict=True):
        for name, value in record.items():
            shown = {None: "#N/A", True: "true", False: "false"}
            known = value is None or isinstance(value, bool)
            assert row[name] == (shown[value] if known else str(value))


def test_an_error_of_a_job_is_read_with_its_fields():
    told = wire.read_error(
        "INVALID_EMAIL_ADDRESS:Email: invalid email address: a:b:Email --"
    )

    assert (told.code, told.fields, told.kind) == (
        *("INVALID_EMAIL_ADDRESS", ("Email",), Kind.DATA),
    )
    assert wire.read_error("UNABLE_TO_LOCK_ROW:wait:--").kind is Kind.LOCK
    assert wire.read_error("what is this").code == "BULK_FAILED"


def test_a_failed_job_says_which_column_is_missing():
    told = wire.read_failure("InvalidBatch : Field name not found : Gone__c")

    assert (told.kind, told.fields) == (Kind.SCHEMA, ("Gone__c",))
    assert wire.read_failure("Something").kind is Kind.TRANSIENT
