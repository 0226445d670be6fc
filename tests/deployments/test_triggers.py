"""Events are kept once, and decided once, whatever happens to the worker."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django_q.models import OrmQ

from deployments.models import (
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import Event
from deployments.signals import invitation_changed
from deployments.suppression import suppress
from deployments.triggers import (
    UnusableEvent,
    decide_again,
    decide_waiting,
    receive,
)
from surveys.models import Survey
from tests.factories.deployments import NOW, make_deployment, make_trigger

FIELDS = {
    "Id": "500000000000001AAA",
    "Status": "Closed",
    "ContactEmail": "ada@example.com",
    "ContactName": "Ada",
}


def event(number=1, **changes):
    fields = FIELDS | changes.pop("fields", {})
    return Event(
        **{
            "source": "salesforce:production",
            "event_id": f"04l{number}",
            "object": "Case",
            "record_id": f"5000000000000{number:02}AAA",
            "fields": fields,
        }
        | changes
    )


@pytest.fixture
def deployment(survey):
    deployment = make_deployment(survey)
    make_trigger(deployment)
    return deployment


@pytest.fixture
def failing_listener():
    """While it listens, no invitation of bad@example.com can be made."""

    def fail(sender, invitation, **_):
        if invitation.email == "bad@example.com":
            raise RuntimeError("the listener broke")

    invitation_changed.connect(fail)
    yield
    invitation_changed.disconnect(fail)


def bad(number=1):
    return event(number, fields={"ContactEmail": "bad@example.com"})


def codes():
    return list(TriggerDecision.objects.order_by("pk").values_list("code", flat=True))


def test_an_event_is_kept_as_it_came_and_waits(db):
    received = receive(events=[event()], now=NOW)

    row = TriggerEvent.objects.get()
    assert (received.stored, received.repeated) == (1, 0)
    assert row.fields == FIELDS
    assert (row.state, row.due_at, row.received_at) == ("waiting", NOW, NOW)


def test_a_repeated_event_is_counted_and_changes_nothing(db):
    receive(events=[event(1), event(2)], now=NOW)
    later = NOW + timedelta(hours=1)

    received = receive(events=[event(2, fields={"Status": "New"}), event(3)], now=later)

    assert (received.stored, received.repeated) == (1, 1)
    assert TriggerEvent.objects.get(event_id="04l2").fields == FIELDS


def test_one_batch_that_repeats_itself_is_counted_exactly(db):
    received = receive(events=[event(1), event(1), event(2)], now=NOW)

    assert (received.stored, received.repeated) == (2, 1)
    assert TriggerEvent.objects.count() == 2


def test_the_same_id_of_another_source_is_another_event(db):
    received = receive(events=[event(), event(source="salesforce:sandbox")], now=NOW)

    assert received.stored == 2


def test_workers_are_woken_once_and_for_something_new_only(db):
    receive(events=[event(1), event(2)], now=NOW)
    receive(events=[event(1)], now=NOW)

    (wake_up,) = OrmQ.objects.all()
    assert wake_up.func() == "deployments.tasks.decide_events"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite waits 20 s")
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_blocked_keeps_the_sender_waiting_for_so_long():
    other = connection.copy()
    try:
        other.set_autocommit(False)
        other.cursor().execute("LOCK TABLE deployments_triggerevent")
        with pytest.raises(OperationalError):
            receive(events=[event()], now=NOW, patience=timedelta(milliseconds=50))
    finally:
        other.rollback()
        other.close()

    assert receive(events=[event()], now=NOW).stored == 1


def test_an_empty_batch_is_no_error(db):
    assert receive(events=[], now=NOW).stored == 0


def test_a_thousand_events_come_in_one_batch(db):
    received = receive(events=[event(n) for n in range(1000)], now=NOW)

    assert received.stored == TriggerEvent.objects.count() == 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event_id": ""}, "needs event_id"),
        ({"event_id": "x" * 101}, "needs event_id: 1 to 100"),
        ({"source": " "}, "needs source"),
        ({"record_id": "a\x00b"}, "needs record_id"),
        ({"fields": {"x": object()}}, "no JSON"),
        ({"fields": {"x": float("nan")}}, "no JSON"),
    ],
)
def test_one_event_that_cannot_be_kept_refuses_the_batch(db, changes, words):
    with pytest.raises(UnusableEvent, match=words):
        receive(events=[event(1), event(2, **changes)], now=NOW)

    assert not TriggerEvent.objects.exists()


def test_what_no_database_takes_is_taken_out_of_the_fields(db):
    fields = {"a": "x\x00y\ud800", "b": [{"c\x00": "\\u0000"}], "d": Decimal("1.5")}

    receive(events=[event(fields=fields | {"at": NOW})], now=NOW)

    stored = TriggerEvent.objects.get().fields
    assert stored["a"] == "xy\ufffd"
    assert stored["b"] == [{"c": "\\u0000"}]
    assert stored["d"] == "1.5"
    assert stored["at"] == "2026-03-02T09:00:00Z"


def test_many_senders_of_one_event_store_it_once(in_parallel):
    batch = [event(1), event(2), event(1)]

    received = in_parallel(lambda: receive(events=batch, now=NOW))

    assert sum(one.stored for one in received) == 2
    assert sum(one.repeated for one in received) == 16
    assert TriggerEvent.objects.count() == 2


def test_an_event_becomes_an_invitation_with_its_reason(deployment):
    receive(events=[event()], now=NOW)

    assert decide_waiting(now=NOW) == 1

    decision = TriggerDecision.objects.get()
    invitation = Invitation.objects.get()
    assert (decision.invited, decision.code) == (True, "invited")
    assert decision.invitation == invitation
    assert decision.deployment == deployment
    assert invitation.records == {"Case": "500000000000001AAA"}
    assert (invitation.email, invitation.name) == ("ada@example.com", "Ada")
    assert invitation.mail == Invitation.Mail.WAITING
    assert TriggerEvent.objects.get().state == "decided"


def test_a_second_run_changes_nothing(deployment):
    receive(events=[event()], now=NOW)
    decide_waiting(now=NOW)

    assert decide_waiting(now=NOW + timedelta(days=1)) == 0
    assert Invitation.objects.count() == 1
    assert codes() == ["invited"]


def test_the_mailer_is_woken_once_for_all(deployment):
    receive(
        events=[
            event(n, fields={"ContactEmail": f"p{n}@example.com"}) for n in range(5)
        ],
        now=NOW,
    )
    OrmQ.objects.all().delete()

    decide_waiting(now=NOW)

    (wake_up,) = OrmQ.objects.all()
    assert wake_up.func() == "deployments.tasks.send_invitations"


def test_what_does_not_fit_in_one_run_wakes_the_next(deployment):
    receive(events=[event(n) for n in range(3)], now=NOW)
    OrmQ.objects.all().delete()

    assert decide_waiting(now=NOW, limit=2) == 2

    assert "deployments.tasks.decide_events" in {
        wake_up.func() for wake_up in OrmQ.objects.all()
    }
    assert decide_waiting(now=NOW, limit=2) == 1


def test_an_event_for_nobody_keeps_its_reason(deployment):
    receive(events=[event(object="Account")], now=NOW)

    decide_waiting(now=NOW)

    decision = TriggerDecision.objects.get()
    assert (decision.trigger, decision.code) == (None, "no_trigger")
    assert decision.reason == (
        "No trigger listens to Account of salesforce:production."
    )


def test_each_trigger_decides_for_itself(deployment, survey):
    paused = make_deployment(survey, status=Deployment.Status.PAUSED)
    make_trigger(paused)
    picky = make_trigger(
        make_deployment(survey),
        condition={"field": "Status", "op": "eq", "value": "Open"},
    )
    receive(events=[event()], now=NOW)

    decide_waiting(now=NOW)

    assert codes() == ["invited", "not_live", "condition_not_met"]
    assert "Status is “Open”" in TriggerDecision.objects.get(trigger=picky).reason


def test_a_trigger_that_is_off_says_so(deployment):
    Trigger.objects.update(is_active=False)
    receive(events=[event()], now=NOW)

    decide_waiting(now=NOW)

    assert codes() == ["trigger_off"]


@pytest.mark.parametrize(
    "changes", [{"status": Survey.Status.CLOSED}, {"live_version": None}]
)
def test_a_survey_that_is_not_published_asks_nobody(deployment, survey, changes):
    Survey.objects.update(**changes)
    receive(events=[event()], now=NOW)

    decide_waiting(now=NOW)

    assert codes() == ["survey_not_published"]
    assert not Invitation.objects.exists()


def test_a_suppressed_person_is_left_alone(deployment):
    suppress(email="ADA@example.com", reason="opted_out", now=NOW)
    receive(events=[event()], now=NOW)

    decide_waiting(now=NOW)

    assert codes() == ["suppressed"]
    assert TriggerDecision.objects.get().reason.endswith("Opted out.")


def test_two_messages_about_one_record_ask_once(deployment):
    receive(
        events=[event(1), event(2, record_id=event(1).record_id)],
        now=NOW,
    )

    decide_waiting(now=NOW)

    assert codes() == ["invited", "asked_about_this_record"]
    assert Invitation.objects.count() == 1


def test_a_record_is_asked_about_again_when_its_field_changes(deployment):
    Trigger.objects.update(repeat_field="ClosedDate")
    same = {"record_id": event(1).record_id}
    days = ["2026-01-01", "2026-01-01", "2026-02-01"]
    receive(
        events=[
            event(number, fields={"ClosedDate": day}, **same)
            for number, day in enumerate(days)
        ],
        now=NOW,
    )

    decide_waiting(now=NOW)

    assert codes() == ["invited", "asked_about_this_record", "invited"]


def test_a_person_has_their_quiet_days(deployment):
    Deployment.objects.update(quiet_days=30)
    receive(events=[event(1), event(2)], now=NOW)

    decide_waiting(now=NOW)
    later = NOW + timedelta(days=30)
    receive(events=[event(3)], now=later)
    decide_waiting(now=later)

    assert codes() == ["invited", "asked_recently", "invited"]


def test_many_workers_decide_each_event_once(deployment, in_parallel):
    receive(events=[event(n) for n in range(10)], now=NOW)

    settled = in_parallel(lambda: decide_waiting(now=NOW))

    assert sum(settled) == 10
    assert TriggerDecision.objects.count() == 10
    assert Invitation.objects.count() == 10


def test_a_person_has_their_quiet_days_from_many_workers_too(deployment, in_parallel):
    Deployment.objects.update(quiet_days=30)
    receive(events=[event(n) for n in range(12)], now=NOW)

    settled = in_parallel(lambda: decide_waiting(now=NOW))

    assert sum(settled) == 12
    assert sorted(codes()) == ["asked_recently"] * 11 + ["invited"]


def test_one_record_is_asked_about_once_by_many_workers(deployment, in_parallel):
    record = {"record_id": event(1).record_id}
    receive(events=[event(n, **record) for n in range(12)], now=NOW)

    in_parallel(lambda: decide_waiting(now=NOW))

    assert sorted(codes()) == ["asked_about_this_record"] * 11 + ["invited"]
    assert Invitation.objects.count() == 1


def test_one_bad_event_holds_up_no_other(deployment, failing_listener):
    receive(events=[bad(1), event(2)], now=NOW)

    assert decide_waiting(now=NOW) == 1

    row = TriggerEvent.objects.get(event_id="04l1")
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.error == "RuntimeError: the listener broke"
    assert row.due_at > NOW
    assert not row.decisions.exists()
    assert Invitation.objects.get().email == "ada@example.com"


def test_a_broken_condition_is_visible_on_the_event(deployment):
    Trigger.objects.update(condition={"field": "Status", "op": "likes"})
    receive(events=[event()], now=NOW)

    decide_waiting(now=NOW)

    assert "“op” is one of" in TriggerEvent.objects.get().error


def test_a_failed_attempt_is_made_again_after_a_pause(deployment, failing_listener):
    receive(events=[bad()], now=NOW)
    decide_waiting(now=NOW)

    decide_waiting(now=NOW + timedelta(seconds=29))
    assert TriggerEvent.objects.get().attempts == 1

    decide_waiting(now=NOW + timedelta(seconds=30))
    assert TriggerEvent.objects.get().attempts == 2


def test_after_five_attempts_it_is_failed_with_its_error(deployment, failing_listener):
    receive(events=[bad()], now=NOW)

    for day in range(7):
        decide_waiting(now=NOW + timedelta(days=day))

    row = TriggerEvent.objects.get()
    assert (row.state, row.attempts) == ("failed", 5)
    assert row.error == "RuntimeError: the listener broke"


def test_a_failed_event_can_be_decided_again(deployment, failing_listener):
    receive(events=[bad(), event(2)], now=NOW)
    for day in range(5):
        decide_waiting(now=NOW + timedelta(days=day))
    TriggerEvent.objects.filter(state="failed").update(fields=FIELDS)

    assert decide_again(events=TriggerEvent.objects.all(), now=NOW) == 1
    assert decide_waiting(now=NOW) == 1
    assert TriggerEvent.objects.filter(state="decided").count() == 2


def test_an_event_whose_worker_died_is_due_again_when_its_lease_ends(deployment):
    receive(events=[event()], now=NOW)
    # What a claim leaves behind when its worker is killed.
    TriggerEvent.objects.update(attempts=1, due_at=NOW + timedelta(minutes=5))

    assert decide_waiting(now=NOW + timedelta(minutes=4)) == 0
    assert decide_waiting(now=NOW + timedelta(minutes=5)) == 1


def test_an_event_that_kills_every_worker_is_failed(deployment):
    receive(events=[event()], now=NOW)
    TriggerEvent.objects.update(attempts=5)

    assert decide_waiting(now=NOW) == 0

    row = TriggerEvent.objects.get()
    assert row.state == "failed"
    assert "The worker stopped each time" in row.error


def test_a_worker_that_comes_back_late_settles_nothing(deployment):
    receive(events=[event()], now=NOW)

    def take_over(sender, **_):
        TriggerEvent.objects.update(lease_token=None)

    invitation_changed.connect(take_over)
    try:
        assert decide_waiting(now=NOW) == 0
    finally:
        invitation_changed.disconnect(take_over)

    assert not Invitation.objects.exists()
    assert not TriggerDecision.objects.exists()
    assert TriggerEvent.objects.get().state == "waiting"
