"""When, how many, how late, and whether still: the rest of a trigger's rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.invitations import send_waiting
from deployments.models import (
    Deployment,
    FollowUp,
    FollowUpMail,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import Event, PersonFacts, TriggerRule, decide, draw, invitee
from deployments.triggers import decide_waiting, receive, redact_old, replay
from tests.deployments.smtp import mail_server
from tests.factories.deployments import NOW, make_deployment, make_trigger
from tests.factories.feeds import shop

CLOSED = {"field": "Status", "op": "eq", "value": "Closed"}


def order(number=1, minutes=0, **fields):
    return Event(
        source="shop:main",
        event_id=f"e{number}-{minutes}",
        object="Order",
        record_id=f"o{number}",
        fields={"Status": "Closed", "Email": f"p{number}@example.com", **fields},
        occurred_at=NOW + timedelta(minutes=minutes),
    )


@pytest.fixture
def feed():
    with shop() as feed:
        yield feed


@pytest.fixture
def trigger(survey):
    return make_trigger(
        make_deployment(survey),
        source="shop:main",
        object="Order",
        email_field="Email",
        name_field="",
        condition=CLOSED,
        records={"Order": "Id"},
    )


def told(*events, now=NOW):
    receive(events=events, now=now)
    decide_waiting(now=now)
    rows = TriggerDecision.objects.order_by("event__occurred_at", "event__pk")
    return list(rows.values_list("code", flat=True))


def change(row, **fields):
    type(row).objects.filter(pk=row.pk).update(**fields)


def test_only_a_change_to_the_condition_counts(trigger):
    change(trigger, when="becomes", repeat_field="Round")

    codes = [
        told(order(1, 0, Status="New", Round="a"))[-1],
        told(order(1, 1, Round="b"))[-1],
        told(order(1, 2, Round="c"))[-1],
        told(order(1, 3, Status="New", Round="d"))[-1],
        told(order(1, 4, Round="e"))[-1],
    ]

    assert codes == [
        "condition_not_met",
        "invited",
        "matched_before",
        "condition_not_met",
        "invited",
    ]


def test_what_was_never_heard_of_counts_as_changed(trigger):
    change(trigger, when="becomes")

    assert told(order()) == ["invited"]


def test_only_new_records_count(trigger):
    change(trigger, when="created")
    recent = (NOW - timedelta(hours=30)).isoformat()
    old = (NOW - timedelta(days=3)).isoformat()

    assert told(order(1, CreatedDate=recent)) == ["invited"]
    assert told(order(2, CreatedDate=old))[-1] == "not_new"
    assert told(order(3, 1, Status="New"))[-1] == "condition_not_met"
    assert told(order(3, 2))[-1] == "not_new"


def test_a_new_record_that_changed_at_once_still_is_new(trigger):
    """Both messages waited: the later one counts, and it is the first that does."""
    change(trigger, when="created")
    receive(events=[order(1, 0), order(1, 1)], now=NOW)
    decide_waiting(now=NOW)

    codes = TriggerDecision.objects.order_by("event__occurred_at")
    assert list(codes.values_list("code", flat=True)) == ["outdated", "invited"]


@pytest.mark.parametrize("backwards", [True, False])
def test_the_latest_state_wins_in_whatever_order_it_comes(trigger, backwards):
    events = [order(1, 0), order(1, 5, Status="Reopened")]

    codes = told(*(reversed(events) if backwards else events))

    assert codes == ["outdated", "condition_not_met"]
    assert not Invitation.objects.exists()


def test_a_message_of_the_day_before_does_not_undo_what_is_known(trigger):
    told(order(1, 5, Status="Reopened"))

    assert told(order(1, 0))[0] == "outdated"


def test_what_our_own_user_wrote_asks_nobody(trigger):
    codes = told(replace(order(), is_own=True))

    assert codes == ["own_change"]


@pytest.mark.parametrize(
    ("status", "codes"),
    [
        ("Closed", ["invited", "own_change"]),
        ("Reopened", ["outdated", "own_change"]),
    ],
)
def test_what_we_wrote_later_hides_no_change_of_theirs(trigger, status, codes):
    ours = replace(order(1, 5, Status=status), is_own=True)

    assert told(order(1, 0), ours) == codes


def test_what_was_looked_up_holds_for_what_we_wrote_later(trigger, feed):
    change(trigger, condition={"field": "Shop.Open", "op": "eq", "value": True})
    feed.records = {"o1": {"Shop": {"Open": True}}}

    codes = told(order(1, 0), replace(order(1, 5), is_own=True))

    assert codes == ["invited", "own_change"]


def test_a_start_and_an_end(trigger):
    change(
        trigger,
        starts_at=NOW + timedelta(minutes=1),
        ends_at=NOW + timedelta(minutes=3),
    )

    codes = told(*(order(minute, minute) for minute in range(5)))

    assert codes == ["not_started", "invited", "invited", "ended", "ended"]


def test_a_share_is_asked_and_the_lot_is_kept(trigger):
    change(trigger, share=25)

    codes = told(*(order(number, number) for number in range(100)))

    rows = TriggerDecision.objects.all()
    assert set(codes) == {"invited", "not_drawn"}
    assert all((row.draw * 100 < 25) == row.invited for row in rows)
    assert 10 <= codes.count("invited") <= 45
    reason = rows.filter(invited=False).first().reason
    assert reason.startswith("Only 25 % are asked, by lot: ")


def test_nothing_is_drawn_where_everybody_is_asked(trigger):
    told(order())

    assert TriggerDecision.objects.get().draw is None


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_lot_is_the_same_however_often_it_is_drawn(record, repeat):
    rule = TriggerRule(
        source="shop:main",
        object="Order",
        email_field="Email",
        deployment_key="x",
        repeat_field="Round",
    )
    event = Event(
        source="shop:main",
        event_id="1",
        object="Order",
        record_id=record,
        fields={"Round": repeat},
    )

    lots = {draw(rule, invitee(rule, event)) for _ in range(3)}

    assert len(lots) == 1
    assert 0 <= lots.pop() < 1


def test_everybody_is_below_a_hundred_and_nobody_below_zero():
    rule = TriggerRule(source="shop:main", object="Order", email_field="Email")
    event = replace(order(), record_id="1")

    assert decide(rule, event, PersonFacts(), NOW).invite
    nobody = decide(replace(rule, share=0), event, PersonFacts(), NOW)
    assert nobody.code == "not_drawn"


def test_a_mail_waits_for_its_delay_and_its_window(trigger):
    change(trigger, delay_minutes=120, time_zone_field="Zone")
    change(
        trigger.deployment,
        send_days=[1, 2, 3, 4, 5],
        send_from=time(9),
        send_until=time(17),
        time_zone="Europe/Berlin",
        holidays=["2026-03-03"],
    )
    friday_evening = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)

    told(order(1))  # Monday, 10:00 in Berlin: at 12:00
    told(order(2, Zone="America/New_York"))  # at 6:00 there: at 9:00
    told(order(3, Zone="Asia/Tokyo"))  # at 20:00 there, and the next day is a holiday
    told(order(4, Zone="nowhere"), now=friday_evening)

    due = dict(Invitation.objects.values_list("email", "mail_due_at"))
    assert due["p1@example.com"] == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    assert due["p2@example.com"] == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert due["p3@example.com"] == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
    assert due["p4@example.com"] == datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    zones = dict(Invitation.objects.values_list("email", "time_zone"))
    assert zones["p2@example.com"] == "America/New_York"
    assert zones["p4@example.com"] == ""


def test_a_mail_that_was_held_up_does_not_go_out_at_night(trigger, settings):
    told(order())
    Deployment.objects.update(send_from=time(9), send_until=time(17), time_zone="UTC")
    night = NOW.replace(hour=22)

    with mail_server(settings) as server:
        assert send_waiting(now=night) == 0
        assert server.mails == []
        invitation = Invitation.objects.get()
        assert invitation.mail == "waiting"
        assert invitation.mail_due_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
        assert send_waiting(now=invitation.mail_due_at) == 1


def test_fields_of_related_records_are_asked_for_once_for_all(trigger, feed):
    change(trigger, email_field="Contact.Email", variables={"agent": "Owner.Name"})
    for number in range(3):
        feed.records[f"o{number}"] = {
            "Contact": {"Email": f"c{number}@example.com"},
            "Owner": {"Name": "Bo"},
        }

    told(*(order(number, number) for number in range(3)))

    assert len(feed.asked) == 1
    assert feed.asked[0][2] == ["Contact.Email", "Owner.Name"]
    assert set(Invitation.objects.values_list("email", flat=True)) == {
        "c0@example.com",
        "c1@example.com",
        "c2@example.com",
    }
    assert Invitation.objects.first().variables == {"agent": "Bo"}
    assert TriggerEvent.objects.first().fields == order(0).fields


def test_nothing_is_asked_for_that_was_told(trigger, feed):
    change(trigger, email_field="Contact.Email")

    told(order(1, Contact={"Email": "told@example.com"}))

    assert feed.asked == []
    assert Invitation.objects.get().email == "told@example.com"


def test_a_source_that_is_away_costs_a_delay_and_no_attempt(trigger, feed):
    change(trigger, email_field="Contact.Email")
    feed.records["o1"] = {"Contact": {"Email": "c@example.com"}}
    feed.away = True
    receive(events=[order()], now=NOW)

    for minutes in range(0, 60, 5):
        assert decide_waiting(now=NOW + timedelta(minutes=minutes)) == 0
    row = TriggerEvent.objects.get()
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.error == "The shop is closed."

    feed.away = False
    assert decide_waiting(now=NOW + timedelta(hours=1)) == 1
    assert Invitation.objects.get().email == "c@example.com"


def test_a_source_that_stays_away_is_visible_in_the_end(trigger, feed):
    change(trigger, email_field="Contact.Email")
    feed.away = True
    receive(events=[order()], now=NOW)

    decide_waiting(now=NOW + timedelta(days=4))

    row = TriggerEvent.objects.get()
    assert (row.state, row.error) == ("failed", "The shop is closed.")


def test_a_field_that_does_not_exist_is_visible(trigger, feed):
    change(trigger, email_field="Contact.Emial")
    feed.broken = True
    receive(events=[order()], now=NOW)

    decide_waiting(now=NOW)

    row = TriggerEvent.objects.get()
    assert (row.attempts, row.error) == (1, "SourceError: No such column.")


def test_a_record_that_was_opened_again_asks_nobody(trigger, feed, settings):
    change(trigger, recheck=True, delay_minutes=60)
    told(order(1), order(2, 1), order(3, 2))
    feed.records = {
        "o1": {"Status": "Reopened"},
        "o2": {"Status": "Closed", "Email": "p2@example.com"},
    }

    with mail_server(settings) as server:
        assert send_waiting(now=NOW + timedelta(hours=2)) == 1

    assert [mail["To"] for mail in server.mails] == ["p2@example.com"]
    one, three = (
        Invitation.objects.get(email=f"p{number}@example.com") for number in (1, 3)
    )
    assert (one.mail, three.mail) == ("stopped", "stopped")
    assert "changed before" in one.mail_error
    assert "gone" in three.mail_error
    assert one.cancelled_at


def test_a_record_that_cannot_be_read_waits(trigger, feed, settings):
    change(trigger, recheck=True)
    told(order())
    feed.away = True

    with mail_server(settings) as server:
        assert send_waiting(now=NOW) == 0

    row = Invitation.objects.get()
    assert (row.mail, server.mails) == ("waiting", [])
    assert "The shop is closed." in row.mail_error


def test_where_nothing_can_be_asked_the_last_message_counts(trigger, settings):
    change(trigger, recheck=True, delay_minutes=60)
    told(order(1))
    told(order(1, 5, Status="Reopened"))

    with mail_server(settings) as server:
        send_waiting(now=NOW + timedelta(hours=2))

    assert server.mails == []
    assert Invitation.objects.get().mail == "stopped"


def test_a_record_that_was_opened_again_is_not_reminded_of(trigger, settings):
    change(trigger, recheck=True)
    FollowUp.objects.create(deployment=trigger.deployment, after_hours=24)
    told(order(1))
    with mail_server(settings) as server:
        send_waiting(now=NOW)
        told(order(1, 5, Status="Reopened"))
        send_waiting(now=NOW + timedelta(days=2))

    assert len(server.mails) == 1
    reminder = FollowUpMail.objects.get()
    assert reminder.mail == "stopped"
    assert "fits no more" in reminder.mail_error


def test_the_crm_says_that_a_person_wants_no_mail(trigger):
    codes = told(
        order(1, 1, Contact={"HasOptedOutOfEmail": True}),
        order(2, 2, HasOptedOutOfEmail="true"),
        order(3, 3, HasOptedOutOfEmail=False),
    )

    assert codes == ["opted_out_in_crm", "opted_out_in_crm", "invited"]


def test_another_field_can_say_so_too(trigger):
    change(trigger, opt_out_field="NoSurveys__c")

    assert told(order(NoSurveys__c=True)) == ["opted_out_in_crm"]


def test_decided_events_are_decided_again_by_the_rules_of_today(trigger):
    told(order(1, 1), order(2, 2, Status="New"))
    change(trigger, condition=None)

    count = replay(events=TriggerEvent.objects.all(), now=NOW)
    decide_waiting(now=NOW)

    assert count == 2
    codes = TriggerDecision.objects.order_by("event__occurred_at")
    assert list(codes.values_list("code", flat=True)) == ["invited", "invited"]
    assert Invitation.objects.count() == 2


def test_what_is_not_kept_any_more_is_not_decided_again(trigger):
    told(order(1, 1), order(2, 2, Status="New"))
    redact_old(now=NOW + timedelta(days=91), days=90)

    assert replay(events=TriggerEvent.objects.all(), now=NOW) == 0
    codes = TriggerDecision.objects.order_by("event__occurred_at")
    assert list(codes.values_list("code", flat=True)) == [
        "invited",
        "condition_not_met",
    ]


@pytest.mark.parametrize(
    ("status", "code"), [("Closed", "matched_before"), ("New", "invited")]
)
def test_a_change_is_known_after_what_was_told_is_kept_no_more(trigger, status, code):
    change(trigger, when="becomes", repeat_field="Round")
    told(order(1, 0, Status=status, Round="a"))
    redact_old(now=NOW + timedelta(days=91), days=90)

    assert told(order(1, 5, Round="b"))[-1] == code


def test_failed_events_are_kept_for_no_longer(trigger):
    receive(events=[order()], now=NOW)
    TriggerEvent.objects.update(state="failed")

    assert redact_old(now=NOW + timedelta(days=91), days=90) == 1


def test_a_trigger_is_complete_by_itself(trigger):
    assert Trigger.objects.get().share == 100
