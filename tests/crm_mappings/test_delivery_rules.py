"""The rules of the engine that touch nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.delivery import backoff, outcomes
from crm_mappings.delivery.jobs import Entry
from crm_mappings.delivery.sending import calls, may_have_been_applied
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
    entries = [Entry(job=None, write=write) for write in wave]  # type: ignore[arg-type]

    made = list(calls(entries))

    sent = [entry for call in made for entry in call]
    assert sorted(map(id, sent)) == sorted(map(id, entries))
    for call in made:
        assert 0 < len(call) <= LARGEST
        names = [str(entry.identity).casefold() for entry in call if entry.identity]
        assert len(names) == len(set(names))
        assert len({(entry.write.object, entry.write.action) for entry in call}) == 1
    places = {id(entry): place for place, entry in enumerate(sent)}
    for kind in {(e.write.object, e.write.action, e.write.key_field) for e in entries}:
        for name in ("500a", "500b", "500c"):
            same = [
                places[id(e)]
                for e in entries
                if (e.write.object, e.write.action, e.write.key_field) == kind
                and e.write.record_id == name
            ]
            assert same == sorted(same)
