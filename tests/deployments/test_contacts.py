"""Contacts are made and changed in bulk, each with its own result, and mailed once."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from deployments.models import Contact, Deployment, Invitation
from deployments.suppression import suppress
from surveys.models import Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
URL = "/api/v1/deployments/news/contacts/"
MAILINGS = "/api/v1/deployments/news/mailings/"


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


def test_a_mailing_asks_each_contact_once(post):
    suppress(email="bob@example.com", reason="opted_out", now=STARTED)
    people = ["ada@example.com", "bob@example.com"]
    post(URL, {"contacts": [{"email": one, "name": "N"} for one in people]})

    first = post(MAILINGS, {"name": "November"})
    again = post(MAILINGS, {"name": " november "})

    told = first.json()
    assert first.status_code == 201
    assert (told["invited"], told["invited_before"]) == (1, 0)
    assert [one["email"] for one in told["not_invited"]] == ["bob@example.com"]
    assert (again.json()["invited"], again.json()["invited_before"]) == (0, 1)
    assert Invitation.objects.get().mail == "waiting"


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
