"""From what happens in the org to the answers on it, where nothing may be installed
there; and a mailing of a thousand, with its reminders, under a compressed clock."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from lxml import html

from config.demo.loop import fill
from crm_mappings import milestones
from crm_mappings.models import MilestoneRule
from deployments import mailings
from deployments.explaining import explain
from deployments.invitations import mark_completed, send_waiting
from deployments.models import Cap, Deployment, FollowUp, FollowUpMail, Invitation
from deployments.polling import poll_due
from deployments.suppression import suppress
from deployments.triggers import decide_waiting
from tests.factories.crm import (
    connected,
    deliver,
    make_case,
    make_mapping,
    served,
)
from tests.factories.deployments import make_deployment, make_trigger
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LINK = re.compile(r"http://\S+/s/[\w-]+/(?=\s)")


def answer(client, link):
    """Fill each page as it asks, from its HTML alone."""
    path = "/" + link.split("/", 3)[3]
    page = client.get(path)
    for _page in range(10):
        forms = [
            form
            for form in html.fromstring(page.content).forms
            if form.method == "POST"
        ]
        if not forms:
            return
        told: dict[str, list[str]] = {}
        for name, value in fill(forms[0]):
            told.setdefault(name, []).append(value)
        page = client.post(forms[0].action or path, told, follow=True)
        assert page.status_code == 200
    raise AssertionError("The survey did not end")


def test_a_closed_case_is_found_asked_about_answered_and_written(client, settings):
    version = publish_survey()
    with served() as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        connection = connected(org)
        now = org.org.clock.now()
        deployment = make_deployment(version.survey, valid_days=0)
        make_trigger(
            deployment,
            source=f"salesforce:{connection.key}",
            email_field="Contact.Email",
            name_field="Contact.Name",
            records={"Case": "Id", "Contact": "ContactId"},
            condition={"field": "Status", "op": "eq", "value": "Closed"},
            poll_minutes=1,
        )
        MilestoneRule.objects.create(
            connection=connection,
            deployment=deployment,
            object="Case",
            fields={"status": "Comments"},
        )
        step = {
            "key": "case",
            "action": "update",
            "object": "Case",
            "find": [{"record": "Case"}],
            "fields": [{"field": "CSAT__c", "value": {"question": "csat"}}],
        }
        make_mapping(connection, version, step)
        contact = org.org.insert(
            "Contact", {"LastName": "Lovelace", "Email": "ada@example.com"}
        )
        case = make_case(org.org, Status="New", ContactId=contact)
        poll_due(now=now - 2 * MINUTE)

        org.org.update("Case", case, {"Status": "Closed"})
        assert poll_due(now=now + MINUTE) == 1
        decide_waiting(now=now + MINUTE)
        assert send_waiting(now=now + MINUTE) == 1
        answer(client, LINK.search(mail.outbox[0].body)[0])
        deliver(now=timezone.now() + MINUTE)
        milestones.write_due(now=timezone.now() + HOUR)

        row = org.org.read("Case", case)
    assert (row["CSAT__c"], row["Comments"]) == (2, "completed")
    [entry] = explain("ada@example.com").entries
    assert entry.decision.code == "invited"
    assert [one.decision.code for one in explain(case[:15]).entries] == ["invited"]


@pytest.mark.parametrize("people", [100, pytest.param(1_000, marks=pytest.mark.drill)])
def test_many_are_mailed_reminded_and_thanked_by_a_compressed_clock(people):
    start = timezone.now().replace(hour=8, minute=0)
    deployment = make_deployment(
        publish_survey().survey,
        channel=Deployment.Channel.MAILING,
        body={"en": "Hi {{ name }}\n{{ link }}"},
        valid_days=14,
    )
    reminder = FollowUp.objects.create(deployment=deployment, after_hours=72)
    thanks = FollowUp.objects.create(
        deployment=deployment, kind="thanks", after_hours=1, created_at=start
    )
    Cap.objects.create(name="Once", most=1, span=90)
    rows = [f"p{number}@example.com,P{number}" for number in range(people)]
    bad = ["no address,X", "P1@EXAMPLE.com,Again", "noreply@example.com,Machine"]
    raw = "\n".join(["email,name", *rows, *bad]).encode()

    told = mailings.mail(
        deployment=deployment, name="Spring", file_name="x.csv", raw=raw, now=start
    )
    assert (told.invited, len(told.bad)) == (people, 3)
    now = start
    for day in range(5):
        now = start + timedelta(days=day, minutes=1)
        while send_waiting(now=now, limit=500):
            pass
        if day == 1:
            _behave(people // 20, now)

    assert Invitation.objects.filter(mail="sent").count() == people
    sent = {
        rule.pk: FollowUpMail.objects.filter(follow_up=rule, mail="sent").count()
        for rule in (reminder, thanks)
    }
    assert sent == {reminder.pk: people * 6 // 10, thanks.pk: people * 3 // 10}
    stopped = FollowUpMail.objects.filter(mail="stopped")
    assert stopped.count() == people * 4 // 10
    assert not stopped.filter(mail_error="").exists()
    assert (
        len({one.extra_headers["Message-ID"] for one in mail.outbox})
        == people * 19 // 10
    )
    assert len(mail.outbox) == people * 19 // 10
    again = mailings.mail(
        deployment=deployment, name="Summer", file_name="x.csv", raw=raw, now=now
    )
    assert again.invited == 0
    assert all(one["reason"] for one in again.bad)


def _behave(part, now):
    """Of twenty parts six answer, one opts out, and the mails of one come back."""
    people = list(Invitation.objects.order_by("pk"))
    for invitation in people[: 6 * part]:
        mark_completed(invitation=invitation, now=now)
    for invitation in people[6 * part : 7 * part]:
        suppress(email=invitation.email, reason="opted_out", now=now)
    keys = [invitation.pk for invitation in people[7 * part : 8 * part]]
    Invitation.objects.filter(pk__in=keys).update(bounced_at=now)
