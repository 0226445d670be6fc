"""Connections over REST: set up as documents, with a secret that is never read back."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from crm_mappings.connection_documents import connection_document, save_document
from crm_mappings.models import Connection
from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db
BODY = {
    "key": "production",
    "name": "Production",
    "login_url": "https://acme.my.salesforce.com",
    "client_id": "consumer",
    "client_secret": "a secret of theirs",
}


@pytest.fixture
def call(client):
    def call(method, path, body=None, *, key=None, **headers):
        told = {"data": body or {}, "content_type": "application/json"}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return getattr(client, method)(
            f"/api/v1/connections/{path}",
            **({} if method == "get" else told),
            headers=bearer(key or make_api_key("mappings:write")) | named,
        )

    return call


def maker(*roles):
    user = get_user_model().objects.create_user("maker")
    user.groups.set(Group.objects.filter(name__in=roles))
    return make_api_key("mappings:write", created_by=user)


def test_a_connection_is_made_and_its_secret_is_not_told(call):
    made = call("post", "", BODY)

    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["status"], told["has_secret"]) == ("new", True)
    assert told["login"] == "client_credentials"
    assert BODY["client_secret"] not in made.content.decode()
    assert "client_secret" not in told
    row = Connection.objects.get()
    assert row.client_secret == BODY["client_secret"]
    assert row.hook_secret
    assert call("get", "production/").json() == told
    assert call("get", "").json()["results"] == [told]


def test_it_logs_in_at_its_first_check(call, org):
    org_body = {
        **BODY,
        "login_url": org.url,
        "client_id": org.client_id,
        "client_secret": org.client_secret,
    }
    assert call("post", "", org_body).status_code == 201

    assert call("post", "production/check/").json()["passed"] is True
    assert call("get", "production/").json()["status"] == "connected"


def test_what_was_read_can_be_sent_back_and_the_secret_stays(call):
    read = call("post", "", BODY).json()

    answer = call("put", "production/", {**read, "name": "The org"})

    assert answer.json() == {**read, "name": "The org"}
    assert Connection.objects.get().client_secret == BODY["client_secret"]
    assert call("put", "production/", {**read, "client_secret": "next"}).json() == read
    assert Connection.objects.get().client_secret == "next"


def test_it_is_the_document_that_apply_reads(call):
    call("post", "", {**BODY, "reads_opt_outs": True, "tell": "crm@example.com"})

    document = connection_document(Connection.objects.get())

    assert "client_secret" not in document
    assert document["reads_opt_outs"] is True
    assert save_document(document=document) == Connection.objects.get()
    assert call("put", "production/", document).status_code == 200
    assert connection_document(Connection.objects.get()) == document


def test_one_whose_app_is_still_to_be_made_is_a_document_too(call):
    body = {"key": "later", "name": "Later", "login": "web_server"}

    assert call("post", "", body).status_code == 201
    document = connection_document(Connection.objects.get())

    assert document == body
    save_document(document=document)
    assert connection_document(Connection.objects.get()) == document


def test_a_key_that_is_taken_is_told(call):
    call("post", "", BODY)

    answer = call("post", "", {**BODY, "name": "Another"})

    assert answer.status_code == 409
    assert "Change it by PUT" in answer.json()["title"]
    assert Connection.objects.get().name == "Production"


@pytest.mark.parametrize(
    ("wrong", "place", "word"),
    [
        ({"login_url": "https://example.com"}, "login_url", "Salesforce"),
        ({"login_url": "http://acme.my.salesforce.com"}, "login_url", ""),
        ({"login": "password"}, "login", ""),
        ({"key": "Not a key"}, "key", ""),
        ({"name": ""}, "name", ""),
        ({"tell": "nobody"}, "tell", "address"),
        ({"client_secret": 7}, "client_secret", "text"),
        ({"client_secret": "a\x00"}, "client_secret", "control"),
        ({"client_id": "a" * 256}, "client_id", ""),
        ({"access_token": "mine"}, "access_token", "not known"),
        ({"hook_secret": "mine"}, "hook_secret", "not known"),
    ],
)
def test_what_is_wrong_is_named(call, wrong, place, word):
    answer = call("post", "", {**BODY, **wrong})

    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["path"] == place
    assert word in error["message"]
    assert not Connection.objects.exists()


@pytest.mark.parametrize("body", ["[]", "3", '"text"', "null"])
def test_no_object_is_no_connection(client, body):
    answer = client.post(
        "/api/v1/connections/",
        body,
        content_type="application/json",
        headers=bearer(make_api_key("mappings:write")),
    )

    assert answer.status_code == 400


def test_another_key_than_that_of_the_address_is_refused(call):
    read = call("post", "", BODY).json()

    answer = call("put", "production/", {**read, "key": "another"})

    assert answer.json()["errors"][0]["path"] == "key"
    assert call("put", "nowhere/", BODY).status_code == 404


@pytest.mark.parametrize(
    ("role", "made", "changed"),
    [("CRM admin", 201, 200), ("Integrator", 403, 403), ("Survey designer", 403, 403)],
)
def test_a_key_sets_up_what_its_maker_may(call, role, made, changed):
    key = maker(role)

    assert call("post", "", BODY, key=key).status_code == made
    save_document(document={"key": "kept", "name": "Kept"})
    answer = call("put", "kept/", {"name": "Changed"}, key=key)

    assert answer.status_code == changed
    if changed == 403:
        assert "crm_mappings.change_connection" in answer.json()["title"]
        assert Connection.objects.get(key="kept").name == "Kept"


def test_a_call_that_comes_twice_makes_one(call):
    key = make_api_key("mappings:write")
    first = call("post", "", BODY, key=key, Idempotency_Key="once")
    again = call("post", "", BODY, key=key, Idempotency_Key="once")

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Connection.objects.count() == 1
