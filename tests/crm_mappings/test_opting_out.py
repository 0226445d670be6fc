"""Opt-outs here and in the org are kept the same, by choice of the connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_mappings import opting_out
from crm_mappings.models import Connection, OptOut
from crm_mappings.opting_out.people import refuses
from deployments.invitations import send_waiting
from deployments.models import Invitation, Suppression
from deployments.suppression import suppress, why_suppressed
from tests.factories.deployments import make_deployment, make_invitation

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3650)
ADA = "ada@example.com"


@pytest.fixture
def reads(connection):
    return chosen(connection, reads_opt_outs=True)


def chosen(connection, **choice):
    Connection.objects.filter(pk=connection.pk).update(**choice)
    connection.refresh_from_db()
    return connection


def person(org, email=ADA, object_name="Contact", **more):
    values = {"LastName": "Lovelace", "FirstName": "Ada", "Email": email, **more}
    if object_name == "Lead":
        values["Company"] = "Engines"
    return org.org.insert(object_name, values)


def consent(org, individual, status, at="2026-03-01T00:00:00.000Z", **more):
    return org.org.insert(
        "ContactPointTypeConsent",
        {
            "Name": "E-mail",
            "PartyId": individual,
            "ContactPointType": "Email",
            "PrivacyConsentStatus": status,
            "CaptureDate": at,
            "CaptureContactPointType": "Web",
            "CaptureSource": "Form",
            **more,
        },
    )


def individual(org, **more):
    return org.org.insert("Individual", {"LastName": "Lovelace", **more})


def read(connection, org):
    """Our clock goes with that of the org, which stamps its records."""
    Connection.objects.filter(pk=connection.pk).update(opt_outs_due_at=None)
    return opting_out.read_due(now=org.org.clock.now())


def suppressed():
    return dict(Suppression.objects.order_by("email").values_list("email", "reason"))


# -- what stands against mail


def said(status, at, **more):
    return {
        "PrivacyConsentStatus": status,
        "CaptureDate": f"2026-01-{at:02}T00:00:00Z",
        **more,
    }


@pytest.mark.parametrize(
    ("consents", "no"),
    [
        ([], False),
        ([said("OptIn", 1)], False),
        ([said("Seen", 1)], False),
        ([said("OptOut", 1)], True),
        ([said("OptIn", 1), said("OptOut", 2)], True),
        ([said("OptOut", 1), said("OptIn", 2)], False),
        ([said("OptOut", 1, EffectiveTo="2026-02-01T00:00:00Z")], False),
        ([said("OptOut", 1, EffectiveFrom="2027-02-01T00:00:00Z")], False),
        ([said("OptOut", 1, DataUsePurposeId="a"), said("OptIn", 2)], True),
    ],
)
def test_the_latest_word_in_force_counts_for_each_purpose(consents, no):
    assert refuses(consents, NOW) is no


# -- from the org


def test_whoever_wants_no_mail_there_is_not_asked(org, reads):
    person(org, HasOptedOutOfEmail=True)
    person(org, "bob@example.com", "Lead", HasOptedOutOfEmail=True)
    person(org, "cy@example.com")

    assert read(reads, org) == 1

    assert suppressed() == {ADA: "crm", "bob@example.com": "crm"}
    assert "CRM" in why_suppressed(ADA)
    assert "Email Opt Out of the Contact 003" in Suppression.objects.get(email=ADA).note


def test_the_individual_speaks_for_every_address(org, reads):
    one = individual(org, HasOptedOutSolicit=True)
    person(org, IndividualId=one)
    point = {"ParentId": one, "EmailAddress": "ada@home.example"}
    org.org.insert("ContactPointEmail", point)

    read(reads, org)

    assert suppressed() == {ADA: "crm", "ada@home.example": "crm"}


def test_consent_for_the_channel_is_read_and_agreeing_again_lifts_it(org, reads):
    one = individual(org)
    person(org, IndividualId=one)
    consent(org, one, "OptOut")
    consent(org, individual(org), "OptOut", ContactPointType="Phone")
    read(reads, org)
    assert suppressed() == {ADA: "crm"}

    consent(org, one, "OptIn", at="2026-03-02T00:00:00.000Z")
    read(reads, org)

    assert suppressed() == {}


def test_a_flag_that_is_taken_back_lifts_only_what_the_org_had_said(org, reads):
    ada = person(org, HasOptedOutOfEmail=True)
    bob = person(org, "bob@example.com", HasOptedOutOfEmail=True)
    suppress(email="bob@example.com", reason="opted_out", now=NOW)
    read(reads, org)
    for one in (ada, bob):
        org.org.update("Contact", one, {"HasOptedOutOfEmail": False})

    read(reads, org)

    assert suppressed() == {"bob@example.com": "opted_out"}


def test_an_opt_out_of_the_person_outlives_the_flag_that_came_first(
    org, reads, client, version
):
    chosen(reads, writes_opt_outs="flag")
    ada = person(org, HasOptedOutOfEmail=True)
    read(reads, org)
    opt_out(client, version)
    assert OptOut.objects.get().email == ADA
    org.org.update("Contact", ada, {"HasOptedOutOfEmail": False})

    read(reads, org)

    assert suppressed() == {ADA: "opted_out"}


def test_what_one_org_takes_back_another_still_says(org, reads):
    ada = person(org, HasOptedOutOfEmail=True)
    read(reads, org)
    suppress(email=ADA, reason="crm", source="salesforce:other", now=NOW)
    org.org.update("Contact", ada, {"HasOptedOutOfEmail": False})

    read(reads, org)

    assert Suppression.objects.get().source == "salesforce:other"


def test_one_of_two_contacts_with_an_address_is_enough(org, reads):
    person(org, HasOptedOutOfEmail=True)
    person(org)
    read(reads, org)
    person(org)

    read(reads, org)

    assert suppressed() == {ADA: "crm"}


def test_many_are_read_page_by_page_and_none_is_left_out(org, reads):
    for number in range(7):
        person(org, f"p{number}@example.com", HasOptedOutOfEmail=True)

    Connection.objects.update(opt_outs_due_at=None)
    opting_out.read_due(now=LATER, page=2, pages=2)
    assert len(suppressed()) == 4
    Connection.objects.update(opt_outs_due_at=None)
    opting_out.read_due(now=LATER, page=2, pages=2)

    assert len(suppressed()) == 7


def test_nothing_is_read_without_the_choice_or_before_its_time(org, connection):
    person(org, HasOptedOutOfEmail=True)
    assert opting_out.read_due(now=NOW) == 0

    chosen(connection, reads_opt_outs=True)
    assert opting_out.read_due(now=NOW) == 1
    assert opting_out.read_due(now=NOW + timedelta(minutes=9)) == 0
    assert opting_out.read_due(now=NOW + timedelta(minutes=10)) == 1


def test_an_org_without_individuals_is_read_all_the_same(org, reads):
    for name in ("Individual", "ContactPointTypeConsent", "ContactPointEmail"):
        org.org.remove_object(name)
    for name in ("Contact", "Lead"):
        org.org.hide_field(name, "IndividualId")
    person(org, HasOptedOutOfEmail=True)

    assert read(reads, org) == 1

    assert suppressed() == {ADA: "crm"}


def test_a_mail_that_waits_stops_when_the_org_says_so(org, reads, version):
    make_invitation(make_deployment(version.survey), email=ADA, send=True)
    person(org, HasOptedOutOfEmail=True)
    read(reads, org)

    assert send_waiting(now=NOW) == 0

    assert "CRM" in Invitation.objects.get().mail_error


# -- to the org


def opt_out(client, version, email=ADA):
    made = make_invitation(make_deployment(version.survey), email=email)
    assert client.post(f"/s/{made.token}/opt-out/").status_code == 200


def test_whoever_unsubscribes_is_flagged_there(org, connection, client, version):
    chosen(connection, writes_opt_outs="flag")
    ada, lead = person(org), person(org, object_name="Lead")
    other = person(org, "bob@example.com")

    opt_out(client, version)
    assert opting_out.write_due(now=LATER) == 1

    flags = {
        key: org.org.read(name, key)["HasOptedOutOfEmail"]
        for name, key in (("Contact", ada), ("Lead", lead), ("Contact", other))
    }
    assert flags == {ada: True, lead: True, other: False}
    row = OptOut.objects.get()
    assert row.state == "written"
    assert set(row.records) == {f"Contact {ada}", f"Lead {lead}"}
    assert not org.org.query("SELECT Id FROM Individual")


def test_an_opt_out_by_phone_is_told_there_too(org, connection, admin_client):
    chosen(connection, writes_opt_outs="flag")

    form = {"email": ADA, "reason": "opted_out"}
    admin_client.post("/admin/deployments/suppression/add/", form)

    assert OptOut.objects.get().email == ADA


def test_consent_is_written_and_who_has_no_individual_gets_one(
    org, connection, client, version
):
    chosen(connection, writes_opt_outs="consent")
    ada = person(org)

    opt_out(client, version)
    opting_out.write_due(now=LATER)

    row = org.org.read("Contact", ada)
    assert row["HasOptedOutOfEmail"] is False
    [told] = org.org.query(
        "SELECT PartyId, ContactPointType, PrivacyConsentStatus, CaptureSource "
        "FROM ContactPointTypeConsent"
    )
    assert told["PartyId"] == row["IndividualId"]
    assert told["PrivacyConsentStatus"] == "OptOut"
    [point] = org.org.query("SELECT ParentId, EmailAddress FROM ContactPointEmail")
    assert (point["ParentId"], point["EmailAddress"]) == (row["IndividualId"], ADA)


def test_a_second_try_writes_nothing_twice(org, connection):
    chosen(connection, writes_opt_outs="both")
    one = individual(org)
    person(org, IndividualId=one)
    suppress(email=ADA, reason="complained", now=NOW)
    opting_out.write_due(now=LATER)
    OptOut.objects.update(state="sending", due_at=NOW)

    opting_out.write_due(now=LATER)

    assert OptOut.objects.get().state == "written"
    assert len(org.org.query("SELECT Id FROM ContactPointTypeConsent")) == 1


def test_what_comes_from_the_org_or_from_a_bounce_is_not_told_there(connection):
    chosen(connection, writes_opt_outs="both")
    suppress(email=ADA, reason="crm", now=NOW)
    suppress(email="bob@example.com", reason="bounced", now=NOW)

    assert not OptOut.objects.exists()


def test_nobody_there_with_the_address_is_an_outcome(org, connection):
    chosen(connection, writes_opt_outs="flag")
    suppress(email=ADA, reason="opted_out", now=NOW)

    opting_out.write_due(now=LATER)
    assert OptOut.objects.get().state == "nobody"

    person(org)
    assert opting_out.send_again(rows=OptOut.objects.all(), now=LATER) == 1
    opting_out.write_due(now=LATER)
    assert OptOut.objects.get().state == "written"


def test_an_org_without_consent_says_what_to_do(org, connection):
    chosen(connection, writes_opt_outs="consent")
    org.org.remove_object("ContactPointTypeConsent")
    person(org)
    suppress(email=ADA, reason="opted_out", now=NOW)

    opting_out.write_due(now=LATER)

    row = OptOut.objects.get()
    assert row.state == "held"
    assert "Data Protection and Privacy" in row.reason


def test_an_org_that_is_down_is_asked_later(org, connection):
    chosen(connection, writes_opt_outs="flag")
    person(org)
    suppress(email=ADA, reason="opted_out", now=NOW)
    org.org.faults.unavailable = 20

    assert opting_out.write_due(now=NOW) == 0

    row = OptOut.objects.get()
    assert (row.state, row.attempts) == ("waiting", 1)
    assert row.due_at > NOW


def test_a_reading_that_fails_is_shown_and_tried_again(org, reads, admin_client):
    org.org.faults.unavailable = 20
    page = f"/admin/crm_mappings/connection/{reads.pk}/change/"

    assert read(reads, org) == 0
    assert "It failed, and is tried again" in admin_client.get(page).content.decode()

    org.org.faults.clear()
    Connection.objects.update(not_before=None)
    assert read(reads, org) == 1
    assert "All is well" in admin_client.get(page).content.decode()
