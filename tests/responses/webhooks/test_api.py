"""Webhooks over REST and in the admin: made, watched, stopped, replayed."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from config.configuration import apply, entries, export
from responses.webhooks.models import Delivery, Webhook
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import submit_response
from tests.factories.surveys import publish_survey
from tests.responses.webhooks.conftest import NOW

URL = "/api/v1/webhooks/"
DOCUMENT = {
    "key": "warehouse",
    "name": "Warehouse",
    "url": "https://example.com/hook",
    "events": ["response.completed", "write_back.held"],
}


@pytest.fixture
def api(client, db):
    headers = bearer(make_api_key("webhooks:write"))

    def call(method, address="", body=None, **extra):
        return getattr(client, method)(
            f"{URL}{address}",
            *([body] if body is not None else []),
            content_type="application/json",
            headers=headers | extra,
        )

    return call


def test_made_read_changed_and_deleted(api):
    made = api("post", body=DOCUMENT)
    assert made.status_code == 201, made.content
    assert made.json()["secret"].startswith("whsec_")

    read = api("get", "warehouse/").json()
    assert "secret" not in read
    assert {name: read[name] for name in DOCUMENT} == DOCUMENT
    changed = api("put", "warehouse/", {**read, "ordered": True}).json()
    assert changed["ordered"] is True
    assert api("get").json()["results"] == [changed]
    assert api("delete", "warehouse/").status_code == 204
    assert api("get", "warehouse/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": 7}, "url"),
        ({"events": ["response.invented"]}, "events"),
        ({"events": []}, "events"),
        ({"events": "response.completed"}, "events"),
        ({"survey": "none"}, "survey"),
        ({"emails": "no address"}, "emails"),
        ({"key": "No Key"}, "key"),
        ({"invented": 1}, "invented"),
    ],
)
def test_what_is_wrong_is_named(api, wrong, place):
    answer = api("post", body={**DOCUMENT, **wrong})

    assert answer.status_code == 400
    assert [one["path"].split(".")[0] for one in answer.json()["errors"]] == [place]
    assert not Webhook.objects.exists()


def test_a_second_of_the_same_key_is_refused_and_a_repeated_call_is_not(api):
    first = api("post", body=DOCUMENT, **{"Idempotency-Key": "one"})
    again = api("post", body=DOCUMENT, **{"Idempotency-Key": "one"})
    other = api("post", body=DOCUMENT)

    assert again.json() == first.json()
    assert other.status_code == 409
    assert first.json()["secret"] not in other.content.decode()


def test_a_key_that_another_has_taken_tells_nothing_of_it(api, make_hook):
    hook = make_hook(key=DOCUMENT["key"], name="Theirs")

    answer = api("post", body=DOCUMENT)

    assert answer.status_code == 409
    assert hook.secret not in answer.content.decode()
    assert Webhook.objects.get().name == "Theirs"


def test_acts_over_rest(api, make_hook, work, receiver):
    hook = make_hook()
    secret = hook.secret
    assert api("post", f"{hook.key}/test/").status_code == 202
    work(NOW.replace(year=2027))
    [delivery] = api("get", f"{hook.key}/deliveries/?state=delivered").json()["results"]
    assert (delivery["event"], delivery["log"][0]["status"]) == ("webhook.test", 200)
    again = api("post", f"{hook.key}/deliveries/{delivery['id']}/replay/")
    assert again.json()["state"] == "waiting"
    assert api("post", f"{hook.key}/pause/").json()["status"] == "paused"
    assert api("post", f"{hook.key}/resume/").json()["status"] == "active"
    assert api("post", f"{hook.key}/rotate-secret/").json()["secret"] != secret


def test_replay_since_a_moment(api, make_hook):
    publish_survey()
    hook = make_hook()
    submit_response(publish_survey(), {"csat": 4})
    Delivery.objects.update(state="failed")
    address = f"{hook.key}/replay/"

    assert api("post", address, {"since": "2027-01-01T00:00:00Z"}).json()["count"] == 0
    assert api("post", address, {"since": "2026-01-01T00:00:00Z"}).json()["count"] == 1
    assert api("post", address, {"since": "yesterday"}).status_code == 400
    assert api("get", f"{hook.key}/deliveries/?state=odd").status_code == 400


def test_another_scope_does_not_open_them(client, make_hook):
    hook = make_hook()
    headers = bearer(make_api_key("responses:read"))

    assert client.get(URL, headers=headers).status_code == 403
    assert client.delete(f"{URL}{hook.key}/", headers=headers).status_code == 403
    assert Webhook.objects.exists()


def test_a_webhook_is_a_document_of_the_set_up(make_hook):
    make_hook("response.erased", survey=publish_survey().survey, thin=True)
    documents = list(export())
    Webhook.objects.all().delete()

    apply(found=list(entries(documents, file="setup.yaml")))

    assert list(export()) == documents


@pytest.fixture
def admin(client, db):
    user = get_user_model().objects.create_superuser("ada")
    client.force_login(user)
    return client


def test_the_admin_makes_one_and_shows_its_secret_once(admin):
    add = reverse("admin:webhooks_webhook_add")
    answer = admin.post(add, DOCUMENT, follow=True)

    hook = Webhook.objects.get()
    assert hook.secret in answer.content.decode()
    page = admin.get(reverse("admin:webhooks_webhook_change", args=[hook.pk]))
    assert hook.secret not in page.content.decode()


def test_the_admin_shows_what_came_of_a_test_and_sends_again(
    admin, make_hook, work, receiver
):
    hook = make_hook()
    for act in ("test", "rotate", "pause", "resume"):
        answer = admin.post(reverse(f"admin:webhooks_webhook_{act}", args=[hook.pk]))
        assert answer.status_code == 302, act
    work(NOW.replace(year=2027))

    page = admin.get(reverse("admin:webhooks_webhook_change", args=[hook.pk]))
    assert "webhook.test" in page.content.decode()
    delivery = Delivery.objects.get()
    log = reverse("admin:webhooks_delivery_changelist")
    assert "webhook.test" in admin.get(log).content.decode()
    detail = reverse("admin:webhooks_delivery_change", args=[delivery.pk])
    assert "This is a test." in admin.get(detail).content.decode()
    asked = {"action": "send_again", "_selected_action": [delivery.pk]}
    assert (
        "1 event is sent again" in admin.post(log, asked, follow=True).content.decode()
    )
    assert admin.get(reverse("admin:webhooks_webhook_changelist")).status_code == 200


def test_an_act_needs_a_press_of_its_button(admin, make_hook):
    hook = make_hook()

    answer = admin.get(reverse("admin:webhooks_webhook_rotate", args=[hook.pk]))

    assert answer.status_code == 403
