"""What a message lacks is read in the org, at the wire of the emulated one."""

from __future__ import annotations

import pytest

from crm_mappings.feeds import SalesforceSource
from deployments.models import Invitation, TriggerEvent
from deployments.rules import Event
from deployments.sources import SourceError, SourceUnavailable, UnknownSource
from deployments.triggers import decide_waiting, receive
from tests.factories.crm import NOW, make_case, make_connection
from tests.factories.deployments import make_deployment, make_trigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(org):
    return org.org.insert(
        "Contact", {"LastName": "Lovelace", "Email": "ada@example.com"}
    )


@pytest.fixture
def source(connection):
    return f"salesforce:{connection.key}"


def test_related_fields_of_many_records_in_one_call(org, source, contact):
    cases = [make_case(org.org, ContactId=contact), make_case(org.org)]

    found = SalesforceSource().read(
        source,
        "Case",
        [cases[0][:15], cases[1], "500xx0000000000AAA"],
        ["Contact.Email"],
    )

    assert found[cases[0][:15]]["Contact.Email"] == "ada@example.com"
    assert found[cases[1]]["Contact.Email"] is None
    assert len(found) == 2


def test_a_field_that_does_not_exist_is_said(org, source):
    with pytest.raises(SourceError, match="Emial") as caught:
        SalesforceSource().read(source, "Case", [make_case(org.org)], ["Contact.Emial"])

    assert not isinstance(caught.value, SourceUnavailable)


def test_a_connection_that_has_not_logged_in_can_be_asked_later(org):
    row = make_connection(org)

    with pytest.raises(SourceUnavailable):
        SalesforceSource().read(f"salesforce:{row.key}", "Case", ["500"], ["Id"])


def test_a_connection_that_is_gone_cannot_be_asked():
    with pytest.raises(UnknownSource):
        SalesforceSource().read("salesforce:gone", "Case", ["500"], ["Id"])


def test_an_address_of_the_contact_is_found_through_the_org(
    org, source, contact, version
):
    case = make_case(org.org, ContactId=contact, Status="Closed")
    make_trigger(
        make_deployment(version.survey),
        source=source,
        email_field="Contact.Email",
        name_field="Contact.LastName",
        records={"Case": "Id", "Contact": "ContactId"},
        condition={
            "field": "Contact.Email",
            "op": "matches_domain",
            "value": "example.com",
        },
    )
    event = Event(source=source, event_id="1", object="Case", record_id=case)
    receive(events=[event], now=NOW)

    assert decide_waiting(now=NOW) == 1

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.name) == ("ada@example.com", "Lovelace")
    assert TriggerEvent.objects.get().looked_up["Contact.Email"] == "ada@example.com"
