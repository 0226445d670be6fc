"""Who is on a report, in a list view or a campaign, or is found by a query."""

from __future__ import annotations

import pytest

from crm_mappings.feeds import SalesforceSource, source_of
from crm_mappings.plan.ids import is_id
from deployments import mailings
from deployments.models import Deployment, Invitation, PeopleList
from deployments.sources import PersonRef, SourceError, SourceUnavailable, UnknownSource
from tests.factories.deployments import NOW, make_deployment

pytestmark = pytest.mark.django_db
REPORT = "00O000000000001AAA"
VIEW = "00B000000000001AAA"


@pytest.fixture
def people(org):
    """Two contacts, of whom one wants no mail, and a lead."""
    return [
        org.org.insert(
            "Contact", {"LastName": name, "Email": f"{name}@example.com", **more}
        )
        for name, more in (("ada", {}), ("bob", {"HasOptedOutOfEmail": True}))
    ] + [
        org.org.insert(
            "Lead", {"LastName": "Cleo", "Company": "C", "Email": "ada@example.com"}
        )
    ]


def ask(connection, kind, what, most=100):
    return SalesforceSource().people(source_of(connection), kind, what, most)


def test_a_query_gives_its_records(connection, people):
    found = ask(connection, "query", "SELECT Id FROM Contact ORDER BY LastName")

    assert found == [
        PersonRef(object="Contact", record_id=people[0]),
        PersonRef(object="Contact", record_id=people[1]),
    ]


def test_a_report_gives_whoever_its_rows_name(org, connection, people):
    org.org.reports[REPORT] = "SELECT Name, Id FROM Contact ORDER BY LastName"

    found = ask(connection, "report", REPORT)

    assert [one.record_id for one in found] == people[:2]


def test_a_list_view_gives_what_it_shows(org, connection, people):
    org.org.list_views[VIEW] = "SELECT Name, Id FROM Lead WHERE Company = 'C'"

    found = ask(connection, "list_view", f"Lead/{VIEW}")

    assert found == [PersonRef(object="Lead", record_id=people[2])]


def test_a_campaign_gives_its_members(org, connection, people):
    campaign = org.org.insert("Campaign", {"Name": "Spring"})
    for field, person in (("ContactId", people[0]), ("LeadId", people[2])):
        org.org.insert("CampaignMember", {"CampaignId": campaign, field: person})

    found = ask(connection, "campaign", campaign)

    assert {one.record_id for one in found} == {people[0], people[2]}


@pytest.mark.parametrize(
    ("kind", "what", "words"),
    [
        ("query", "DELETE FROM Contact", "begins with SELECT"),
        ("query", "SELECT Name FROM Contact", "must select Id"),
        ("query", "SELECT Id FROM Nothing", "Nothing"),
        ("report", "x'; DROP", "is no id of Salesforce"),
        ("report", "00O000000000009AAA", "."),
        ("list_view", "Contact", "is no id of Salesforce"),
        ("campaign", "701", "is no id of Salesforce"),
        ("poem", "x", "no list of the kind"),
    ],
)
def test_what_cannot_be_read_says_why(connection, people, kind, what, words):
    with pytest.raises(SourceError, match=words):
        ask(connection, kind, what)


def test_a_report_without_people_says_which_column_is_missing(org, connection, people):
    org.org.reports[REPORT] = "SELECT Email FROM Contact"

    with pytest.raises(SourceError, match="Contact ID"):
        ask(connection, "report", REPORT)


def test_nobody_is_left_out_silently(connection, people):
    with pytest.raises(SourceError, match="2 people; 1 at most"):
        ask(connection, "query", "SELECT Id FROM Contact", most=1)


def test_an_org_that_is_away_can_be_asked_later(org, connection, people):
    org.org.faults.unavailable = 10

    with pytest.raises(SourceUnavailable):
        ask(connection, "query", "SELECT Id FROM Contact")


def test_a_connection_that_is_gone_is_no_source(db):
    with pytest.raises(UnknownSource):
        SalesforceSource().people("salesforce:gone", "query", "SELECT Id FROM Lead", 1)


def test_the_people_of_a_list_are_invited(org, connection, people, version):
    deployment = make_deployment(version.survey, channel=Deployment.Channel.MAILING)
    rows = PeopleList.objects.create(
        deployment=deployment,
        name="Customers",
        source=source_of(connection),
        kind="query",
        what="SELECT Id FROM Contact",
        segment_field="LastName",
    )

    told = mailings.mail_list(people=rows, name="Spring", now=NOW)
    again = mailings.mail_list(people=rows, name="Spring", now=NOW)

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.name) == ("ada@example.com", "ada")
    assert invitation.records == {"Contact": people[0]}
    assert invitation.segment == "ada"
    assert (told.invited, again.invited, again.again) == (1, 0, 1)
    assert told.people == rows
    assert [bad["reason"] for bad in told.bad] == [
        "The CRM says that this person wants no e-mail."
    ]
    assert is_id(told.bad[0]["cells"][0])
