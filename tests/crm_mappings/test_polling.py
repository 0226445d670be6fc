"""Records that no message told of are found by asking, at the wire of the org."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mappings.models import Connection
from crm_mappings.record_reading import user_ids
from deployments.models import Invitation, Poll, Trigger, TriggerDecision, TriggerEvent
from deployments.polling import poll_due
from deployments.rules import Event
from deployments.triggers import decide_waiting, receive, redact_old
from tests.factories.crm import NOW, make_case
from tests.factories.deployments import make_deployment, make_trigger

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def trigger(connection: Connection, version):
    return make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        email_field="Contact.Email",
        name_field="",
        records={"Case": "Id", "Contact": "ContactId"},
        condition={"field": "Status", "op": "eq", "value": "Closed"},
        poll_minutes=5,
    )


@pytest.fixture
def contact(org):
    return org.org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})


def begin(org):
    poll_due(now=NOW)
    org.org.clock.advance(minutes=10)
    return NOW + 10 * MINUTE


def test_a_closed_case_is_found_without_any_message(org, trigger, contact):
    later = begin(org)
    case = make_case(org.org, Status="Closed", ContactId=contact)
    make_case(org.org, Status="New", ContactId=contact)

    assert poll_due(now=later) == 1
    decide_waiting(now=later)

    invitation = Invitation.objects.get()
    assert invitation.email == "ada@example.com"
    assert invitation.records == {"Case": case, "Contact": contact}
    assert TriggerEvent.objects.get().event_id.startswith("poll:")


def test_what_was_there_before_the_poll_began_is_left_alone(org, trigger, contact):
    make_case(org.org, Status="Closed", ContactId=contact)
    org.org.clock.advance(minutes=30)

    poll_due(now=NOW + 30 * MINUTE)

    assert poll_due(now=NOW + 60 * MINUTE) == 0
    assert not TriggerEvent.objects.exists()


def test_the_same_change_is_found_once(org, trigger, contact):
    later = begin(org)
    make_case(org.org, Status="Closed", ContactId=contact)

    assert [poll_due(now=later + n * 5 * MINUTE) for n in range(4)] == [1, 0, 0, 0]
    assert Poll.objects.get().found == 1


def test_what_a_message_told_is_not_found_again(org, trigger, contact):
    later = begin(org)
    case = make_case(org.org, Status="Closed", ContactId=contact)
    told = Event(
        source=trigger.source,
        event_id="04l",
        object="Case",
        record_id=case,
        occurred_at=later,
    )
    receive(events=[told], now=later)

    assert poll_due(now=later) == 0


def test_a_poll_is_not_due_before_its_time(org, trigger):
    begin(org)
    Poll.objects.update(due_at=NOW + 60 * MINUTE)

    assert poll_due(now=NOW + 59 * MINUTE) == 0


def test_a_change_of_state_is_seen_through_polls_alone(org, trigger, contact):
    Trigger.objects.update(when="becomes", repeat_field="Subject")
    later = begin(org)
    case = make_case(org.org, Status="Closed", ContactId=contact, Subject="a")
    codes = []
    for status, subject in (("Closed", "b"), ("Working", "c"), ("Closed", "d")):
        poll_due(now=later)
        decide_waiting(now=later)
        org.org.clock.advance(minutes=10)
        later += 10 * MINUTE
        org.org.update("Case", case, {"Status": status, "Subject": subject})
    poll_due(now=later)
    decide_waiting(now=later)

    codes = list(
        TriggerDecision.objects.order_by("event__occurred_at").values_list(
            "code", flat=True
        )
    )
    assert codes == ["invited", "matched_before", "condition_not_met", "invited"]


def test_an_outage_is_caught_up_page_by_page(org, trigger, contact):
    later = begin(org)
    for _ in range(23):
        make_case(org.org, Status="Closed", ContactId=contact)

    runs = [poll_due(now=later + n * MINUTE, page=5, pages=2) for n in range(4)]

    assert runs == [10, 10, 3, 0]
    assert TriggerEvent.objects.count() == 23


def test_what_is_too_old_is_not_caught_up(org, trigger, contact):
    begin(org)
    make_case(org.org, Status="Closed", ContactId=contact)
    org.org.clock.advance(hours=24 * 5)
    make_case(org.org, Status="Closed", ContactId=contact)

    assert poll_due(now=NOW + timedelta(days=5, minutes=11)) == 1


def test_an_org_that_is_away_is_told_and_asked_again(org, trigger, contact):
    later = begin(org)
    make_case(org.org, Status="Closed", ContactId=contact)
    Connection.objects.update(access_token="")

    assert poll_due(now=later) == 0
    poll = Poll.objects.get()
    assert "Connect it." in poll.error
    assert poll.due_at == later + 5 * MINUTE


def test_a_field_that_does_not_exist_is_told(org, trigger):
    Trigger.objects.update(email_field="Contact.Emial")

    poll_due(now=NOW)

    assert "Emial" in Poll.objects.get().error


def test_a_poll_that_no_trigger_wants_ends(org, trigger):
    begin(org)
    Trigger.objects.update(is_active=False)

    poll_due(now=NOW + 60 * MINUTE)

    assert not Poll.objects.exists()


def test_what_our_own_user_wrote_asks_nobody(org, trigger, connection, contact):
    later = begin(org)
    case = make_case(org.org, Status="Closed", ContactId=contact)
    (own,) = user_ids(connection=connection)
    for number, author in enumerate([own[:15], own, "005xx0000000000AAA"]):
        event = Event(
            source=trigger.source,
            event_id=f"04l{number}",
            object="Case",
            record_id=case,
            fields={"Status": "Closed", "LastModifiedById": author},
        )
        receive(events=[event], now=later)

    decide_waiting(now=later)

    codes = TriggerDecision.objects.order_by("event__pk").values_list("code", flat=True)
    assert list(codes) == ["own_change", "own_change", "invited"]


def test_what_was_told_is_kept_for_so_long(org, trigger):
    event = Event(
        source=trigger.source,
        event_id="1",
        object="Case",
        record_id="500",
        fields={"Status": "New", "Contact.Email": "ada@example.com"},
    )
    receive(events=[event], now=NOW)
    assert redact_old(now=NOW + timedelta(days=100), days=90) == 0  # it still waits
    decide_waiting(now=NOW)

    assert redact_old(now=NOW + timedelta(days=90), days=90) == 0
    assert redact_old(now=NOW + timedelta(days=91), days=90) == 1
    assert TriggerEvent.objects.get().fields == {}
    assert TriggerDecision.objects.get().code == "condition_not_met"


class TestBehindMessages:
    """Where the org tells by itself, it is asked once an hour what was left out."""

    @pytest.fixture(autouse=True)
    def told(self, trigger):
        Trigger.objects.filter(pk=trigger.pk).update(poll_minutes=0)

    def test_what_no_message_told_is_found_and_said(self, org, contact, caplog):
        later = begin(org)
        make_case(org.org, Status="Closed", ContactId=contact)

        assert poll_due(now=later) == 0  # its message may still be under way
        assert poll_due(now=later + 60 * MINUTE) == 1

        assert "no message told of 1 records that fit" in caplog.text
        poll = Poll.objects.get()
        assert (poll.found, poll.due_at) == (1, later + 120 * MINUTE)

    def test_nothing_is_asked_of_those_that_cannot_be_asked(self):
        Trigger.objects.update(source="api:crm")

        assert poll_due(now=NOW) == 0
        assert not Poll.objects.exists()

    def test_an_old_record_that_was_edited_is_no_change(self, org, contact):
        Trigger.objects.update(when="becomes")
        case = make_case(org.org, Status="Closed", ContactId=contact)
        org.org.clock.advance(hours=24 * 5)
        later = NOW + timedelta(days=5)
        poll_due(now=later)
        org.org.clock.advance(minutes=10)
        org.org.update("Case", case, {"Subject": "edited"})

        poll_due(now=later + 60 * MINUTE)
        decide_waiting(now=later + 60 * MINUTE)

        assert TriggerDecision.objects.get().code == "unknown_before"

    def test_a_record_that_was_seen_before_may_change(self, org, contact):
        Trigger.objects.update(when="becomes")
        case = make_case(org.org, Status="New", ContactId=contact)
        org.org.clock.advance(hours=24 * 5)
        later = NOW + timedelta(days=5)
        poll_due(now=later)
        for hours, change in enumerate(
            [{"Subject": "a"}, {"Subject": "b"}, {"Status": "Closed"}], start=1
        ):
            org.org.clock.advance(minutes=30)
            org.org.update("Case", case, change)
            org.org.clock.advance(minutes=30)
            poll_due(now=later + hours * 60 * MINUTE)
            decide_waiting(now=later + hours * 60 * MINUTE)

        codes = TriggerDecision.objects.order_by("event__occurred_at")
        assert list(codes.values_list("code", flat=True)) == [
            "condition_not_met",
            "invited",
        ]


def test_what_is_left_out_for_its_age_is_said(org, trigger, contact, admin_client):
    begin(org)
    late = NOW + timedelta(days=5)
    org.org.clock.advance(hours=24 * 5)

    poll_due(now=late)

    poll = Poll.objects.get()
    assert (poll.skipped_from, poll.skipped_until) == (NOW, late - timedelta(days=3))
    page = admin_client.get(f"/admin/deployments/trigger/{trigger.pk}/change/")
    assert "too old when the source could be asked again" in page.content.decode()
    page = admin_client.get("/admin/deployments/poll/")
    assert "too old when the source could be asked again" in page.content.decode()


def test_a_quiet_time_leaves_nothing_out(org, trigger):
    begin(org)
    for day in range(6):
        poll_due(now=NOW + timedelta(days=day))

    assert Poll.objects.get().skipped_until is None
