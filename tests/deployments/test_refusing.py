"""Limits protect a person at every door by which Tellback mails, whoever calls."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.test import Client

from deployments.api.invitations import send
from deployments.api.links import AskedEnough
from deployments.invitations import send_waiting
from deployments.mailings import mail, mail_list
from deployments.models import (
    BlockedDomain,
    Cap,
    Deployment,
    FollowUp,
    FollowUpMail,
    Invitation,
    PeopleList,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import Event
from deployments.sources import SourceError
from deployments.triggers import decide_waiting, receive
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)
from tests.factories.feeds import shop

KEY = {"field": "Account.Segment__c", "op": "eq", "value": "Key"}
CHANNEL = Deployment.Channel
RECORDS = {
    "o1": {"Email": "ada@example.com", "Account.Segment__c": "Key"},
    "o2": {"Email": "bob@example.com", "Account.Segment__c": "Small"},
}


@pytest.fixture
def feed():
    with shop() as feed:
        feed.records = RECORDS
        yield feed


@pytest.fixture
def limits(db):
    """Key accounts are asked twice in 90 days, others once."""
    Cap.objects.create(name="Key", most=2, condition=KEY, counts_reminders=True)
    Cap.objects.create(name="Others", condition={"not": KEY}, counts_reminders=True)


def told(number, record="o1", now=NOW):
    event = Event(
        source="shop:main",
        event_id=f"e{number}",
        object="Order",
        record_id=record,
        fields={"Email": RECORDS[record]["Email"], "Number": f"{number}"},
    )
    receive(events=[event], now=now)
    decide_waiting(now=now)


@pytest.fixture
def trigger(survey):
    return make_trigger(
        make_deployment(survey),
        source="shop:main",
        object="Order",
        email_field="Email",
        name_field="",
        records={},
        repeat_field="Number",
    )


def test_what_a_limit_reads_is_asked_of_the_source(feed, limits, trigger):
    for number in range(3):
        told(number)
        told(number + 10, "o2")

    codes = TriggerDecision.objects.order_by("email", "pk").values_list("code")
    assert [code for (code,) in codes] == [
        *("invited", "invited", "capped"),
        *("invited", "capped", "capped"),
    ]


def test_a_field_that_such_records_lack_is_blank_and_breaks_nothing(
    feed, limits, trigger
):
    Cap.objects.create(name="Odd", condition={**KEY, "field": "Nothing__c"})
    read = feed.read

    def refuse(source, name, ids, paths):
        if "Nothing__c" in paths:
            raise SourceError("No such column 'Nothing__c'")
        return read(source, name, ids, paths)

    feed.read = refuse
    told(1)
    told(2)

    codes = list(TriggerDecision.objects.values_list("code", flat=True))
    assert codes == ["invited", "invited"]
    looked_up = TriggerEvent.objects.first().looked_up
    assert looked_up == {"Account.Segment__c": "Key", "Nothing__c": None}


def test_a_list_of_the_crm_keeps_to_limits_for_some(feed, limits, survey):
    deployment = make_deployment(survey, channel=CHANNEL.MAILING)
    people = PeopleList.objects.create(
        deployment=deployment, name="All", source="shop:main", kind="query", what="x"
    )

    told = [mail_list(people=people, name=name, now=NOW) for name in "ABC"]

    assert [one.invited for one in told] == [2, 1, 0]
    assert "“Others”" in told[1].bad[0]["reason"]


def test_a_file_keeps_to_limits_for_some(limits, survey):
    deployment = make_deployment(survey, channel=CHANNEL.MAILING)
    raw = b"email,Account.Segment__c\nada@example.com,Key\nbob@example.com,Small\n"

    told = [
        mail(deployment=deployment, name=name, file_name="a.csv", raw=raw, now=NOW)
        for name in "ABC"
    ]

    assert [one.invited for one in told] == [2, 1, 0]


def test_reminders_keep_to_limits_for_some(feed, limits, trigger):
    FollowUp.objects.create(deployment=trigger.deployment, after_hours=24)
    told(1)
    told(2, "o2")

    for day in (0, 1, 2):
        send_waiting(now=NOW + timedelta(days=day))

    states = FollowUpMail.objects.values_list("invitation__email", "mail")
    assert dict(states) == {"ada@example.com": "sent", "bob@example.com": "stopped"}


# -- by a call


def ada(deployment, **more):
    return {"deployment": deployment.key, "email": "Ada@example.com", **more}


@pytest.fixture
def api(db):
    client = Client(headers=bearer(make_api_key()))
    return partial(client.post, content_type="application/json")


@pytest.mark.parametrize("limit", ["cap", "quiet days"])
def test_who_was_asked_enough_is_not_mailed_by_a_call(api, survey, limit):
    deployment = make_deployment(survey, quiet_days=30 if limit != "cap" else 0)
    if limit == "cap":
        Cap.objects.create(name="Once")
    first = api("/api/v1/invitations/", ada(deployment, event_key="a"))
    again = api("/api/v1/invitations/", ada(deployment, event_key="a"))
    other = api("/api/v1/invitations/", ada(deployment, event_key="b"))

    assert [first.json()["created"], again.json()["created"]] == [True, False]
    assert other.status_code == 409
    assert other.json()["type"].endswith(":asked-enough")
    assert ("“Once”" if limit == "cap" else "30 days") in other.json()["title"]
    assert Invitation.objects.count() == 1


def test_a_blocked_domain_and_a_machine_are_not_mailed_by_a_call(api, survey):
    deployment = make_deployment(survey)
    BlockedDomain.objects.create(domain="example.com", created_at=NOW)

    for email in ("ada@mail.example.com", "noreply@example.org"):
        said = api("/api/v1/invitations/", ada(deployment, email=email))
        assert said.json()["type"].endswith(":address-suppressed")


def test_whoever_mails_links_himself_decides_himself(api, survey):
    deployment = make_deployment(survey, channel=CHANNEL.LINKS)
    Cap.objects.create(name="Once")

    for key in "ab":
        body = {
            "deployment": deployment.key,
            "links": [{"email": "ada@example.com", "event_key": key}],
        }
        assert api("/api/v1/tracking-links/", body).status_code == 201


def test_calls_at_the_same_moment_count_exactly(survey, in_parallel):
    deployment = make_deployment(survey)
    make_invitation(deployment, email="bob@example.com", records={"Account": "001x"})
    Cap.objects.create(name="Five", most=5, object="Account")

    def ask():
        for _ in range(3):
            try:
                send(ada(deployment, records={"Account": "001x"}), now=NOW)
            except AskedEnough:
                continue

    in_parallel(ask)

    assert Invitation.objects.count() == 5
