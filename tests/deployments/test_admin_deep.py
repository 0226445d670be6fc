"""What was added to the admin: windows, follow-ups, limits, the page that says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.funnel import funnel
from deployments.models import (
    BlockedDomain,
    Cap,
    Deployment,
    FollowUp,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import Event
from deployments.suppression import suppress
from deployments.triggers import decide_waiting, receive
from tests.deployments.test_admin import ADMIN, DEPLOYMENT_FORM, TRIGGER_FORM
from tests.factories.access import make_api_key
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)

CASE = "500D000001AbCdE"


@pytest.fixture
def designer(admin_client):
    return admin_client


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def trigger(survey):
    return make_trigger(make_deployment(survey))


def told(number=1, record=CASE, **fields):
    event = Event(
        source="salesforce:production",
        event_id=f"e{number}",
        object="Case",
        record_id=record,
        fields={"ContactEmail": "Ada@Example.com", **fields},
    )
    receive(events=[event], now=NOW)
    decide_waiting(now=NOW)


def test_a_window_with_holidays_and_reminders(designer, trigger):
    path = f"{ADMIN}/deployment/{trigger.deployment_id}/change/"
    form = DEPLOYMENT_FORM | {
        "survey": trigger.deployment.survey_id,
        "send_days": ["1", "5"],
        "send_from": "09:00",
        "send_until": "17:00",
        "holidays": "2026-12-26\n2026-12-25, 2026-12-25",
        "follow_ups-TOTAL_FORMS": "1",
        "follow_ups-0-kind": "reminder",
        "follow_ups-0-after_hours": "48",
        "follow_ups-0-subject_en": "Once more",
        "follow_ups-0-body_en": "Please: {{ link }}",
        "follow_ups-0-is_active": "on",
    }

    assert designer.post(path, form).status_code == 302

    row = Deployment.objects.get()
    assert row.send_days == [1, 5]
    assert row.holidays == ["2026-12-25", "2026-12-26"]
    assert row.window.zone == "Europe/Berlin"
    follow_up = FollowUp.objects.get()
    assert (follow_up.after_hours, follow_up.body) == (
        48,
        {"en": "Please: {{ link }}"},
    )
    assert "2026-12-25" in page(designer, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"holidays": "Christmas"}, "“Christmas” is no date such as 2026-12-25."),
        ({"time_zone": "Berlin"}, "“Berlin” is no time zone"),
        ({"send_from": "17:00", "send_until": "9:00"}, "It closes before it opens."),
        ({"send_days": ["9"]}, "Select a valid choice"),
        ({"test_mode": "on"}, "Say where the mails of a test go."),
        ({"holidays": "2026-01-01 " * 401}, "more dates than a list holds"),
    ],
)
def test_a_wrong_window_is_said_beside_its_input(designer, trigger, change, words):
    path = f"{ADMIN}/deployment/{trigger.deployment_id}/change/"
    form = DEPLOYMENT_FORM | {"survey": trigger.deployment.survey_id} | change

    assert words in designer.post(path, form).content.decode()


def test_the_rest_of_a_rule_is_written_in_the_admin(designer, trigger):
    path = f"{ADMIN}/trigger/{trigger.pk}/change/"
    form = TRIGGER_FORM | {
        "source": trigger.source,
        "object": "Case",
        "condition-0-what": "field|ContactEmail",
        "when": "becomes",
        "share": "12.5",
        "delay_minutes": "120",
        "recheck": "on",
        "poll_minutes": "15",
        "starts_at_0": "2026-03-01",
        "starts_at_1": "00:00",
        "time_zone_field": "Contact.Zone__c",
    }
    choices = designer.get(path).content.decode()
    assert "salesforce:production (not connected)" in choices

    assert designer.post(path, form).status_code == 302

    row = Trigger.objects.get()
    assert (row.when, row.share, row.recheck, row.poll_minutes) == (
        "becomes",
        12.5,
        True,
        15,
    )
    late = form | {"ends_at_0": "2026-02-01", "ends_at_1": "00:00"}
    assert "It ends before it starts." in designer.post(path, late).content.decode()


def test_limits_and_blocked_domains(designer, trigger):
    form = {
        "name": "Key accounts",
        "most": "2",
        "span": "90",
        "unit": "days",
        "object": "Account",
        "condition-join": "all",
        "condition-0-what": "field|ContactEmail",
        "condition-0-op": "eq",
        "condition-0-value": "x",
        "is_active": "on",
    }
    assert "Key accounts" not in page(designer, f"{ADMIN}/cap/")
    answer = designer.post(f"{ADMIN}/cap/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    cap = Cap.objects.get()
    assert cap.condition == {"field": "ContactEmail", "op": "eq", "value": "x"}
    assert cap.key == "key-accounts"
    taken = designer.post(f"{ADMIN}/cap/add/", {**form, "key": "key-accounts"})
    assert "There is a limit with this key already." in taken.content.decode()
    designer.post(f"{ADMIN}/cap/add/", form)
    assert Cap.objects.last().key == "key-accounts-2"
    own = {**form, "deployment": str(trigger.deployment.pk), "key": "own"}
    designer.post(f"{ADMIN}/cap/add/", own)
    assert Cap.objects.last().key == ""
    assert "2 in 90 days" in page(designer, f"{ADMIN}/cap/")
    page(designer, f"{ADMIN}/cap/{cap.pk}/change/")
    change = f"{ADMIN}/cap/{cap.pk}/change/"
    shown = designer.post(change, {**form, "key": "key-accounts", "unit": "aeons"})
    assert "aeons is not one of the available choices" in shown.content.decode()
    shown = designer.post(change, {**form, "key": "key-accounts", "span": "0"})
    assert "greater than or equal to 1" in shown.content.decode()
    told = {**form, "key": "key-accounts", "span": "12", "unit": "hours"}
    assert designer.post(change, told).status_code == 302
    assert "2 in 12 hours" in page(designer, f"{ADMIN}/cap/")

    designer.post(f"{ADMIN}/blockeddomain/add/", {"domain": "Example.ORG"})
    assert BlockedDomain.objects.get().domain == "example.org"
    refused = designer.post(f"{ADMIN}/blockeddomain/add/", {"domain": "no domain"})
    assert "is no domain such as" in refused.content.decode()
    for model in ("poll", "followupmail", "triggerevent"):
        page(designer, f"{ADMIN}/{model}/")


def test_why_somebody_was_not_asked(designer, trigger):
    Cap.objects.create(name="Ninety days")
    told(1)
    told(2, record="500D000001AbCdF")
    suppress(email="ada@example.com", reason="opted_out", now=NOW)
    make_invitation(trigger.deployment, email="bo@example.com")

    shown = page(designer, f"{ADMIN}/triggerevent/why/?q=ADA@example.com")

    assert "A limit is reached" in shown
    assert "The limit “Ninety days” is reached" in shown
    assert "ada@example.com was invited." in shown
    assert "is not to be asked at all:" in shown
    assert shown.index("A limit is reached") < shown.index("was invited.")
    by_id = page(designer, f"{ADMIN}/triggerevent/why/?q={CASE}")
    assert "ada@example.com was invited." in by_id
    assert "A limit is reached" not in by_id
    link = page(designer, f"{ADMIN}/triggerevent/why/?q=bo@example.com")
    assert "Invited by a link or a mailing" in link


@pytest.mark.parametrize("asked", ["", "x@example.com", "%00", "<script>", "é" * 300])
def test_the_page_takes_whatever_is_asked(designer, trigger, asked):
    shown = page(designer, f"{ADMIN}/triggerevent/why/?q={asked}")

    assert "<script>" not in shown.replace('<script src="', "")


def test_the_page_is_for_those_who_may_see_events(client, django_user_model, trigger):
    user = django_user_model.objects.create_user("x", password="x", is_staff=True)
    client.force_login(user)

    assert client.get(f"{ADMIN}/triggerevent/why/?q=x").status_code == 403


def test_decided_events_are_replayed_from_the_list(designer, trigger):
    Trigger.objects.update(is_active=False)
    told()
    Trigger.objects.update(is_active=True)
    rows = [row.pk for row in TriggerEvent.objects.all()]

    designer.post(
        f"{ADMIN}/triggerevent/", {"action": "replay", "_selected_action": rows}
    )
    decide_waiting(now=timezone.now())

    assert TriggerDecision.objects.get().code == "invited"


def test_the_reasons_are_found_by_rest(client, trigger):
    told(1)
    told(2, record="500D000001AbCdF", ContactEmail="bo@example.com")
    headers = {"Authorization": f"Bearer {make_api_key('responses:read')}"}

    def found(query):
        answer = client.get(f"/api/v1/trigger-events/?{query}", headers=headers)
        assert answer.status_code == 200
        return [row["event_id"] for row in answer.json()["results"]]

    assert found("email=ADA@example.com") == ["e1"]
    assert found("record=500D000001AbCdFIA3") == found("record_id=500D000001AbCdF")
    assert found("email=%00") == []
    answer = client.get("/api/v1/trigger-events/?email=bo@example.com", headers=headers)
    decision = answer.json()["results"][0]["decisions"][0]
    assert decision["trigger"] == trigger.pk
    assert decision["invitation"] == str(
        Invitation.objects.get(email="bo@example.com").public_id
    )


def test_the_funnel_counts_everybody_but_tests(designer, trigger):
    deployment = trigger.deployment
    for number in range(10):
        invitation = make_invitation(
            deployment, email=f"p{number}@example.com", language="de" if number else ""
        ).invitation
        changes = {"is_test": number == 9, "segment": "gold" if number < 5 else ""}
        if number < 8:
            changes["sent_at"] = NOW + timedelta(minutes=2)
        if number < 2:
            changes["delivered_at"] = NOW + timedelta(minutes=3)
        if number < 3:
            changes |= {
                "opened_at": NOW,
                "started_at": NOW,
                "completed_at": NOW + timedelta(days=1, minutes=2),
            }
        Invitation.objects.filter(pk=invitation.pk).update(**changes)

    counted = funnel(deployment=deployment, now=NOW + timedelta(days=2))

    assert (counted.asked, counted.sent, counted.completed) == (9, 8, 3)
    assert [
        (day.asked, day.sent, day.started, day.completed) for day in counted.days[-3:]
    ] == [(9, 8, 3, 0), (0, 0, 0, 3), (0, 0, 0, 0)]
    assert sum(day.delivered for day in counted.days) == counted.delivered == 2
    assert counted.event_to_mail is None  # no event led to these
    assert counted.to_mail == timedelta(minutes=2)
    assert counted.to_answer == timedelta(days=1)
    told = [(part.name, part.asked, part.completed) for part in counted.languages]
    assert told == [("de", 8, 2), ("", 1, 1)]
    told = [(p.name, p.asked, p.sent, p.delivered) for p in counted.segments]
    assert told == [("gold", 5, 5, 2), ("", 4, 3, 0)]
    shown = page(designer, f"{ADMIN}/deployment/{deployment.pk}/change/")
    assert "3 · 33 %" in shown
    assert "By segment" in shown
    assert "<svg" in shown
    assert " style=" not in shown


def test_the_funnel_tells_the_time_from_the_event_to_the_mail(trigger):
    told(1)
    TriggerEvent.objects.update(occurred_at=NOW)
    Invitation.objects.update(sent_at=NOW + timedelta(minutes=7))

    counted = funnel(deployment=trigger.deployment, now=NOW)

    assert counted.event_to_mail == timedelta(minutes=7)


def test_a_funnel_of_nobody(survey):
    counted = funnel(deployment=make_deployment(survey), now=NOW)

    assert (counted.asked, counted.to_mail) == (0, None)
