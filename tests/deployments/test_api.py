"""Other systems ask for links, tell what happened, and read who was asked."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from deployments.invitations import find
from deployments.models import Deployment, Invitation, TriggerEvent
from deployments.triggers import decide_waiting
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import (
    NOW,
    make_deployment,
    make_invitation,
    make_trigger,
)

LINKS, INVITATIONS = "/api/v1/tracking-links/", "/api/v1/invitations/"
EVENTS = "/api/v1/trigger-events/"

ADA = {
    "email": "Ada@example.com",
    "name": "Ada",
    "language": "de",
    "event_key": "00001026-closed",
    "records": {"Case": "500D000001AbCdEIAV"},
    "variables": {"agent": "E-17", "campaign": "701"},
}


@pytest.fixture
def api(db):
    secret = make_api_key()

    def call(method, path, body=None, **query):
        client = Client(headers=bearer(secret))
        if method == "GET":
            return client.get(path, query)
        return client.post(path, body, content_type="application/json")

    return call


@pytest.fixture
def deployment(survey):
    return make_deployment(survey, key="case-closed", channel="links")


def ask(api, *links, deployment="case-closed"):
    return api("POST", LINKS, {"deployment": deployment, "links": list(links)})


def errors(response):
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    return {error["path"]: error["message"] for error in response.json()["errors"]}


def test_a_link_is_made_for_an_address(api, deployment, settings):
    response = ask(api, ADA)

    assert response.status_code == 201
    (link,) = response.json()
    assert link["email"] == "Ada@example.com"
    assert link["created"] is True
    assert link["url"] == f"{settings.BASE_URL}/s/{link['token']}/"
    invitation = find(link["token"], NOW)
    assert invitation.email == "ada@example.com"
    assert invitation.records == ADA["records"]
    assert invitation.variables == ADA["variables"]
    assert invitation.language == "de"
    assert invitation.mail == Invitation.Mail.NONE


def test_the_same_event_key_again_gives_the_same_link(api, deployment):
    (first,) = ask(api, ADA).json()

    (again,) = ask(api, ADA | {"email": "ada@example.com", "records": {}}).json()

    assert again["created"] is False
    assert (again["token"], again["url"]) == (first["token"], first["url"])
    assert Invitation.objects.get().records == ADA["records"]


def test_one_event_key_for_two_people_makes_two_links(api, deployment):
    one, other = ask(api, ADA, ADA | {"email": "bob@example.com"}).json()

    assert one["token"] != other["token"]
    assert one["created"]
    assert other["created"]


def test_without_an_event_key_each_call_makes_a_new_link(api, deployment):
    link = {"email": "ada@example.com"}

    one, other = ask(api, link, link).json()

    assert one["token"] != other["token"]


def test_a_thousand_links_come_in_one_call_in_their_order(api, deployment):
    links = [{"email": f"p{n}@example.com", "event_key": "wave"} for n in range(1000)]

    response = ask(api, *links)

    assert [link["email"] for link in response.json()] == [
        link["email"] for link in links
    ]
    assert Invitation.objects.count() == 1000


def test_numbers_and_truth_values_become_text(api, deployment):
    ask(api, ADA | {"variables": {"agent": 17, "campaign": True}})

    assert Invitation.objects.get().variables == {"agent": "17", "campaign": "true"}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"email": "nobody"}, "email", "“nobody” is not an e-mail address"),
        ({"email": ""}, "email", "may not be blank"),
        ({"email": None}, "email", "may not be null"),
        ({"email": f"{'a' * 250}@example.com"}, "email", "is not an e-mail address"),
        ({"language": "Deutsch"}, "language", "“Deutsch” is not a language code"),
        ({"event_key": "x" * 201}, "event_key", "no more than 200"),
        ({"name": "a\x00b"}, "name", "Null characters"),
        (
            {"variables": {"agnt": "x"}},
            "variables.agnt",
            "declares no variable “agnt”; it has: agent, campaign.",
        ),
        ({"variables": {"agent": None}}, "variables.agent", "may not be null"),
        ({"variables": {"agent": ["x"]}}, "variables.agent", "Not a valid string"),
        ({"variables": []}, "variables", "Expected a dictionary"),
        ({"records": {"Case": "x" * 256}}, "records.Case", "no more than 255"),
        ({"records": {"Case Id": "500"}}, "records", "“Case Id” is not the name"),
        (
            {"records": {f"O{n}": "1" for n in range(21)}},
            "records",
            "20 records at most",
        ),
        ({"event-key": "x"}, "event-key", "“event-key” is not known here"),
    ],
)
def test_a_wrong_link_is_named_and_nothing_is_made(
    api, deployment, change, path, words
):
    response = ask(api, ADA, ADA | {"event_key": "b"}, ADA | change)

    found = errors(response)
    assert list(found) == [f"links.2.{path}"]
    assert words in found[f"links.2.{path}"]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({"deployment": "no-such", "links": [ADA]}, "deployment", "“no-such”"),
        ({"links": [ADA]}, "deployment", "required"),
        ({"deployment": "case-closed"}, "links", "required"),
        ({"deployment": "case-closed", "links": []}, "links", "may not be empty"),
        ({"deployment": "case-closed", "links": "x"}, "links", "Expected a list"),
        (
            {"deployment": "case-closed", "links": [ADA] * 1001},
            "links",
            "no more than 1000",
        ),
        ({"deployment": "case-closed", "links": [3]}, "links.0", "dictionary"),
        ([], "", "dictionary"),
    ],
)
def test_a_wrong_body_is_said_in_words(api, deployment, body, path, words):
    found = errors(api("POST", LINKS, body))

    assert words in found[path]


@pytest.mark.parametrize("status", ["draft", "paused"])
def test_a_deployment_that_is_not_live_makes_no_links(api, deployment, status):
    Deployment.objects.update(status=status)

    response = ask(api, ADA)

    assert response.status_code == 409
    assert response.json()["type"] == "urn:tellback:problem:deployment-not-live"
    assert "“case-closed” is not live" in response.json()["title"]


def test_a_survey_that_is_not_published_makes_no_links(api, deployment):
    type(deployment.survey).objects.update(live_version=None)

    response = ask(api, ADA)

    assert response.status_code == 409
    assert "not published" in response.json()["title"]


@pytest.mark.parametrize(
    ("path", "scope", "method"),
    [
        (LINKS, "links:write", "POST"),
        (INVITATIONS, "responses:read", "GET"),
        (EVENTS, "responses:read", "GET"),
        (EVENTS, "links:write", "POST"),
    ],
)
def test_each_door_asks_for_its_scope(db, path, scope, method):
    wrong = Client(headers=bearer(make_api_key("surveys:read")))
    right = Client(headers=bearer(make_api_key(scope)))
    nobody = Client()

    def call(client):
        if method == "GET":
            return client.get(path).status_code
        return client.post(path, {}, content_type="application/json").status_code

    assert call(nobody) == 401
    assert call(wrong) == 403
    assert call(right) in {200, 400}


def test_invitations_are_read_newest_first_and_without_their_tokens(api, survey):
    one = make_deployment(survey, key="one")
    other = make_deployment(survey, key="other")
    made = [
        make_invitation(one, email="ada@example.com", records={"Case": "500"}),
        make_invitation(one, email="bob@example.com"),
        make_invitation(other, email="ada@example.com"),
    ]

    everything = api("GET", INVITATIONS)

    rows = everything.json()["results"]
    assert [row["id"] for row in rows] == [
        str(one.invitation.public_id) for one in reversed(made)
    ]
    assert rows[2]["deployment"] == "one"
    assert rows[2]["records"] == {"Case": "500"}
    for one in made:
        assert one.token not in everything.content.decode()
        assert one.invitation.token_hash not in everything.content.decode()


def test_invitations_are_found_by_deployment_and_address(api, survey):
    one = make_deployment(survey, key="one")
    make_invitation(one, email="ada@example.com")
    make_invitation(one, email="bob@example.com")

    def emails(**query):
        rows = api("GET", INVITATIONS, **query).json()["results"]
        return [row["email"] for row in rows]

    assert emails(deployment="one", email="ADA@example.com") == ["ada@example.com"]
    assert emails(deployment="other") == []
    assert emails(email="a\x00b") == []


def test_an_invitation_is_read_by_the_id_that_it_was_given(api, deployment):
    made = api("POST", INVITATIONS, {"deployment": "case-closed", **ADA}).json()

    told = api("GET", f"{INVITATIONS}{made['id']}/").json()

    assert (told["id"], told["mail"]) == (made["id"], "waiting")
    assert told["event_key"] == ADA["event_key"]
    assert "token" not in told
    assert api("GET", f"{INVITATIONS}{uuid.uuid4()}/").status_code == 404
    assert api("GET", f"{INVITATIONS}nonsense/").status_code == 404


def test_a_page_leads_to_the_next(api, survey):
    deployment = make_deployment(survey)
    for number in range(5):
        make_invitation(deployment, email=f"p{number}@example.com")

    seen, address = [], f"{INVITATIONS}?limit=2"
    while address:
        page = api("GET", address).json()
        seen += [row["email"] for row in page["results"]]
        address = page["next"]

    assert seen == [f"p{number}@example.com" for number in (4, 3, 2, 1, 0)]


def test_a_broken_cursor_is_no_crash(api):
    assert api("GET", f"{INVITATIONS}?cursor=%00x").status_code == 400


EVENT = {
    "source": "shop:main",
    "event_id": "e1",
    "object": "Order",
    "record_id": "4711",
    "fields": {"email": "ada@example.com", "total": 12.5},
    "occurred_at": "2026-03-01T10:00:00Z",
}


def test_events_are_stored_once_and_say_what_became_of_them(api, survey):
    trigger = make_trigger(
        make_deployment(survey, key="orders"),
        source="shop:main",
        object="Order",
        email_field="email",
        records={},
    )

    first = api("POST", EVENTS, {"events": [EVENT]})
    again = api("POST", EVENTS, {"events": [EVENT, EVENT | {"event_id": "e2"}]})
    decide_waiting(now=TriggerEvent.objects.get(event_id="e2").received_at)

    assert (first.status_code, first.json()) == (201, {"stored": 1, "repeated": 0})
    assert again.json() == {"stored": 1, "repeated": 1}
    rows = api("GET", EVENTS, record_id="4711", state="decided").json()["results"]
    decisions = {row["event_id"]: row["decisions"][0] for row in rows}
    assert decisions["e1"]["invited"] is True
    assert decisions["e1"]["deployment"] == trigger.deployment.key
    assert decisions["e2"]["code"] == "asked_about_this_record"
    assert api("GET", EVENTS, record_id="0").json()["results"] == []
    assert api("GET", EVENTS, state="\x00").status_code == 400


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"event_id": ""}, "events.0.event_id"),
        ({"source": None}, "events.0.source"),
        ({"fields": []}, "events.0.fields"),
        ({"occurred_at": "yesterday"}, "events.0.occurred_at"),
        ({"more": 1}, "events.0.more"),
        ({"record_id": "x" * 101}, "events.0.record_id"),
    ],
)
def test_a_wrong_event_is_named(api, change, path):
    found = errors(api("POST", EVENTS, {"events": [EVENT | change]}))

    assert list(found) == [path]
    assert not TriggerEvent.objects.exists()
