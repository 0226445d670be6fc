"""Deployments over REST: documents that come and go, and going live."""

from __future__ import annotations

import json

import pytest

from deployments.models import Deployment, Trigger
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.surveys import publish_survey, survey_document

URL = "/api/v1/deployments/"
DOCUMENT = {
    "key": "case-closed",
    "name": "Case closed",
    "survey": "support-csat",
    "channel": "trigger",
    "sender_email": "care@example.com",
    "subject": {"en": "How was it, {{ name }}?", "de": "Wie war's mit {{ agent }}?"},
    "send_days": [1, 2, 3],
    "send_from": "09:00:00",
    "send_until": "17:30:00",
    "holidays": ["2026-12-25"],
    "triggers": [
        {
            "source": "salesforce:production",
            "object": "Case",
            "condition": {"field": "IsClosed", "op": "eq", "value": True},
            "email_field": "ContactEmail",
            "records": {"Case": "Id"},
            "share": 12.5,
        }
    ],
    "follow_ups": [{"after_hours": 48, "subject": {"en": "Still there?"}}],
    "caps": [
        {"name": "Twice a quarter", "most": 2, "months": 3},
        {"name": "Once a month", "days": 30},
    ],
}


@pytest.fixture
def call(client, survey):
    headers = bearer(make_api_key("deployments:write"))

    def call(method, path="", body=None, status=200, **more):
        answer = getattr(client, method)(
            f"{URL}{path}",
            json.dumps(body) if body is not None else None,
            content_type="application/json",
            headers=headers | more,
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    return call


def errors(told):
    return {one["path"]: one["message"] for one in told["errors"]}


def test_a_document_comes_back_as_it_was_sent(call):
    made = call("post", body=DOCUMENT, status=201)

    assert made == {**DOCUMENT, "status": "draft"}
    assert call("get", "case-closed/") == made
    assert call("put", "case-closed/", made) == made
    changed = call("put", "case-closed/", {**made, "triggers": [], "valid_days": 7})
    assert "triggers" not in changed
    assert (changed["valid_days"], changed["status"]) == (7, "draft")
    assert not Trigger.objects.exists()


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ({"hours": 0}, "caps[0].hours"),
        ({"months": True}, "caps[0].months"),
        ({"weeks": {}}, "caps[0].weeks"),
        ({"days": 10**30}, "caps[0].days"),
        ({"days": 1, "weeks": 1}, "caps[0].weeks"),
    ],
)
def test_a_limit_in_no_span_is_refused(call, limit, path):
    body = {**DOCUMENT, "caps": [{"name": "Once", **limit}]}

    assert list(errors(call("post", body=body, status=400))) == [path]


def test_a_key_is_made_once(call):
    call("post", body=DOCUMENT, status=201)

    told = call("post", body={**DOCUMENT, "name": "Another"}, status=409)

    assert told["type"] == "urn:tellback:problem:conflict"
    assert Deployment.objects.get().name == "Case closed"


def test_the_same_call_again_makes_it_once(call):
    again = {"Idempotency-Key": "one"}

    first = call("post", body=DOCUMENT, status=201, **again)

    assert call("post", body=DOCUMENT, status=201, **again) == first
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"key": "no key"}, "key"),
        ({"name": 5}, "name"),
        ({"survey": "nothing"}, "survey"),
        ({"survey": "a\x00"}, "survey"),
        ({"survey": ["support-csat"]}, "survey"),
        ({"channel": "pigeon"}, "channel"),
        ({"unknown": 1}, "unknown"),
        ({"valid_days": "7"}, "valid_days"),
        ({"valid_days": 7.5}, "valid_days"),
        ({"valid_days": -1}, "valid_days"),
        ({"kiosk": "yes"}, "kiosk"),
        ({"sender_email": "nobody"}, "sender_email"),
        ({"subject": {"en": 5}}, "subject"),
        ({"subject": {"en": "x" * 201}}, "subject"),
        ({"subject": ["x"]}, "subject"),
        ({"subject": {"en": "a\x00"}}, "subject"),
        ({"body": {"e\x00": "a"}}, "body"),
        ({"subject": {"en": "Hello {{ nobody }}"}}, "subject.en"),
        ({"send_days": [8]}, "send_days"),
        ({"send_days": [True]}, "send_days"),
        ({"send_until": "08:00:00"}, "send_until"),
        ({"send_from": "late"}, "send_from"),
        ({"holidays": ["Christmas"]}, "holidays"),
        ({"holidays": json.loads("[" * 500 + "]" * 500)}, "holidays"),
        ({"holidays": ["2026-12-25"] * 401}, "holidays"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone"),
        ({"test_mode": True}, "test_address"),
        ({"asks_consent": True}, "privacy_notice"),
        ({"kiosk": True, "once_per_person": True}, "once_per_person"),
        ({"end_url": "https://example.com/"}, "end_hosts"),
        (
            {"opens_at": "2026-02-02T00:00:00", "closes_at": "2026-02-01T00:00:00Z"},
            "closes_at",
        ),
        ({"triggers": {}}, "triggers"),
        ({"triggers": [{"source": "x"}]}, "triggers[0].object"),
        ({"follow_ups": [{"subject": {"en": []}}]}, "follow_ups[0].subject"),
        ({"follow_ups": [{"after_hours": 0}]}, "follow_ups[0].after_hours"),
        ({"lists": [{"name": "All", "records": {"Account": 5}}]}, "lists[0].records"),
        ({"caps": [{"name": "x", "condition": {"op": "?"}}]}, "caps[0].condition"),
    ],
)
def test_what_is_wrong_is_named(call, change, path):
    told = call("post", body={**DOCUMENT, **change}, status=400)

    assert path in errors(told)
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("body", [[], "x", None, 5])
def test_what_is_no_document_is_refused(call, body):
    call("post", body=body, status=400)


def test_a_time_without_a_zone_is_utc(call):
    made = call(
        "post", body={**DOCUMENT, "opens_at": "2026-02-01T10:00:00"}, status=201
    )

    assert made["opens_at"] == "2026-02-01T10:00:00+00:00"


def test_a_condition_that_nests_without_end_is_refused(call):
    condition = {"field": "IsClosed", "op": "eq", "value": True}
    for _level in range(300):
        condition = {"all": [condition]}
    trigger = {**DOCUMENT["triggers"][0], "condition": condition}

    told = call("post", body={**DOCUMENT, "triggers": [trigger]}, status=400)

    assert "triggers[0].condition" in errors(told)


def test_the_key_in_the_address_holds(call):
    call("post", body=DOCUMENT, status=201)

    told = call("put", "case-closed/", {**DOCUMENT, "key": "other"}, status=400)

    assert "key" in errors(told)
    call("put", "nothing/", DOCUMENT, status=404)


def test_the_survey_of_people_who_were_asked_stays(call, survey):
    made = call("post", body=DOCUMENT, status=201)
    publish_survey(survey_document(key="other"))
    assert call("put", "case-closed/", {**made, "survey": "other"})["survey"] == "other"
    make_invitation(Deployment.objects.get())

    told = call("put", "case-closed/", made, status=400)

    assert "stays what it is" in errors(told)["survey"]


def test_it_goes_live_when_nothing_is_missing(call, survey):
    call("post", body={**DOCUMENT, "triggers": []}, status=201)
    told = call("post", "case-closed/activate/", status=409)
    assert told["type"] == "urn:tellback:problem:deployment-not-ready"
    assert "Add a trigger" in told["title"]
    make_deployment(survey, key="page", channel="web", status="draft")

    assert call("post", "page/activate/")["status"] == "live"
    assert call("put", "page/", call("get", "page/"))["status"] == "live"
    assert call("post", "page/pause/")["status"] == "paused"


def test_the_list_is_narrowed_and_cut(call, survey):
    for key in ("one", "two", "three"):
        make_deployment(survey, key=key, channel="links", status="live")
    make_deployment(survey, key="page", channel="web", status="draft")

    live = call("get", "?status=live&survey=support-csat&channel=links&limit=2")
    assert [row["key"] for row in live["results"]] == ["three", "two"]
    assert live["next"]
    assert call("get", "?fields=key,status&channel=web")["results"] == [
        {"key": "page", "status": "draft"}
    ]
    for wrong in ("status=lost", "channel=pigeon", "survey=%00"):
        assert errors(call("get", f"?{wrong}", status=400))
