"""Contacts are made and changed in bulk, each with its own result, and mailed once."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from django_q.models import OrmQ

from deployments.mailings import carry_out_due
from deployments.mailings.asked_for import LEASE
from deployments.models import Contact, Deployment, Invitation, Mailing
from deployments.signals import invitation_changed
from deployments.suppression import suppress
from surveys.models import Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
URL = "/api/v1/deployments/news/contacts/"
MAILINGS = "/api/v1/deployments/news/mailings/"
NOW = timezone.now() + timedelta(hours=1)


@pytest.fixture
def deployment():
    return make_deployment(publish_survey().survey, key="news", channel="mailing")


@pytest.fixture
def post(client, deployment):
    headers = bearer(make_api_key())

    def send(url, body, **more):
        return client.post(
            url, body, content_type="application/json", headers=headers | more
        )

    return send


def outcomes(answer):
    return [one["outcome"] for one in answer.json()]


def test_contacts_are_made_changed_and_left_alone(post):
    ada = {"email": "Ada@Example.com", "name": "Ada", "variables": {"agent": "E-17"}}
    bob = {"email": "bob@example.com", "records": {"Contact": "003x"}}

    first = post(URL, {"contacts": [ada, bob]})
    second = post(URL, {"contacts": [{**ada, "name": "Ada L."}, bob]})

    assert first.status_code == 200
    assert first.json()[0] == {"email": "Ada@Example.com", "outcome": "created"}
    assert outcomes(first) == ["created", "created"]
    assert outcomes(second) == ["changed", "unchanged"]
    row = Contact.objects.get(name="Ada L.")
    assert (row.email, row.variables) == ("ada@example.com", {"agent": "E-17"})
    assert not Invitation.objects.exists()


def test_what_is_wrong_comes_back_in_its_place_and_holds_up_nobody(post):
    told = [
        {"email": "ada@example.com"},
        {"email": "nonsense", "name": 3},
        {"email": "ADA@example.com"},
        {"email": "bob@example.com", "variables": {"unknown": "x"}},
        {"email": "eve@example.com", "time_zone": "Mars/Base"},
        "no object",
        {"email": "zoe@example.com", "nmae": "Zoe"},
        {"email": "joe@example.com"},
    ]

    answer = post(URL, {"contacts": told})

    assert outcomes(answer) == ["created", *["refused"] * 6, "created"]
    problems = [one.get("problems", {}) for one in answer.json()]
    assert "name" in problems[1]
    assert "twice" in problems[2]["email"][0]
    assert "unknown" in problems[3]["variables"]
    assert "time_zone" in problems[4]
    assert problems[5]
    assert "nmae" in problems[6]
    assert Contact.objects.count() == 2


def test_a_thousand_contacts_are_kept_in_one_call(post, django_assert_max_num_queries):
    told = [{"email": f"p{number}@example.com"} for number in range(1000)]

    with django_assert_max_num_queries(30):
        answer = post(URL, {"contacts": told})

    assert set(outcomes(answer)) == {"created"}
    assert post(URL, {"contacts": [*told, told[0]]}).status_code == 400
    assert post(URL, {"contacts": []}).status_code == 400
    assert post(URL, {}).status_code == 400
    assert post(URL, [1]).status_code == 400


def test_contacts_are_read_by_page_and_address(client, post):
    post(URL, {"contacts": [{"email": f"p{n}@example.com"} for n in range(3)]})
    headers = bearer(make_api_key("responses:read"))

    page = client.get(URL, {"limit": 2, "fields": "email"}, headers=headers).json()
    one = client.get(URL, {"email": "P1@example.com"}, headers=headers).json()

    assert page["results"] == [{"email": "p2@example.com"}, {"email": "p1@example.com"}]
    assert [row["email"] for row in one["results"]] == ["p1@example.com"]
    assert client.get(URL, {"email": "\x00"}, headers=headers).json()["results"] == []


@pytest.fixture
def read(client):
    headers = bearer(make_api_key())

    def get(url, **query):
        return client.get(url, query, headers=headers).json()

    return get


def test_a_mailing_asks_each_contact_once(post, read):
    suppress(email="bob@example.com", reason="opted_out", now=STARTED)
    people = ["ada@example.com", "bob@example.com"]
    post(URL, {"contacts": [{"email": one, "name": "N"} for one in people]})

    first = post(MAILINGS, {"name": "November"})
    again = post(MAILINGS, {"name": " november "})

    assert first.status_code == 202
    assert (first.json()["state"], first.json()["invited"]) == ("waiting", 0)
    assert not Invitation.objects.exists()
    assert OrmQ.objects.count() == 2  # workers are woken
    assert carry_out_due(now=NOW) == 2
    told = read(f"{MAILINGS}{first.json()['id']}/")
    assert (told["state"], told["invited"], told["invited_before"]) == ("done", 1, 0)
    assert [one["email"] for one in told["not_invited"]] == ["bob@example.com"]
    assert "Not to be asked" in told["not_invited"][0]["reason"]
    (newest, _first) = read(MAILINGS)["results"]
    assert (newest["id"], newest["invited_before"]) == (again.json()["id"], 1)
    assert Invitation.objects.get().mail == "waiting"
    assert carry_out_due(now=NOW) == 0


def test_a_mailing_waits_while_its_deployment_is_paused(post, read):
    post(URL, {"contacts": [{"email": "ada@example.com"}]})
    made = post(MAILINGS, {"name": "November"}).json()
    Deployment.objects.update(status="paused")
    assert carry_out_due(now=NOW) == 0

    Deployment.objects.update(status="live")

    assert carry_out_due(now=NOW) == 1
    assert read(f"{MAILINGS}{made['id']}/")["invited"] == 1


class Killed(BaseException):
    """What a worker is ended by."""


def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(post, read):
    post(URL, {"contacts": [{"email": f"p{n}@example.com"} for n in range(250)]})
    made = post(MAILINGS, {"name": "November"}).json()

    def kill_at_the_second_batch(sender, invitation, **_more):
        if Invitation.objects.count() > 200:
            raise Killed

    invitation_changed.connect(kill_at_the_second_batch)
    try:
        with pytest.raises(Killed):
            carry_out_due(now=NOW)
    finally:
        invitation_changed.disconnect(kill_at_the_second_batch)
    assert Invitation.objects.count() == 200
    assert read(f"{MAILINGS}{made['id']}/")["state"] == "working"
    assert carry_out_due(now=NOW) == 0  # it may still be at it

    assert carry_out_due(now=NOW + LEASE) == 1

    told = read(f"{MAILINGS}{made['id']}/")
    assert (told["state"], told["invited"], told["invited_before"]) == ("done", 250, 0)
    assert Invitation.objects.count() == 250


def test_a_worker_that_comes_back_late_invites_nobody(post):
    post(URL, {"contacts": [{"email": "ada@example.com"}]})
    post(MAILINGS, {"name": "November"})

    def take_over(sender, **_more):
        Mailing.objects.update(lease_token=uuid.uuid4())

    invitation_changed.connect(take_over)
    try:
        assert carry_out_due(now=NOW) == 0
    finally:
        invitation_changed.disconnect(take_over)

    assert not Invitation.objects.exists()


def test_a_mailing_of_another_deployment_is_not_there(post, read):
    made = post(MAILINGS, {"name": "November"}).json()
    make_deployment(Survey.objects.get(), key="other", channel="mailing")

    told = read(f"/api/v1/deployments/other/mailings/{made['id']}/")

    assert told["status"] == 404


def test_a_mailing_of_a_deployment_that_is_not_live_is_refused(post):
    Deployment.objects.update(status="paused")

    answer = post(MAILINGS, {"name": "November"})

    assert answer.status_code == 409
    assert answer.json()["type"].endswith(":deployment-not-live")


def test_a_call_that_is_sent_again_is_answered_again(post):
    body = {"contacts": [{"email": "ada@example.com"}]}

    first, again = (post(URL, body, **{"Idempotency-Key": "one"}) for _ in range(2))

    assert outcomes(first) == outcomes(again) == ["created"]
    assert again["Idempotency-Replayed"] == "true"


def test_a_key_sees_no_contacts_of_surveys_that_its_maker_may_not_see(client, post):
    post(URL, {"contacts": [{"email": "ada@example.com"}]})
    owner, other = (
        get_user_model().objects.create_user(name) for name in ("owner", "other")
    )
    Survey.objects.update(owner=owner, everyone="none")
    headers = bearer(make_api_key(created_by=other))

    assert client.get(URL, headers=headers).status_code == 404
    for url in (URL, MAILINGS):
        answer = client.post(
            url, {"name": "x"}, content_type="application/json", headers=headers
        )
        assert answer.status_code == 404


def test_contacts_stand_in_the_admin(admin_client, post):
    post(URL, {"contacts": [{"email": "ada@example.com", "name": "Ada"}]})

    page = admin_client.get("/admin/deployments/contact/")

    assert "ada@example.com" in page.content.decode()
    row = Contact.objects.get()
    detail = admin_client.get(f"/admin/deployments/contact/{row.pk}/change/")
    assert detail.status_code == 200
