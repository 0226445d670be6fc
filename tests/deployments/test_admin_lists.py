"""Lists, senders' domains, previews and checklists in the admin."""

from __future__ import annotations

import pytest
from django.core import mail

from deployments.documents import deployment_document, save_document
from deployments.going_live import advice, checklist, missing
from deployments.invitations import send_waiting
from deployments.models import (
    Cap,
    Deployment,
    FollowUp,
    FollowUpMail,
    Invitation,
    Mailing,
    PeopleList,
    SenderDomain,
    Trigger,
    TriggerEvent,
)
from deployments.rules import Event
from deployments.triggers import decide_waiting, receive
from tests.deployments.dns import name_server
from tests.deployments.smtp import mail_server
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)
from tests.factories.feeds import shop
from tests.factories.surveys import publish_survey

ADMIN = "/admin/deployments"
Channel = Deployment.Channel


@pytest.fixture
def feed():
    with shop() as feed:
        feed.records = {
            "c1": {"Email": "ada@example.com", "Name": "Ada"},
            "c2": {"Email": "bob@example.com", "Name": "Bob"},
            "c3": {"Email": "", "Name": "Nobody"},
        }
        yield feed


def make_list(survey, channel=Channel.MAILING, **fields):
    deployment = make_deployment(survey, channel=channel)
    return PeopleList.objects.create(
        **{
            "deployment": deployment,
            "name": "Customers",
            "source": "shop:main",
            "kind": "query",
            "what": "SELECT Id FROM Contact",
            **fields,
        }
    )


def test_a_list_is_made_in_the_admin(admin_client, survey, feed):
    deployment = make_deployment(survey, channel=Channel.MAILING)
    page = admin_client.get(f"{ADMIN}/peoplelist/add/?deployment={deployment.pk}")
    assert page.status_code == 200
    form = {
        "deployment": deployment.pk,
        "name": "Customers",
        "source": "shop:main",
        "kind": "campaign",
        "what": "701000000000001",
        "email_field": "Email",
        "records-0-object": "Account",
        "records-0-field": "AccountId",
    }

    answer = admin_client.post(f"{ADMIN}/peoplelist/add/", form, follow=True)

    row = PeopleList.objects.get()
    assert "Read it, ask nobody" in answer.content.decode()
    assert (row.kind, row.records) == ("campaign", {"Account": "AccountId"})


def test_a_list_is_read_without_asking_anybody(admin_client, survey, feed):
    row = make_list(survey)

    answer = admin_client.post(f"{ADMIN}/peoplelist/{row.pk}/read/", follow=True)

    assert "2 people can be asked; 1 cannot." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_everybody_on_a_list_is_invited(admin_client, survey, feed):
    row = make_list(survey)

    url = f"{ADMIN}/peoplelist/{row.pk}/mail/"
    answer = admin_client.post(url, {"name": "Spring"}, follow=True)

    assert "2 people were invited; 1 were not." in answer.content.decode()
    assert Mailing.objects.get().people == row


@pytest.mark.parametrize(
    ("form", "words"), [({}, "Give the mailing a name."), ({"name": "x"}, "is closed")]
)
def test_what_goes_wrong_is_said(admin_client, survey, feed, form, words):
    row, feed.away = make_list(survey), True

    url = f"{ADMIN}/peoplelist/{row.pk}/mail/"
    answer = admin_client.post(url, form, follow=True)

    assert words in answer.content.decode()


def test_a_look_alone_asks_nobody(admin_client, survey, feed):
    row = make_list(survey)

    assert admin_client.get(f"{ADMIN}/peoplelist/{row.pk}/mail/").status_code == 403


@pytest.mark.parametrize("channel", Channel.values)
def test_every_kind_has_its_page_and_checklist(admin_client, survey, feed, channel):
    row = make_deployment(survey, channel=channel, status="draft")

    page = admin_client.get(f"{ADMIN}/deployment/{row.pk}/change/").content.decode()

    assert "<strong>Survey:</strong> done" in page
    about = [check.about for check in checklist(row)]
    assert ("Sender" in about) == (channel in {"trigger", "mailing", "recurring"})
    if channel == "recurring":
        assert "Add a list of people: who is asked again and again?" in page
    if channel == "links":
        assert "/api/v1/tracking-links/" in page
        assert "{!Case.Tellback_Link__c}" in page
        assert "{{{Recipient.Tellback_Link__c}}}" in page


def test_a_list_whose_source_is_away_keeps_it_from_going_live(survey, feed):
    row = make_list(survey, channel=Channel.RECURRING)
    assert missing(row.deployment) == []

    feed.away = True

    assert missing(row.deployment) == ["List “Customers”: The shop is closed."]


def test_hours_that_close_before_they_open_are_found(survey):
    row = make_deployment(
        survey, channel=Channel.WEB, send_from="17:00", send_until="09:00"
    )
    row.refresh_from_db()

    assert missing(row) == ["The hours in which mails go out close before they open."]


def test_what_the_dns_lacks_is_advice_with_the_lines_to_add(
    admin_client, survey, settings
):
    row = make_deployment(survey, sender_email="x@mail.example.com")
    domain = SenderDomain.objects.create(domain="mail.example.com")

    with name_server(settings):
        url = f"{ADMIN}/senderdomain/{domain.pk}/check/"
        page = admin_client.post(url, follow=True).content.decode()

    assert "mail.example.com. 3600 IN TXT &quot;v=spf1 " in page
    assert "_dmarc.mail.example.com. 3600 IN TXT" in page
    assert any("lacks SPF, DMARC, MX" in one for one in advice(row)), advice(row)
    assert (
        "lacks SPF"
        in admin_client.get(f"{ADMIN}/deployment/{row.pk}/change/").content.decode()
    )


def test_the_domain_of_a_sender_is_known_from_then_on(admin_client, survey):
    form = {
        "name": "After a case",
        "key": "after",
        "survey": survey.pk,
        "channel": "web",
        "sender_email": "a@news.example.com",
        "valid_days": 30,
        "quiet_days": 0,
        "time_zone": "UTC",
        "follow_ups-TOTAL_FORMS": 0,
        "follow_ups-INITIAL_FORMS": 0,
    }

    answer = admin_client.post(f"{ADMIN}/deployment/add/", form)

    assert answer.status_code == 302, answer.content.decode()
    assert SenderDomain.objects.get().domain == "news.example.com"


def test_the_mails_are_shown_in_every_language(admin_client, survey):
    row = make_deployment(survey, subject={"en": "Hi {{ name }}", "de": "Hallo"})
    rule = FollowUp.objects.create(deployment=row)
    url = f"{ADMIN}/deployment/{row.pk}/mails/"

    english = admin_client.get(url).content.decode()
    german = admin_client.get(f"{url}?language=de").content.decode()
    reminder = admin_client.get(f"{url}?what={rule.pk}&language=de").content.decode()

    assert "Hi Ada Lovelace" in english
    assert "Hallo" in german
    assert "Zur Erinnerung" in reminder
    assert admin_client.get(f"{url}?what=999").status_code == 404
    assert not Invitation.objects.exists()


def test_the_html_of_a_mail_stands_alone(admin_client, survey):
    row = make_deployment(survey)

    answer = admin_client.get(f"{ADMIN}/deployment/{row.pk}/mail/?language=de")

    assert "sandbox" in answer["Content-Security-Policy"]
    assert "Fragen beantworten" in answer.content.decode()


def test_a_mail_is_tried_with_a_link_that_works(admin_client, client):
    row = make_deployment(publish_survey().survey)
    url = f"{ADMIN}/deployment/{row.pk}/mails/"

    answer = admin_client.post(url, {"email": "me@example.com", "name": "Me"})

    assert answer.status_code == 302
    [sent] = mail.outbox
    assert sent.to == ["me@example.com"]
    assert sent.subject.startswith("[Test] ")
    invitation = Invitation.objects.get()
    assert (invitation.is_test, invitation.mail) == (True, "none")
    assert client.get(f"/s/{invitation.token}/").status_code == 200


def test_a_trial_that_fails_says_why(admin_client, survey, settings):
    row = make_deployment(survey)
    with mail_server(settings) as server:
        server.rcpt["me@example.com"] = "550 No such box"
        answer = admin_client.post(
            f"{ADMIN}/deployment/{row.pk}/mails/",
            {"email": "me@example.com"},
            follow=True,
        )

    assert "550 No such box" in answer.content.decode()


def test_another_system_tells_by_rest(admin_client, survey):
    row = make_deployment(survey)
    trigger = make_trigger(
        row, source="api:crm", object="Order", email_field="customer.email"
    )
    assert missing(row) == []

    page = admin_client.get(f"{ADMIN}/trigger/{trigger.pk}/rest/").content.decode()
    form = admin_client.get(f"{ADMIN}/trigger/{trigger.pk}/change/").content.decode()

    assert "&quot;customer.email&quot;: &quot;…&quot;" in page
    assert f"/admin/deployments/trigger/{trigger.pk}/rest/" in form


def test_variables_of_the_survey_are_merged_into_mails(survey):
    row = make_deployment(survey, body={"en": "{{ agent }}, {{campaign}}|{{ link }}"})
    make_invitation(row, variables={"agent": "E-17\r\nBcc: x@example.com"}, send=True)

    send_waiting(now=NOW)

    assert mail.outbox[0].body.startswith("E-17 Bcc: x@example.com, |http")


def test_a_trigger_with_tracking_links_makes_links_and_mails_nothing(survey):
    row = make_deployment(survey, channel=Channel.LINKS)
    make_trigger(row, source="api:crm", object="Order", email_field="email")
    event = Event(
        source="api:crm",
        event_id="1",
        object="Order",
        record_id="7",
        fields={"email": "ada@example.com"},
    )

    receive(events=[event], now=NOW)
    decide_waiting(now=NOW)

    assert Invitation.objects.get().mail == Invitation.Mail.NONE
    assert TriggerEvent.objects.get().state == "decided"
    assert Trigger.objects.count() == 1


def test_a_reminder_that_was_perhaps_sent_is_sent_again_by_a_person(
    admin_client, survey
):
    made = make_invitation(make_deployment(survey))
    row = FollowUpMail.objects.create(invitation=made.invitation, mail="unknown")

    admin_client.post(
        f"{ADMIN}/followupmail/", {"action": "send_again", "_selected_action": row.pk}
    )

    row.refresh_from_db()
    assert row.mail == Invitation.Mail.WAITING


def test_lists_and_limits_are_in_the_document_of_a_deployment(survey):
    people = make_list(survey, kind="campaign", what="701000000000001", every_months=3)
    Cap.objects.create(name="Once", deployment=people.deployment, most=1, span=30)

    document = deployment_document(people.deployment)
    PeopleList.objects.all().delete()
    Cap.objects.all().delete()
    save_document(document=document)

    row, cap = PeopleList.objects.get(), Cap.objects.get()
    assert (row.kind, row.every_months, row.source) == ("campaign", 3, "shop:main")
    assert (cap.name, cap.span, cap.deployment) == ("Once", 30, people.deployment)
    assert deployment_document(people.deployment) == document
