"""Milestones over REST: the rules of a deployment, for who may set them up."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from crm_mappings.milestones.documents import milestones_document
from crm_mappings.models import Connection, MilestoneRule
from deployments.models import Deployment
from surveys.models import Level, Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
RULE = {
    "connection": "org",
    "object": "Case",
    "fields": {"status": "Survey_Status__c", "sent": "Survey_Sent__c"},
}
BODY = {"key": "case-closed", "rules": [RULE]}


@pytest.fixture
def call(client):
    make_deployment(publish_survey().survey, key="case-closed")
    Connection.objects.create(key="org", name="Org")

    def call(method, body=None, *, key=None, deployment="case-closed", **headers):
        told = {"data": json.dumps(body), "content_type": "application/json"}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return getattr(client, method)(
            f"/api/v1/deployments/{deployment}/milestones/",
            **({} if method == "get" else told),
            headers=bearer(key or make_api_key("mappings:write")) | named,
        )

    return call


def key_of(role):
    user = get_user_model().objects.create_user("maker")
    user.groups.set(Group.objects.filter(name=role))
    return make_api_key("mappings:write", created_by=user)


def test_milestones_are_the_document_that_apply_reads(call):
    assert call("get").json() == {"key": "case-closed", "rules": []}

    answer = call("put", BODY)

    assert answer.status_code == 200, answer.content
    assert answer.json() == BODY == milestones_document(Deployment.objects.get())
    assert call("get").json() == BODY


def test_a_rule_that_is_left_out_goes_and_one_that_stays_is_the_same(call):
    other = {**RULE, "object": "Contact", "is_active": False}
    call("put", {"rules": [RULE, other]})
    kept = MilestoneRule.objects.get(object="Contact").pk

    assert call("put", {"rules": [other]}).json() == {**BODY, "rules": [other]}

    assert MilestoneRule.objects.get().pk == kept
    assert call("put", {}).json() == {**BODY, "rules": []}


def test_they_are_replaced_while_they_are_as_they_were_read(call):
    read = call("get")

    assert call("put", BODY, If_Match=read["ETag"]).status_code == 200
    late = call("put", {"rules": []}, If_Match=read["ETag"])

    assert late.status_code == 412
    assert MilestoneRule.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"key": "another"}, "key"),
        ({"more": 1}, "more"),
        ({"rules": "all"}, "rules"),
        ({"rules": ["x"]}, "rules[0]"),
        ({"rules": [{**RULE, "connection": "a\x00\ud800"}]}, "rules[0].connection"),
        ({"rules": [{**RULE, "object": ""}]}, "rules[0].object"),
        ({"rules": [{**RULE, "fields": {"birthday": "X__c"}}]}, "rules[0].fields"),
        ({"rules": [{**RULE, "fields": {"sent": "no name!"}}]}, "rules[0].fields"),
        ({"rules": [{**RULE, "fields": {"sent": 7}}]}, "rules[0].fields"),
        ({"rules": [RULE, RULE]}, "rules[1]"),
    ],
)
def test_what_is_wrong_is_named(call, wrong, place):
    answer = call("put", {**BODY, **wrong})

    assert answer.status_code == 400, answer.content
    assert [one["path"] for one in answer.json()["errors"]] == [place]
    assert not MilestoneRule.objects.exists()


@pytest.mark.parametrize("body", [[], 3, "text", None])
def test_no_object_is_no_document(call, body):
    assert call("put", body).status_code == 400


@pytest.mark.parametrize(
    ("role", "status"), [("CRM admin", 200), ("Integrator", 403), ("Analyst", 403)]
)
def test_a_key_sets_up_what_its_maker_may(call, role, status):
    answer = call("put", BODY, key=key_of(role))

    assert answer.status_code == status
    assert MilestoneRule.objects.exists() == (status == 200)


def test_a_deployment_that_is_not_seen_is_not_there(call):
    Survey.objects.update(
        owner=get_user_model().objects.create_user("owner"), everyone=Level.NONE
    )
    key = key_of("CRM admin")

    assert call("get", key=key).status_code == 404
    assert call("put", BODY, key=key).status_code == 404
    assert call("put", BODY, deployment="nowhere").status_code == 404
    assert not MilestoneRule.objects.exists()
