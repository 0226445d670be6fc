"""Limits over REST: set up as documents, for who may do it in the admin."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from deployments.limit_documents import limit_document
from deployments.models import Cap
from surveys.models import Level, Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment

pytestmark = pytest.mark.django_db
BODY = {
    "key": "twice-a-quarter",
    "name": "Twice a quarter",
    "survey": "support-csat",
    "most": 2,
    "months": 3,
    "object": "Account",
    "condition": {"field": "Type", "op": "eq", "value": "Customer"},
}


@pytest.fixture
def call(client, survey):
    def call(method, path="", body=None, *, key=None, **headers):
        told = {"data": json.dumps(body), "content_type": "application/json"}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return getattr(client, method)(
            f"/api/v1/limits/{path}",
            **({} if method == "get" else told),
            headers=bearer(key or make_api_key("deployments:write")) | named,
        )

    return call


def key_of(role):
    user = get_user_model().objects.create_user("maker")
    user.groups.set(Group.objects.filter(name=role))
    return make_api_key("deployments:write", created_by=user)


def test_a_limit_is_the_document_that_apply_reads(call):
    made = call("post", body=BODY)

    assert made.status_code == 201, made.content
    assert made.json() == BODY == limit_document(Cap.objects.get())
    assert call("get", "twice-a-quarter/").json() == BODY
    assert call("get").json()["results"] == [BODY]


def test_it_is_replaced_while_it_is_as_it_was_read(call):
    call("post", body=BODY)
    read = call("get", "twice-a-quarter/")
    bare = {"key": "twice-a-quarter", "name": "Once"}

    answer = call("put", "twice-a-quarter/", {"name": "Once"}, If_Match=read["ETag"])

    assert answer.json() == bare
    assert Cap.objects.get().survey is None
    late = call("put", "twice-a-quarter/", BODY, If_Match=read["ETag"])
    assert late.status_code == 412


def test_a_limit_is_deleted(call):
    call("post", body=BODY)

    assert call("delete", "twice-a-quarter/").status_code == 204
    assert call("delete", "twice-a-quarter/").status_code == 404
    assert not Cap.objects.exists()


def test_a_limit_of_one_deployment_stands_in_its_document_alone(call, survey):
    deployment = make_deployment(survey)
    Cap.objects.create(key="of-one", name="Of one", deployment=deployment)

    assert call("get").json()["results"] == []
    assert call("get", "of-one/").status_code == 404
    assert call("delete", "of-one/").status_code == 404


def test_a_key_that_is_taken_is_told(call):
    call("post", body=BODY)

    answer = call("post", body={**BODY, "name": "Another"})

    assert answer.status_code == 409
    assert "Change it by PUT" in answer.json()["title"]
    assert Cap.objects.get().name == "Twice a quarter"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"key": ""}, "key"),
        ({"key": "Not a key"}, "key"),
        ({"name": ""}, "name"),
        ({"survey": "a\x00\ud800"}, "survey"),
        ({"survey": ["support-csat"]}, "survey"),
        ({"most": -1}, "most"),
        ({"months": 1.5}, "months"),
        ({"days": 7}, "months"),
        ({"channel": "pigeon"}, "channel"),
        ({"condition": {"field": "Type"}}, "condition"),
        ({"deployment": "case-closed"}, "deployment"),
    ],
)
def test_what_is_wrong_is_named(call, wrong, place):
    answer = call("post", body={**BODY, **wrong})

    assert answer.status_code == 400, answer.content
    assert [one["path"] for one in answer.json()["errors"]] == [place]
    assert not Cap.objects.exists()


@pytest.mark.parametrize("body", [[], 3, "text", None])
def test_no_object_is_no_limit(call, body):
    call("post", body=BODY)

    assert call("post", body=body).status_code == 400
    assert call("put", "twice-a-quarter/", body).status_code == 400


def test_another_key_than_that_of_the_address_is_refused(call):
    call("post", body=BODY)

    answer = call("put", "twice-a-quarter/", {**BODY, "key": "another"})

    assert answer.json()["errors"][0]["path"] == "key"
    assert call("put", "nowhere/", BODY).status_code == 404


@pytest.mark.parametrize(
    ("role", "statuses"),
    [("CRM admin", [201, 200, 204]), ("Survey designer", [403, 403, 403])],
)
def test_a_key_sets_up_what_its_maker_may(call, role, statuses):
    Cap.objects.create(key="kept", name="Kept")
    key = key_of(role)

    answers = [
        call("post", body=BODY, key=key),
        call("put", "kept/", {"name": "Changed"}, key=key),
        call("delete", "kept/", key=key),
    ]

    assert [one.status_code for one in answers] == statuses
    if 403 in statuses:
        assert "deployments.delete_cap" in answers[-1].json()["title"]
        assert Cap.objects.get().name == "Kept"


def test_a_limit_of_a_survey_that_is_not_seen_is_not_there(call):
    Survey.objects.update(
        owner=get_user_model().objects.create_user("owner"), everyone=Level.NONE
    )
    Cap.objects.create(key="hidden", name="Hidden", survey=Survey.objects.get())
    Cap.objects.create(key="of-all", name="Of all")
    key = key_of("CRM admin")

    assert [one["key"] for one in call("get", key=key).json()["results"]] == ["of-all"]
    for method in ("get", "put", "delete"):
        assert call(method, "hidden/", {"name": "X"}, key=key).status_code == 404
    for answer in (
        call("post", body=BODY, key=key),
        call("put", "of-all/", {**BODY, "key": "of-all"}, key=key),
    ):
        (error,) = answer.json()["errors"]
        assert error["path"] == "survey"
        assert "There is no survey" in error["message"]
    assert Cap.objects.count() == 2


def test_a_call_that_comes_twice_makes_one(call):
    key = make_api_key("deployments:write")
    first, again = (
        call("post", body=BODY, key=key, Idempotency_Key="once") for _ in range(2)
    )

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
