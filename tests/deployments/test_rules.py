"""A decision always has a code and a reason that a person understands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.validators import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.addresses import is_address, normal_address
from deployments.rules import (
    Event,
    PersonFacts,
    TriggerRule,
    address_key,
    decide,
    event_key,
    language,
    read_field,
    record_key,
)
from surveys.conditions import parse

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOBODY = PersonFacts()

RULE = TriggerRule(
    source="salesforce:production",
    object="Case",
    email_field="ContactEmail",
    name_field="ContactName",
    language_field="Language__c",
    records={"Case": "Id", "Contact": "ContactId"},
    variables={"agent": "OwnerId", "priority": "IsEscalated"},
    deployment="Closed cases",
)
EVENT = Event(
    source="salesforce:production",
    event_id="04l1",
    object="Case",
    record_id="500000000000001AAA",
    fields={
        "Id": "500000000000001AAA",
        "Status": "Closed",
        "ContactEmail": " Ada@Example.com",
        "ContactName": "Ada Lovelace",
        "ContactId": "003000000000001AAA",
        "Language__c": "de_AT",
        "OwnerId": "E-17",
        "IsEscalated": True,
    },
)


def with_fields(**fields):
    return replace(EVENT, fields={**EVENT.fields, **fields})


def when(document):
    return replace(RULE, condition=parse(document))


def test_an_event_that_fits_invites_with_all_that_was_asked_for():
    decision = decide(RULE, EVENT, NOBODY, NOW)

    assert (decision.invite, decision.code) == (True, "invited")
    assert decision.reason == "ada@example.com was invited."
    recipient = decision.recipient
    assert recipient.email == "ada@example.com"
    assert recipient.name == "Ada Lovelace"
    assert recipient.language == "de-AT"
    assert recipient.records == {
        "Case": "500000000000001AAA",
        "Contact": "003000000000001AAA",
    }
    assert recipient.variables == {"agent": "E-17", "priority": "true"}
    assert recipient.record_key == "case:500000000000001"
    assert recipient.event_key == "once"


@pytest.mark.parametrize(
    ("rule", "event", "person", "code", "words"),
    [
        (
            RULE,
            replace(EVENT, object="Account"),
            NOBODY,
            "outside_trigger",
            "listens to Case of salesforce:production; this was Account",
        ),
        (
            RULE,
            replace(EVENT, source="salesforce:sandbox"),
            NOBODY,
            "outside_trigger",
            "of salesforce:sandbox",
        ),
        (
            replace(RULE, is_active=False),
            EVENT,
            NOBODY,
            "trigger_off",
            "“Closed cases” is switched off",
        ),
        (
            replace(RULE, deployment_is_live=False),
            EVENT,
            NOBODY,
            "not_live",
            "“Closed cases” was not live",
        ),
        (
            replace(RULE, survey_is_published=False),
            EVENT,
            NOBODY,
            "survey_not_published",
            "was not published",
        ),
        (RULE, with_fields(ContactEmail=None), NOBODY, "no_address", "ContactEmail"),
        (RULE, with_fields(ContactEmail="  "), NOBODY, "no_address", "ContactEmail"),
        (
            RULE,
            with_fields(ContactEmail="ada at home"),
            NOBODY,
            "bad_address",
            "“ada at home” in ContactEmail",
        ),
        (
            RULE,
            EVENT,
            PersonFacts(suppressed="Opted out"),
            "suppressed",
            "ada@example.com is not to be asked: Opted out.",
        ),
        (
            RULE,
            EVENT,
            PersonFacts(asked_about_this_record=True),
            "asked_about_this_record",
            "already",
        ),
        (
            replace(RULE, quiet_days=30),
            EVENT,
            PersonFacts(last_asked_at=NOW - timedelta(days=10)),
            "asked_recently",
            "was asked on 2026-02-20; “Closed cases” leaves people alone for 30 days",
        ),
    ],
)
def test_a_refusal_says_why(rule, event, person, code, words):
    decision = decide(rule, event, person, NOW)

    assert (decision.invite, decision.code) == (False, code)
    assert words in decision.reason


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"field": "Status", "op": "eq", "value": "Open"},
            "Status is “Open” – it was “Closed”.",
        ),
        (
            {
                "all": [
                    {"field": "Status", "op": "eq", "value": "Closed"},
                    {"field": "Origin", "op": "in", "value": ["Web", "Phone"]},
                ]
            },
            "not met: Origin is one of “Web”, “Phone” – it was blank.",
        ),
        (
            {
                "any": [
                    {"field": "Status", "op": "eq", "value": "Open"},
                    {"field": "Origin", "op": "answered"},
                ]
            },
            "Status is “Open” – it was “Closed”; Origin is filled in – it was blank.",
        ),
        (
            {"not": {"field": "Status", "op": "eq", "value": "Closed"}},
            "it excludes (Status is “Closed”)",
        ),
    ],
)
def test_an_unmet_condition_says_which_comparison(document, words):
    decision = decide(when(document), EVENT, NOBODY, NOW)

    assert (decision.invite, decision.code) == (False, "condition_not_met")
    assert words in decision.reason


def test_a_condition_can_ask_how_long_ago_something_was():
    rule = when({"field": "ClosedDate", "op": "within_days", "value": 3})

    assert decide(rule, with_fields(ClosedDate="2026-03-01"), NOBODY, NOW).invite
    assert not decide(rule, with_fields(ClosedDate="2026-02-01"), NOBODY, NOW).invite


def test_a_quiet_time_that_is_over_is_over():
    rule = replace(RULE, quiet_days=30)
    last = PersonFacts(last_asked_at=NOW - timedelta(days=30))

    assert decide(rule, EVENT, last, NOW).invite


def test_the_record_of_the_event_is_its_id_even_when_the_fields_leave_it_out():
    event = replace(EVENT, fields={"ContactEmail": "ada@example.com"})

    assert decide(RULE, event, NOBODY, NOW).recipient.records == {
        "Case": "500000000000001AAA"
    }


def test_short_and_long_ids_are_one_record():
    assert record_key("Case", "500D000001AbCdE") == record_key(
        "case", "500D000001AbCdEIAV"
    )
    assert record_key("Case", "500D000001AbCdE") != record_key(
        "Case", "500D000001aBCdE"
    )


def test_an_18_character_key_of_another_system_stays_whole():
    assert record_key("Order", "500D000001AbCdEXXX") == "order:500D000001AbCdEXXX"


def test_a_repeat_field_asks_again_for_each_of_its_values():
    assert event_key("", "2026-01-01") == "once"
    assert event_key("ClosedDate", "2026-01-01") != event_key("ClosedDate", "2026-02")
    assert len(event_key("Notes", "x" * 4000)) <= 200
    assert event_key("Notes", "x" * 4000) != event_key("Notes", "x" * 4001)


def test_fields_are_read_in_any_case_and_through_relations():
    fields = {"Contact": {"Email": "ada@example.com"}, "a.b": 1}

    assert read_field(fields, "contact.email") == "ada@example.com"
    assert read_field(fields, "A.B") == 1
    assert read_field(fields, "Contact.Email.Domain") is None
    assert read_field(fields, "") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("de_DE", "de-DE"), ("de", "de"), ("German", ""), ("", ""), ("x\ny", "")],
)
def test_a_language_is_a_language_code_or_nothing(text, code):
    assert language(text) == code


@settings(deadline=None, max_examples=200)
@given(st.emails())
def test_what_counts_as_an_address_can_be_stored_as_one(text):
    address = normal_address(text)
    if is_address(text):
        validate_email(address)
    assert normal_address(address) == address
    assert address_key(text) == address_key(address)


@settings(deadline=None, max_examples=200)
@given(st.from_regex(r"[a-z.@\-+ \n<>,]{1,40}", fullmatch=True))
def test_nothing_odd_counts_as_an_address(text):
    if is_address(text):
        validate_email(normal_address(text))
        assert not set(normal_address(text)) & set(" \n<>,")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
CONDITIONS = st.recursive(
    st.builds(
        lambda name, op, value: {"field": name, "op": op, "value": value},
        st.sampled_from(["Status", "Size", "ContactEmail", "Missing"]),
        st.sampled_from(["eq", "ne", "lt", "ge", "contains", "starts_with"]),
        st.one_of(st.text("ab1", max_size=3), st.integers(-5, 5)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(
    fields=st.dictionaries(
        st.sampled_from(["Status", "Size", "ContactEmail", "contactname", "Id"]), VALUES
    ),
    condition=st.none() | CONDITIONS,
    quiet=st.integers(0, 3650),
    last=st.none() | st.datetimes(timezones=st.just(UTC)),
    suppressed=st.sampled_from(["", "Opted out"]),
    asked=st.booleans(),
)
def test_every_event_gets_a_decision_with_a_reason(
    fields, condition, quiet, last, suppressed, asked
):
    rule = replace(RULE, quiet_days=quiet)
    if condition:
        rule = replace(rule, condition=parse(condition))
    person = PersonFacts(
        suppressed=suppressed, asked_about_this_record=asked, last_asked_at=last
    )

    decision = decide(rule, replace(EVENT, fields=fields), person, NOW)

    assert decision.invite == (decision.code == "invited")
    assert decision.reason.strip()
    assert len(decision.recipient.record_key) <= 100
    assert len(decision.recipient.event_key) <= 200
    if decision.invite:
        assert is_address(decision.recipient.email)
        assert not suppressed
        assert not asked
