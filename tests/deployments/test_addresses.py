"""One person has one address, in whatever script and case it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments import emails
from deployments.addresses import is_address, normal_address, readable
from deployments.models import BlockedDomain, Invitation, SenderDomain, TriggerDecision
from deployments.rules import Event
from deployments.suppression import suppress, why_suppressed
from deployments.triggers import decide_waiting, receive
from tests.factories.deployments import NOW, make_deployment, make_trigger

WRITTEN = "ada@xn--mller-kva.example"


@pytest.mark.parametrize(
    "text", ["Ada@Müller.example", " ada@MÜLLER.example", "ADA@xn--Mller-kva.example"]
)
def test_a_domain_in_another_script_is_written_as_mail_servers_do(text):
    assert is_address(text)
    assert normal_address(text) == WRITTEN
    assert readable(WRITTEN) == "ada@müller.example"


@pytest.mark.parametrize(
    "text", ["ädä@example.com", "ada@", "@müller.example", "ada@☃..example", "é"]
)
def test_what_no_mail_server_takes_is_no_address(text):
    assert not is_address(text)
    assert readable(text) == text


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40), st.text(max_size=40))
def test_an_address_has_one_spelling(mailbox, domain):
    once = normal_address(f"{mailbox}@{domain}")

    assert normal_address(once) == once
    assert normal_address(readable(once)) == once or not is_address(once)


def test_an_event_asks_whoever_has_such_an_address(survey):
    deployment = make_deployment(survey)
    make_trigger(deployment)
    fields = {"ContactEmail": "Ada@Müller.example"}
    event = Event(
        source="salesforce:production",
        event_id="e1",
        object="Case",
        record_id="500000000000001AAA",
        fields=fields,
    )

    receive(events=[event], now=NOW)
    decide_waiting(now=NOW)

    assert TriggerDecision.objects.get().code == "invited"
    assert Invitation.objects.get().email == WRITTEN


def test_opt_outs_and_blocked_domains_know_both_spellings(db):
    suppress(email="ada@müller.example", reason="opted_out", now=NOW)
    domain = BlockedDomain(domain="Österreich.example", created_at=NOW)
    domain.full_clean()
    domain.save()

    assert why_suppressed(WRITTEN) == "Opted out"
    assert "is blocked" in why_suppressed("x@mail.österreich.example")
    sender = SenderDomain(domain="Müller.example")
    sender.full_clean()
    assert sender.domain == "xn--mller-kva.example"


def test_a_sender_with_such_an_address_can_be_written(survey):
    deployment = make_deployment(survey, sender_email="Survey@Müller.example")

    assert "<Survey@xn--mller-kva.example>" in emails.sender(deployment)
