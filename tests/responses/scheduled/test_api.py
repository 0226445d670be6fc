"""Scheduled dumps over REST: a document, its acts, and nothing of its secret."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from config.models import ApiKey
from crm_mappings.delivery.alerting import alerts
from crm_mappings.models import Watch
from responses.scheduled import running
from responses.scheduled.models import ScheduledDump
from surveys.models import Level
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import make_response
from tests.factories.surveys import make_survey, survey_document
from tests.responses.scheduled.conftest import NOW

URL = "/api/v1/scheduled-dumps/"
DUMP = {
    "key": "nightly",
    "name": "Nightly",
    "survey": "support-csat",
    "place": "sftp",
    "address": "sftp.example.com",
    "user": "tellback",
    "host_key": "ssh-ed25519 AAAA",
    "at": "04:30:00",
}


@pytest.fixture
def call(client, version, folder):
    headers = bearer(make_api_key("dumps:write"))

    def call(method, path="", body=None, status=200, headers=headers):
        answer = getattr(client, method)(
            f"{URL}{path}",
            json.dumps(body) if body is not None else None,
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return call


def test_a_document_comes_back_as_it_was_sent_but_for_the_secret(call):
    made = call("post", body={**DUMP, "secret": "s3cret"}, status=201)

    assert {name: made[name] for name in DUMP} == DUMP
    assert made["has_secret"] is True
    assert made["next_at"].endswith("T04:30:00Z")
    assert "s3cret" not in json.dumps(made)
    assert call("get", "nightly/") == made
    assert call("put", "nightly/", made) == made
    assert ScheduledDump.objects.get().secret == "s3cret"


def test_a_secret_does_not_go_elsewhere_with_a_new_address(call):
    made = call("post", body={**DUMP, "secret": "s3cret"}, status=201)

    moved = call("put", "nightly/", {**made, "address": "sftp.evil.example"})

    assert moved["has_secret"] is False
    assert ScheduledDump.objects.get().secret == ""


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"survey": "nothing"}, "survey"),
        ({"survey": 5}, "survey"),
        ({"secret": "\ud800"}, "secret"),
        ({"place": "ftp"}, "place"),
        ({"format": "xlsx"}, "format"),
        ({"folder": "../up"}, "folder"),
        ({"address": ""}, "address"),
        ({"columns": "answer.nothing"}, "columns"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"weekday": 9}, "weekday"),
        ({"place": "s3", "bucket": "A_b"}, "bucket"),
        ({"secret": 5}, "secret"),
        ({"what": 5}, "what"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(call, change, path):
    told = call("post", body={**DUMP, **change}, status=400)

    assert path in [error["path"] for error in told["errors"]]


def test_a_run_is_asked_for_and_told(call, version, folder):
    make_response(version)
    call("post", body={"key": "f", "name": "F", "survey": "support-csat"}, status=201)

    asked = call("post", "f/run/", status=202)
    running.work(clock=lambda: NOW.replace(year=2040))

    (run,) = call("get", "f/runs/")["results"]
    assert (asked["state"], run["state"], run["rows"]) == ("waiting", "done", 1)
    assert (folder / run["folder"] / run["files"][0]["name"]).exists()
    assert call("post", "f/try/") == {"well": True, "problem": ""}
    call("delete", "f/", status=204)
    call("get", "f/", status=404)


def test_a_key_sees_the_dumps_of_surveys_that_its_maker_may_see(call, version):
    call("post", body=DUMP, status=201)
    version.survey.owner = get_user_model().objects.create_user("ada")
    version.survey.everyone = Level.NONE
    version.survey.save(update_fields=["owner", "everyone"])
    stranger = get_user_model().objects.create_user("eve")
    secret = make_api_key("dumps:write", created_by=stranger)
    headers = bearer(secret)

    assert call("get", headers=headers)["results"] == []
    call("get", "nightly/", status=404, headers=headers)
    call("post", "nightly/run/", status=404, headers=headers)
    call("post", body=DUMP, status=400, headers=headers)
    make_survey(survey_document(key="own"))
    call("post", body={**DUMP, "survey": "own"}, status=409, headers=headers)
    assert ScheduledDump.objects.get().survey == version.survey
    call("put", "nightly/", DUMP, status=404, headers=headers)
    call("post", body={**DUMP, "key": "mine"}, status=400, headers=headers)
    assert ApiKey.objects.count() == 2


def test_a_dump_that_fails_is_in_the_digest(make_dump, run):
    make_dump(problem="The storage was not reached.", failing_since=NOW)

    assert alerts(Watch(), NOW + timedelta(minutes=9)) == []
    (alert,) = alerts(Watch(), NOW + timedelta(minutes=10))

    assert "“Nightly” fails: The storage was not reached." in alert.text
    assert "/admin/dumps/scheduleddump/" in alert.url
