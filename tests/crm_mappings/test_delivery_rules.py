"""The rules of the engine that touch nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.delivery import backoff, budget, graphs, outcomes
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.parcels import calls, give_last_word
from crm_mappings.delivery.sendable import may_have_been_applied
from crm_mappings.models import WriteBack
from crm_mappings.plan.planner import Problem, Skip, Write, WritePlan
from crm_mappings.salesforce.collections import LARGEST
from crm_mappings.salesforce.errors import Kind, NoAnswer, Refusal
from crm_mappings.salesforce.session import Refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
kinds = st.sampled_from(list(Kind))


def refusal(kind: Kind, code: str = "X") -> Refusal:
    return Refusal(kind=kind, code=code, message="words")


@settings(deadline=None)
@given(kind=kinds, attempt=st.integers(-5, 10_000), seed=st.integers())
def test_a_pause_is_never_shorter_than_a_second_nor_longer_than_an_hour(
    kind, attempt, seed
):
    pause = backoff.pause(kind=kind, attempt=attempt, rng=Random(seed))

    assert backoff.SHORTEST <= pause <= timedelta(hours=1)


def test_the_ceiling_doubles_with_each_attempt():
    class Highest(Random):
        def random(self) -> float:
            return 1.0

    pauses = [
        backoff.pause(kind=Kind.TRANSIENT, attempt=attempt, rng=Highest())
        for attempt in range(1, 10)
    ]

    assert [pause.total_seconds() for pause in pauses] == [
        *(30, 60, 120, 240, 480, 960, 1920),
        *(3600, 3600),
    ]


def test_rows_that_failed_together_do_not_come_back_together():
    rng = Random(1)
    pauses = {backoff.pause(kind=Kind.TRANSIENT, attempt=6, rng=rng) for _ in range(50)}

    assert len(pauses) == 50


@settings(deadline=None)
@given(kind=kinds, attempt=st.integers(1, 60))
def test_every_refusal_holds_the_row_or_says_when_it_is_tried_again(kind, attempt):
    told = outcomes.refused(refusal(kind), attempt=attempt, now=NOW, rng=Random(1))

    assert told.state in {outcomes.HELD, outcomes.WAITING}
    assert (told.due_at is not None) == (told.state == outcomes.WAITING)
    if told.state == outcomes.WAITING and told.spent:
        assert attempt < backoff.MOST_ATTEMPTS


def test_what_is_nobodys_fault_spends_no_attempt():
    for kind in (Kind.CONNECTION, Kind.SESSION, Kind.BUDGET):
        told = outcomes.refused(refusal(kind), attempt=99, now=NOW, rng=Random(1))
        assert (told.state, told.spent) == (outcomes.WAITING, False)


def test_one_record_cannot_stop_a_connection():
    assert outcomes.of_record(refusal(Kind.CONNECTION)).kind is Kind.DATA
    assert outcomes.of_record(refusal(Kind.SCHEMA)).kind is Kind.SCHEMA


def test_a_path_that_is_not_there_is_an_object_that_is_not_there():
    assert outcomes.of_write_call(refusal(Kind.DATA), 404).kind is Kind.SCHEMA
    assert outcomes.of_write_call(refusal(Kind.DATA), 405).kind is Kind.SCHEMA
    assert outcomes.of_write_call(refusal(Kind.DATA), 400).kind is Kind.DATA


def test_a_problem_of_the_object_outweighs_one_of_the_data():
    data = Problem(step="a", field="X", code="too_long", message="Too long.")
    gone = Problem(step="b", field="Y", code="unknown_field", message="Gone.")

    told = outcomes.refused_by_plan((data, gone))

    assert (told.kind, told.code) == ("schema", "UNKNOWN_FIELD")
    assert told.message == "Too long. Gone."
    assert told.rule == {"step": "b", "field": "Y"}


def test_a_skip_tells_its_reasons_once():
    skips = (Skip(step="a", reason="No."), Skip(step="b", reason="No."))

    assert outcomes.skipped(WritePlan(skipped=skips)).message == "No."
    assert outcomes.skipped(WritePlan()).message


def test_an_answer_that_did_not_come_leaves_doubt():
    transient = refusal(Kind.TRANSIENT)

    assert may_have_been_applied(NoAnswer(transient))
    assert may_have_been_applied(Refused(transient, 503))
    assert not may_have_been_applied(NoAnswer(transient, never_sent=True))
    assert not may_have_been_applied(Refused(transient, 400))


writes = st.builds(
    Write,
    step=st.just("s"),
    action=st.sampled_from(["create", "update", "upsert"]),
    object=st.sampled_from(["Case", "Task"]),
    record_id=st.none() | st.sampled_from(["500a", "500b", "500c"]),
    key_field=st.none() | st.just("Key__c"),
    key_value=st.none() | st.sampled_from(["k1", "K1", 7]),
)


@settings(deadline=None, max_examples=150)
@given(wave=st.lists(writes, max_size=500))
def test_calls_lose_nothing_and_repeat_no_record(wave):
    entries = [Entry(job=Job(row=WriteBack()), write=write) for write in wave]

    made = list(calls(entries))

    sent = [entry for call in made for parcel in call for entry in parcel.entries]
    assert sorted(map(id, sent)) == sorted(map(id, entries))
    for call in made:
        assert 0 < len(call) <= LARGEST
        known = [parcel.entries[0].identity for parcel in call]
        names = [(type(one), one) for one in known if one is not None]
        assert len(names) == len(set(names))
        kinds = {(e.write.object, e.write.action) for p in call for e in p.entries}
        assert len(kinds) == 1
        for parcel in call:
            places = [entries.index(entry) for entry in parcel.entries]
            assert places == sorted(places)


field_values = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.sampled_from([None, "x", "y", 1]), min_size=1
)


@settings(deadline=None)
@given(changes=st.lists(field_values, min_size=1, max_size=6))
def test_a_merged_record_ends_as_if_each_had_been_written_by_itself(changes):
    before = {"A": "a", "B": None, "C": "c"}
    entries = [
        Entry(
            job=Job(row=WriteBack()),
            write=Write(
                step="s",
                action="update",
                object="Case",
                record_id="500000000000001AAA",
                fields=fields,
                previous={name: before[name] for name in fields},
            ),
        )
        for fields in changes
    ]
    held = dict(before)
    for fields in changes:
        held |= fields

    [[parcel]] = calls(entries)

    sent = parcel.payload()
    assert sent.pop("Id") == "500000000000001AAA"
    assert before | sent == held
    give_last_word(parcel.entries)
    told = [entry.now.fields for entry in parcel.entries]
    assert sum(map(len, told)) == len(sent)
    for fields in told:
        assert {name: sent[name] for name in fields} == fields


def test_a_field_that_is_written_only_when_blank_keeps_the_first_answer():
    def entry(value: str) -> Entry:
        write = Write(
            step="s",
            action="update",
            object="Case",
            record_id="500000000000001AAA",
            fields={"Note": value, "Score": value},
            previous={"Note": None, "Score": None},
            only_if_blank=frozenset({"Note"}),
        )
        return Entry(job=Job(row=WriteBack()), write=write)

    [[parcel]] = calls([entry("first"), entry("second")])

    assert parcel.payload()["Note"] == "first"
    assert parcel.payload()["Score"] == "second"


def test_records_that_share_a_parent_go_together():
    def entry(number: int) -> Entry:
        fields = {"AccountId": f"account {number % 3}"}
        write = Write(step="s", action="create", object="Case", fields=fields)
        return Entry(job=Job(row=WriteBack()), write=write)

    def parent(write: Write) -> str:
        return str(write.fields["AccountId"])

    made = list(calls([entry(number) for number in range(600)], parent))

    assert [len({parent(p.write) for p in call}) for call in made] == [1, 1, 1]


def test_records_that_were_locked_go_in_small_calls():
    def entry(error: str) -> Entry:
        write = Write(step="s", action="create", object="Case")
        return Entry(job=Job(row=WriteBack(error_class=error)), write=write)

    made = list(calls([entry("lock" if n % 2 else "") for n in range(100)]))

    assert sorted(map(len, made)) == [10, 20, 20, 50]


def test_what_took_too_long_together_goes_in_small_calls():
    row = WriteBack(error_class="transient", error_code="REQUEST_RUNNING_TOO_LONG")
    write = Write(step="s", action="create", object="Task")
    entries = [Entry(job=Job(row=row), write=write) for _ in range(30)]
    jobs = [Job(row=row, todo=[write, write]) for _ in range(15)]

    assert [len(call) for call in calls(entries)] == [20, 10]
    assert [len(call) for call in graphs.calls(jobs)] == [10, 5]


def test_what_a_trigger_of_theirs_refused_is_tried_once_more():
    said = refusal(Kind.DATA, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")

    told = [
        outcomes.refused(said, attempt=number, now=NOW, rng=Random(1)).state
        for number in (1, 2)
    ]

    assert told == [outcomes.WAITING, outcomes.HELD]


def test_an_error_that_nobody_can_explain_is_tried_a_few_times():
    said = refusal(Kind.TRANSIENT, "UNKNOWN_EXCEPTION")

    told = [
        outcomes.refused(said, attempt=number, now=NOW, rng=Random(1)).state
        for number in range(1, 10)
    ]

    assert told == [*[outcomes.WAITING] * 7, *[outcomes.HELD] * 2]


# -- the budget


def log(*samples: tuple[int, int]) -> list[list[object]]:
    return [[(NOW - timedelta(minutes=ago)).isoformat(), used] for ago, used in samples]


def test_the_forecast_goes_on_at_the_pace_of_the_last_hours():
    end = budget.ends_at(
        log=log((120, 1000), (60, 1500)), used=2000, most=2500, now=NOW
    )

    assert end == NOW + timedelta(hours=1)


def test_a_share_that_lasts_the_day_has_no_end():
    assert budget.ends_at(log=log((60, 10)), used=11, most=9000, now=NOW) is None
    assert budget.ends_at(log=log((60, 10)), used=5, most=9000, now=NOW) is None
    assert budget.ends_at(log=[], used=5, most=9000, now=NOW) is None
    assert budget.ends_at(log=[], used=9000, most=9000, now=NOW) == NOW


def test_a_backfill_leaves_a_part_of_the_share_to_new_responses():
    live, backfill = WriteBack.Priority.LIVE, WriteBack.Priority.BACKFILL

    assert budget.most(1000, 50, live) == 500
    assert budget.most(1000, 50, backfill) == 400


# -- graphs


def test_text_that_reads_like_a_reference_never_goes_into_a_graph():
    def job(text: str) -> Job:
        write = Write(
            step="s", action="create", object="Task", fields={"Subject": text}
        )
        return Job(row=WriteBack(), todo=[write, write])

    safe, unsafe = job("mail me at home"), job("I am @{w0.id}")

    assert [one for call in graphs.calls([safe, unsafe]) for one in call] == [safe]


def test_graphs_are_cut_at_seventy_five_and_five_hundred_records():
    def job(records: int) -> Job:
        writes = [
            Write(step="s", action="create", object="Task") for _ in range(records)
        ]
        return Job(row=WriteBack(), todo=writes)

    small = list(graphs.calls([job(2) for _ in range(160)]))
    large = list(graphs.calls([job(100) for _ in range(7)]))

    assert [len(call) for call in small] == [75, 75, 10]
    assert [len(call) for call in large] == [5, 2]


def test_two_responses_about_one_record_never_share_a_call_of_graphs():
    def job(record: str) -> Job:
        update = Write(step="a", action="update", object="Case", record_id=record)
        create = Write(step="b", action="create", object="Task")
        return Job(row=WriteBack(), todo=[update, create])

    first, second, other = job("500a"), job("500a"), job("500b")

    assert list(graphs.calls([first, second, other])) == [[first, other], [second]]


def test_graphs_that_share_a_parent_go_together():
    def job(number: int) -> Job:
        fields = {"WhatId": f"case {number % 2}"}
        task = Write(step="a", action="create", object="Task", fields=fields)
        other = Write(step="b", action="create", object="Note")
        return Job(row=WriteBack(), todo=[task, other])

    def parent(write: Write) -> str:
        return str(write.fields.get("WhatId", ""))

    made = list(graphs.calls([job(number) for number in range(150)], parent))

    assert [len({parent(job.todo[0]) for job in call}) for call in made] == [1, 1]
