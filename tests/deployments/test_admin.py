"""The admin of this room: plain inputs, honest lists, and never a token."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client

from deployments import sources
from deployments.invitations import find
from deployments.models import (
    Deployment,
    Invitation,
    Suppression,
    Trigger,
    TriggerEvent,
)
from deployments.rules import Event
from deployments.triggers import decide_waiting, receive
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)

ADMIN = "/admin/deployments"


class Shop:
    """A feed that knows its objects and fields."""

    key = "shop"

    def problem(self, _source):
        return ""

    def choices(self):
        return [("shop:main", "Main shop")]

    def objects(self, _source):
        return [("Order", "Order"), ("Person", "Person")]

    def fields(self, _source, object_name):
        if object_name != "Order":
            return []
        names = ("Id", "email", "name", "language", "status", "person", "clerk")
        return [(name, name.title()) for name in names]


@pytest.fixture(autouse=True)
def _shop():
    before = dict(sources._sources)
    sources.register(Shop())
    yield
    sources._sources.clear()
    sources._sources.update(before)


@pytest.fixture
def designer(db):
    client = Client()
    client.force_login(User.objects.create_superuser("designer"))
    return client


@pytest.fixture
def deployment(survey):
    return make_deployment(survey, status="draft")


@pytest.fixture
def trigger(deployment):
    return make_trigger(
        deployment,
        source="shop:main",
        object="Order",
        email_field="email",
        name_field="",
        records={},
    )


def page(client, path):
    response = client.get(f"{ADMIN}/{path}")
    assert response.status_code == 200
    text = response.content.decode()
    assert " style=" not in text
    assert "onclick" not in text
    return text


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


DEPLOYMENT_FORM = {
    "time_zone": "Europe/Berlin",
    "follow_ups-TOTAL_FORMS": "0",
    "follow_ups-INITIAL_FORMS": "0",
    "name": "After an order",
    "channel": "trigger",
    "sender_name": "Shop",
    "sender_email": "shop@example.com",
    "subject_en": "How was it?",
    "subject_de": "Wie war es?",
    "body_en": "Hello {{ name }}\r\n{{ link }}",
    "body_de": "",
    "valid_days": "14",
    "quiet_days": "30",
}


def test_a_deployment_is_written_in_plain_inputs(designer, survey):
    form = DEPLOYMENT_FORM | {"key": "after-an-order", "survey": survey.pk}
    response = designer.post(f"{ADMIN}/deployment/add/", form)

    row = Deployment.objects.get()
    assert response["Location"] == f"{ADMIN}/deployment/{row.pk}/change/"
    assert row.subject == {"en": "How was it?", "de": "Wie war es?"}
    assert row.body == {"en": "Hello {{ name }}\n{{ link }}"}
    assert (row.status, row.valid_days, row.quiet_days) == ("draft", 14, 30)
    shown = page(designer, f"deployment/{row.pk}/change/")
    assert "Wie war es?" in shown
    assert "Add a trigger: what must happen" in shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"subject_de": "{{ shoe }}"}, "German: no mail can fill {{ shoe }}"),
        ({"body_en": "{{ link.x }}"}, "English: no mail can fill {{ link.x }}"),
        ({"sender_email": "ü@example.com"}, "valid email"),
        ({"sender_email": "x@localhost"}, "Mail cannot be sent from this address"),
        ({"valid_days": "4000"}, "less than or equal to 3650"),
    ],
)
def test_a_wrong_text_is_said_beside_its_input(designer, deployment, change, words):
    path = f"{ADMIN}/deployment/{deployment.pk}/change/"
    form = DEPLOYMENT_FORM | {"survey": deployment.survey_id} | change

    response = designer.post(path, form)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert Deployment.objects.get().name == deployment.name


def test_it_goes_live_by_a_button_and_is_paused_by_another(designer, trigger):
    path = f"{ADMIN}/deployment/{trigger.deployment_id}/change/"
    form = DEPLOYMENT_FORM | {"survey": trigger.deployment.survey_id}
    assert "_go_live" in page(designer, path.removeprefix(f"{ADMIN}/"))

    response = designer.post(path, form | {"_go_live": "1"})
    assert Deployment.objects.get().status == "live"
    assert "“After an order” is live." in said(response)
    assert "_pause" in page(designer, path.removeprefix(f"{ADMIN}/"))

    designer.post(path, form | {"_pause": "1"})
    assert Deployment.objects.get().status == "paused"


def test_what_is_missing_is_said_when_it_shall_go_live(designer, deployment):
    path = f"{ADMIN}/deployment/{deployment.pk}/change/"
    form = DEPLOYMENT_FORM | {"survey": deployment.survey_id, "_go_live": "1"}

    response = designer.post(path, form)

    assert Deployment.objects.get().status == "draft"
    assert "cannot go live yet" in said(response)
    assert "Add a trigger" in said(response)


def test_the_survey_stays_once_somebody_was_asked(designer, deployment):
    make_invitation(deployment)

    assert 'name="survey"' not in page(designer, f"deployment/{deployment.pk}/change/")


def test_a_trigger_is_made_in_two_steps(designer, deployment):
    response = designer.post(
        f"{ADMIN}/trigger/add/",
        {"deployment": deployment.pk, "source": "shop:main", "object": "Order"},
    )

    trigger = Trigger.objects.get()
    assert response["Location"] == f"{ADMIN}/trigger/{trigger.pk}/change/"
    shown = page(designer, f"trigger/{trigger.pk}/change/")
    assert '<option value="email">Email</option>' in shown
    assert "Say in which field the e-mail address is." in shown
    assert "{&quot;" not in shown


TRIGGER_FORM = {
    "when": "matches",
    "share": "100",
    "delay_minutes": "0",
    "poll_minutes": "0",
    "source": "shop:main",
    "object": "Order",
    "is_active": "on",
    "email_field": "email",
    "name_field": "name",
    "language_field": "language",
    "repeat_field": "",
    "condition-join": "all",
    "condition-0-what": "field|status",
    "condition-0-op": "eq",
    "condition-0-value": "paid",
    "records-0-object": "Order",
    "records-0-field": "Id",
    "records-1-object": "Person",
    "records-1-field": "person",
    "records-2-object": "",
    "records-2-field": "",
    "variables-agent": "clerk",
    "variables-campaign": "",
}


def test_a_trigger_is_filled_in_rows(designer, trigger):
    path = f"{ADMIN}/trigger/{trigger.pk}/change/"

    assert designer.post(path, TRIGGER_FORM).status_code == 302

    row = Trigger.objects.get()
    assert row.condition == {"field": "status", "op": "eq", "value": "paid"}
    assert row.records == {"Order": "Id", "Person": "person"}
    assert row.variables == {"agent": "clerk"}
    assert (row.email_field, row.language_field) == ("email", "language")
    shown = page(designer, f"trigger/{trigger.pk}/change/")
    assert 'name="records-1-object" value="Person"' in shown
    listed = page(designer, "trigger/")
    assert "is paid" in listed
    assert f">{sources.all_choices()[-1][1]}<" in listed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email_field": "e-mail"}, "Order has no field “e-mail”."),
        ({"email_field": ""}, "This field is required."),
        ({"records-1-field": "nobody"}, "Order has no field “nobody”."),
        ({"records-1-field": ""}, "Person: say which field holds the id."),
        ({"records-1-object": "A person"}, "“A person” is not the name of an object"),
        ({"records-1-object": "Order"}, "Order is there twice."),
        ({"variables-agent": "seller"}, "Order has no field “seller”."),
        ({"condition-0-value": ""}, "Give a value to compare with."),
        ({"source": "fax:1"}, "Select a valid choice"),
    ],
)
def test_a_wrong_row_is_said_and_kept_as_typed(designer, trigger, change, words):
    path = f"{ADMIN}/trigger/{trigger.pk}/change/"

    response = designer.post(path, TRIGGER_FORM | change)

    assert response.status_code == 200
    shown = response.content.decode()
    assert words in shown
    for value in change.values():
        if value not in {"", "fax:1"}:
            assert f'value="{value}"' in shown


def test_a_field_of_a_related_record_is_taken(designer, trigger):
    path = f"{ADMIN}/trigger/{trigger.pk}/change/"

    designer.post(path, TRIGGER_FORM | {"email_field": "Person.Email"})

    assert Trigger.objects.get().email_field == "Person.Email"


def test_fields_that_events_brought_can_be_chosen(designer, deployment):
    trigger = make_trigger(deployment, source="fax:1", object="Sheet")
    fields = {"Sender": "ada", "Pages": 3}
    receive(
        events=[
            Event(
                source="fax:1",
                event_id="1",
                object="Sheet",
                record_id="1",
                fields=fields,
            )
        ],
        now=NOW,
    )

    shown = page(designer, f"trigger/{trigger.pk}/change/")

    assert '<option value="Pages">Pages</option>' in shown
    assert "fax:1 (not connected)" in shown


def test_invitations_are_listed_without_their_tokens(designer, deployment):
    made = make_invitation(
        deployment, records={"Case": "500000000000001AAA"}, variables={"agent": "E-17"}
    )
    Invitation.objects.update(mail="failed", mail_error="550 No such user")

    listed = page(designer, "invitation/")
    shown = page(designer, f"invitation/{made.invitation.pk}/change/")

    assert "550 No such user" in listed
    assert "500000000000001AAA" in shown
    assert "E-17" in shown
    for text in (listed, shown):
        assert made.token not in text
        assert made.invitation.token_hash not in text
        assert "name=&quot;_save" not in text


def test_a_lost_key_does_not_break_the_list(designer, deployment, settings):
    make_invitation(deployment)
    settings.FIELD_KEYS = ["uOGGAfUhcB1Qm2G6_Yp9XJ5bsdDvnLOTrBLgEbTq4T4="]

    assert "ada@example.com" in page(designer, "invitation/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ADA@example.com", {"ada"}),
        ("q=500AAA", {"bob"}),
        ("q=exam", {"ada", "bob"}),
        ("mail__exact=failed", {"bob"}),
        ("milestone=completed", {"ada"}),
        ("milestone=open", {"bob"}),
    ],
)
def test_invitations_are_found(designer, deployment, query, found):
    ada = make_invitation(deployment, email="ada@example.com").invitation
    make_invitation(deployment, email="bob@example.com", records={"Case": "500AAA"})
    Invitation.objects.filter(pk=ada.pk).update(completed_at=NOW)
    Invitation.objects.exclude(pk=ada.pk).update(mail="failed")

    listed = page(designer, f"invitation/?{query}")

    assert {
        name for name in ("ada", "bob") if f"{name}@example.com<" in listed
    } == found


def act(client, model, action, *rows):
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(f"{ADMIN}/{model}/", form)


def test_a_failed_mail_is_sent_again(designer, deployment):
    failed = make_invitation(deployment).invitation
    sent = make_invitation(deployment).invitation
    Invitation.objects.filter(pk=failed.pk).update(mail="failed")
    Invitation.objects.filter(pk=sent.pk).update(mail="sent")

    response = act(designer, "invitation", "send_again", failed, sent)

    assert Invitation.objects.get(pk=failed.pk).mail == "waiting"
    assert Invitation.objects.get(pk=sent.pk).mail == "sent"
    assert "1 mail will be sent again." in said(response)
    assert "Only mails that failed" in said(response)


def test_an_invitation_is_cancelled_unless_it_was_answered(designer, deployment):
    one, answered = (make_invitation(deployment) for _ in range(2))
    Invitation.objects.filter(pk=answered.invitation.pk).update(completed_at=NOW)

    response = act(
        designer, "invitation", "cancel", one.invitation, answered.invitation
    )

    assert "1 invitation was cancelled." in said(response)
    assert Invitation.objects.get(pk=one.invitation.pk).cancelled_at
    assert find(answered.token, NOW).cancelled_at is None


def test_who_may_only_look_cannot_send(db, deployment):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_invitation"))
    viewer = Client()
    viewer.force_login(user)
    row = make_invitation(deployment).invitation
    Invitation.objects.update(mail="failed")

    act(viewer, "invitation", "send_again", row)

    assert Invitation.objects.get().mail == "failed"
    assert "send_again" not in page(viewer, "invitation/")


@pytest.fixture
def events(trigger):
    Deployment.objects.update(status="live")
    fields = {"email": "ada@example.com"}
    receive(
        events=[
            Event(
                source="shop:main",
                event_id="e1",
                object="Order",
                record_id="4711",
                fields=fields,
            ),
            Event(
                source="shop:main",
                event_id="e2",
                object="Order",
                record_id="4712",
                fields={"email": ""},
            ),
        ],
        now=NOW,
    )
    decide_waiting(now=NOW)
    return list(TriggerEvent.objects.order_by("pk"))


def test_an_event_says_why_somebody_was_not_asked(designer, events):
    shown = page(designer, f"triggerevent/{events[1].pk}/change/")

    assert "Why was this person (not) asked?" in shown
    assert "The field email held no e-mail address." in shown
    assert "No e-mail address" in page(designer, "triggerevent/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=4711", {"4711"}),
        ("q=ada@example", {"4711"}),
        ("outcome=no_address", {"4712"}),
        ("outcome=invited", {"4711"}),
        ("source=shop:main", {"4711", "4712"}),
        ("source=shop:other", set()),
        ("state__exact=failed", set()),
    ],
)
def test_events_are_found(designer, events, query, found):
    listed = page(designer, f"triggerevent/?{query}")

    assert {one for one in ("4711", "4712") if f"Order {one}<" in listed} == found


def test_failed_events_are_decided_again(designer, events):
    TriggerEvent.objects.filter(pk=events[0].pk).update(state="failed", error="broke")
    assert "broke" in page(designer, "triggerevent/")

    response = act(designer, "triggerevent", "decide_again", *events)

    assert "1 event will be decided again." in said(response)
    assert TriggerEvent.objects.get(pk=events[0].pk).state == "waiting"
    assert TriggerEvent.objects.get(pk=events[1].pk).state == "decided"


def test_an_address_is_put_on_the_list_by_hand(designer):
    form = {"email": "Ada@Example.com", "reason": "added", "note": "by phone"}

    designer.post(f"{ADMIN}/suppression/add/", form)

    entry = Suppression.objects.get()
    assert (entry.email, entry.note) == ("ada@example.com", "by phone")
    assert "ada@example.com" in page(designer, "suppression/")
    assert 'name="email"' not in page(designer, f"suppression/{entry.pk}/change/")


@pytest.mark.parametrize("email", ["ADA@example.com", "nobody", "a@b"])
def test_a_wrong_or_listed_address_is_refused(designer, email):
    Suppression.objects.create(
        email="ada@example.com", reason="opted_out", created_at=NOW
    )

    response = designer.post(
        f"{ADMIN}/suppression/add/", {"email": email, "reason": "added"}
    )

    assert response.status_code == 200
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("model", ["invitation", "triggerevent"])
def test_what_happened_cannot_be_made_up(designer, model):
    assert designer.get(f"{ADMIN}/{model}/add/").status_code == 403
