"""Why was, or wasn't, this person asked? The same answer on the page and by REST."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from deployments.mailings import mail, mail_list
from deployments.models import Cap, Invitation, PeopleList, TriggerEvent
from deployments.rules import Event
from deployments.suppression import suppress
from deployments.triggers import decide_waiting, receive
from surveys.models import Survey
from tests.deployments.test_admin import ADMIN
from tests.factories.access import make_api_key
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)
from tests.factories.feeds import shop

CASE = "500D000001AbCdE"


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def trigger(survey):
    return make_trigger(make_deployment(survey))


def told(number=1, record=CASE):
    event = Event(
        source="salesforce:production",
        event_id=f"e{number}",
        object="Case",
        record_id=record,
        fields={"ContactEmail": "Ada@Example.com"},
    )
    receive(events=[event], now=NOW)
    decide_waiting(now=NOW)


def explained(client, of, secret=None, **query):
    headers = {"Authorization": f"Bearer {secret or make_api_key('responses:read')}"}
    answer = client.get("/api/v1/explanations/", {"of": of, **query}, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_rest_explains_a_person_as_the_page_does(client, trigger):
    told(1)
    suppress(email="ada@example.com", reason="opted_out", now=NOW)
    told(2, record="500D000001AbCdF")

    found = explained(client, "ADA@example.com")

    assert "opted out" in found["suppressed"].lower()
    assert [(one["code"], one["event"]) for one in found["entries"]] == [
        ("suppressed", "e2"),
        ("invited", "e1"),
    ]
    assert found["entries"][0]["trigger"] == trigger.pk
    assert found["now"] is None


@pytest.mark.parametrize("of", ["", " ", "\x00", "x" * 300])
def test_nothing_is_explained_of_nothing(client, trigger, of):
    headers = {"Authorization": f"Bearer {make_api_key('responses:read')}"}

    answer = client.get("/api/v1/explanations/", {"of": of}, headers=headers)

    assert answer.status_code == 400
    assert "id of a record" in answer.json()["errors"][0]["message"]


def test_a_link_about_a_record_is_found_by_the_record(client, trigger):
    make_invitation(trigger.deployment, records={"Case": "500D000001AbCdEIAV"})
    make_invitation(trigger.deployment, email="b@example.com", records={"Case": CASE})
    make_invitation(trigger.deployment, email="c@example.com", records={"Case": "1"})

    found = explained(client, CASE)

    assert [one["code"] for one in found["entries"]] == ["link", "link"]


def test_whom_a_mailing_left_out_is_told_why(admin_client, client, survey):
    deployment = make_deployment(survey, channel="mailing")
    cap = Cap.objects.create(name="Once", most=1, span=90, key="once")
    suppress(email="eva@example.com", reason="bounced", now=NOW)
    make_invitation(make_deployment(survey), email="bo@example.com", now=NOW)
    raw = b"email\nada@example.com\neva@example.com\nbo@example.com\nnobody\n"

    mail(deployment=deployment, name="Spring", file_name="x.csv", raw=raw, now=NOW)

    [entry] = explained(client, "eva@example.com")["entries"]
    assert (entry["code"], entry["mailing"]) == ("suppressed", "Spring")
    entry = explained(client, "bo@example.com")["entries"][0]
    assert (entry["code"], entry["cap"]) == ("capped", cap.name)
    shown = page(admin_client, f"{ADMIN}/triggerevent/why/?q=bo@example.com")
    assert "A limit is reached" in shown
    assert "Spring" in shown


def test_whoever_no_event_named_is_told_what_would_be_decided(admin_client, survey):
    with shop() as feed:
        feed.can_be_asked = True
        feed.records = {"o1": {"Status": "New", "Email": "ada@example.com"}}
        rule = {"field": "Status", "op": "eq", "value": "Closed"}
        make_trigger(
            make_deployment(survey),
            source="shop:main",
            object="Order",
            email_field="Email",
            condition=rule,
        )
        why = f"{ADMIN}/triggerevent/why/?q=o1"

        shown = page(admin_client, why)
        assert "Read the record now" in shown
        assert "“New”" in page(admin_client, f"{why}&now=1")
        feed.records["o1"]["Status"] = "Closed"
        assert "Would be invited" in page(admin_client, f"{why}&now=1")
        feed.away = True
        assert "The shop is closed." in page(admin_client, f"{why}&now=1")
        feed.away = False
        assert "No trigger listens" in page(admin_client, f"{why}2&now=1")
    assert not TriggerEvent.objects.exists()
    assert not Invitation.objects.exists()


def test_what_is_of_a_survey_of_others_is_not_told(client, trigger, django_user_model):
    told(1)
    maker = django_user_model.objects.create(username="maker", is_staff=True)
    maker.user_permissions.add(
        Permission.objects.get(codename="view_triggerevent"),
    )
    secret = make_api_key("responses:read", created_by=maker)
    Survey.objects.update(owner=None, everyone="none")
    client.force_login(maker)

    assert explained(client, "ada@example.com", secret)["entries"] == []
    assert "Nothing was ever decided" in page(
        client, f"{ADMIN}/triggerevent/why/?q=ada@example.com"
    )
    headers = {"Authorization": f"Bearer {secret}"}
    events = client.get("/api/v1/trigger-events/", headers=headers).json()["results"]
    assert [one["decisions"] for one in events] == [[]]


def test_whom_a_list_left_out_is_found_by_the_record(client, survey):
    with shop() as feed:
        feed.records = {
            "p1": {"Email": "ada@example.com", "HasOptedOutOfEmail": True},
            "p2": {"Email": "", "HasOptedOutOfEmail": False},
        }
        people = PeopleList.objects.create(
            deployment=make_deployment(survey, channel="mailing"),
            name="Customers",
            source="shop:main",
            kind="query",
            what="all",
        )
        mail_list(people=people, name="Spring", now=NOW)

    assert explained(client, "p1")["entries"][0]["code"] == "opted_out_in_crm"
    assert explained(client, "p2")["entries"][0]["code"] == "no_address"
    assert explained(client, "ada@example.com")["entries"][0]["mailing"] == "Spring"
