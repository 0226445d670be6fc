"""Nobody is asked more often than a limit allows, whoever asks at the same moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deployments.invitations import cancel, forget
from deployments.models import (
    Ask,
    AskSubject,
    BlockedDomain,
    Cap,
    Contact,
    Deployment,
    Invitation,
    TriggerDecision,
)
from deployments.rules import Event
from deployments.suppression import why_suppressed
from deployments.triggers import decide_waiting, receive
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)

ACCOUNT = "001000000000001AAA"


def case(number=1, **fields):
    return Event(
        source="salesforce:production",
        event_id=f"e{number}",
        object="Case",
        record_id=f"5000000000000{number:02}AAA",
        fields={
            "ContactEmail": "ada@example.com",
            "AccountId": ACCOUNT,
            **fields,
        },
    )


@pytest.fixture
def deployment(survey):
    deployment = make_deployment(survey)
    make_trigger(deployment, records={"Case": "Id", "Account": "AccountId"})
    return deployment


def told(*events, now=NOW):
    receive(events=events, now=now)
    decide_waiting(now=now)
    return list(TriggerDecision.objects.order_by("pk").values_list("code", flat=True))


def test_at_most_one_in_ninety_days_for_each_person(deployment):
    cap = Cap.objects.create(name="Ninety days", most=1, span=90)

    told(case(1), case(2, ContactEmail="bo@example.com"))
    told(case(3), now=NOW + timedelta(days=89))
    codes = told(case(4), now=NOW + timedelta(days=90))

    assert codes == ["invited", "invited", "capped", "invited"]
    decision = TriggerDecision.objects.get(code="capped")
    assert decision.cap == cap
    assert decision.email == "ada@example.com"
    assert decision.reason == (
        "The limit “Ninety days” is reached: at most 1 in 90 days for each person, "
        "and there were 1, the last on 2026-03-02 09:00 UTC."
    )


@pytest.mark.parametrize(
    ("amount", "unit", "just_before", "words"),
    [
        (12, "hours", timedelta(hours=12, seconds=-1), "at most 1 in 12 hours"),
        (2, "weeks", timedelta(days=14, seconds=-1), "at most 1 in 2 weeks"),
        # From 2 March to 2 June.
        (3, "months", timedelta(days=92, seconds=-1), "at most 1 in 3 months"),
    ],
)
def test_a_limit_holds_for_any_span(deployment, amount, unit, just_before, words):
    Cap.objects.create(name="Once", span=amount, unit=unit)

    told(case(1))
    told(case(2), now=NOW + just_before)
    codes = told(case(3), now=NOW + just_before + timedelta(seconds=1))

    assert codes == ["invited", "capped", "invited"]
    assert words in TriggerDecision.objects.get(code="capped").reason


def test_key_accounts_may_be_asked_twice(deployment):
    key = {"field": "Segment", "op": "eq", "value": "Key"}
    Cap.objects.create(name="Key", most=2, span=90, object="Account", condition=key)
    Cap.objects.create(
        name="Others", most=1, span=90, object="Account", condition={"not": key}
    )
    people = [f"p{number}@example.com" for number in range(6)]

    codes = told(
        *(
            case(number, ContactEmail=email, Segment="Key")
            for number, email in enumerate(people[:3])
        ),
        *(
            case(number, ContactEmail=email, AccountId="001000000000002AAA")
            for number, email in enumerate(people[3:], 3)
        ),
    )

    assert codes == ["invited", "invited", "capped", "invited", "capped", "capped"]


def test_a_limit_of_one_deployment_does_not_count_another(deployment, survey):
    other = make_deployment(survey)
    make_invitation(other)
    Cap.objects.create(name="Own", deployment=deployment)
    Cap.objects.create(name="Links", channel=Deployment.Channel.LINKS)

    assert told(case()) == ["invited"]


def test_a_limit_for_everything_counts_links_that_others_send(deployment, survey):
    make_invitation(make_deployment(survey, channel="links"))
    Cap.objects.create(name="All")

    assert told(case()) == ["capped"]


def test_a_limit_of_a_survey_counts_all_of_its_deployments(deployment, survey):
    make_invitation(make_deployment(survey))
    Cap.objects.create(name="Survey", survey=survey)

    assert told(case()) == ["capped"]


def test_who_was_never_written_to_was_not_asked(deployment):
    Cap.objects.create(name="All")
    cancel(invitation=make_invitation(deployment).invitation, now=NOW)
    failed = make_invitation(deployment).invitation
    Invitation.objects.filter(pk=failed.pk).update(mail="failed")

    assert told(case()) == ["invited"]


def test_who_was_only_tried_out_on_was_not_asked(deployment):
    Cap.objects.create(name="All")
    Deployment.objects.update(quiet_days=30)
    make_invitation(deployment)
    Invitation.objects.update(is_test=True)

    assert told(case()) == ["invited"]


def test_a_limit_that_is_off_limits_nobody(deployment):
    make_invitation(deployment)
    Cap.objects.create(name="All", is_active=False)

    assert told(case()) == ["invited"]


def test_none_at_all_is_a_limit_too(deployment):
    Cap.objects.create(name="Nobody", most=0)

    assert told(case()) == ["capped"]
    assert "the last on –" in TriggerDecision.objects.get().reason


def test_the_ledger_does_not_tell_who_it_was_and_is_forgotten(deployment):
    invitation = make_invitation(deployment, records={"Account": ACCOUNT}).invitation

    assert Ask.objects.count() == 2
    assert not AskSubject.objects.filter(key__contains="ada").exists()
    forget(invitation=invitation, now=NOW)
    assert not Ask.objects.exists()


def test_whoever_is_forgotten_is_no_contact_of_the_deployment_either(deployment):
    invitation = make_invitation(deployment, email="ada@example.com").invitation
    for email in ("Ada@example.com", "grace@example.com"):
        Contact.objects.create(
            deployment=deployment, email=email, created_at=NOW, updated_at=NOW
        )

    forget(invitation=invitation, now=NOW)

    assert [one.email for one in Contact.objects.all()] == ["grace@example.com"]


def test_short_and_long_ids_are_one_account(deployment):
    make_invitation(
        deployment, email="x@example.com", records={"Account": ACCOUNT[:15]}
    )
    Cap.objects.create(name="Account", object="account")

    assert told(case()) == ["capped"]


def test_many_workers_count_exactly(deployment, survey, in_parallel):
    second = make_deployment(survey)
    make_trigger(second, records={"Account": "AccountId"})
    # The day before was another day, and does not count.
    for number in range(3):
        make_invitation(
            second, email=f"y{number}@example.com", records={"Account": ACCOUNT}
        )
    Ask.objects.update(asked_at=NOW - timedelta(hours=12))
    Cap.objects.create(name="Account", most=5, span=12, unit="hours", object="Account")
    receive(
        events=[case(n, ContactEmail=f"p{n}@example.com") for n in range(24)], now=NOW
    )

    in_parallel(lambda: decide_waiting(now=NOW))
    decide_waiting(now=NOW + timedelta(hours=1))  # what two workers had to leave

    codes = list(TriggerDecision.objects.values_list("code", flat=True))
    assert codes.count("invited") == 5
    assert codes.count("capped") == 43
    assert Invitation.objects.count() == 3 + 5


def test_machines_are_never_asked_and_offices_only_where_they_may(deployment):
    events = [
        case(1, ContactEmail="no-reply@example.com"),
        case(2, ContactEmail="Mailer-Daemon@example.com"),
        case(3, ContactEmail="info@example.com"),
    ]
    assert told(*events) == ["machine_address", "machine_address", "invited"]

    Deployment.objects.update(skip_role_addresses=True)
    assert told(case(4, ContactEmail="sales+x@example.com"))[-1] == "role_address"


@pytest.mark.parametrize("email", ["x@example.org", "x@mail.EXAMPLE.org"])
def test_a_blocked_domain_with_all_below_it(deployment, email):
    BlockedDomain.objects.create(domain="example.org", created_at=NOW)

    assert told(case(ContactEmail=email)) == ["suppressed"]
    assert why_suppressed("x@notexample.org") == ""
    assert "the domain example.org is blocked" in TriggerDecision.objects.get().reason
