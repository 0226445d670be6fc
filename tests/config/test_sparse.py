"""Every list and every resource can be read in part, all of them in one way."""

from __future__ import annotations

import re

import pytest

from config.openapi import api_patterns, fields_of
from tests.config.test_scopes import addresses, objects  # noqa: F401 - a fixture
from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db
OWN = {"schema", "docs", "response-dump"}  # the dump has columns


@pytest.fixture
def get(client):
    key = bearer(make_api_key(calls_per_minute=1_000_000))

    def ask(path, **query):
        return client.get(path, query, headers=key)

    return ask


def test_every_address_that_is_read_takes_fields():
    for pattern in api_patterns():
        if hasattr(pattern.callback.view_class, "get") and pattern.name not in OWN:
            assert fields_of(f"api/v1/{pattern.pattern}"), pattern.name


def test_every_list_and_resource_gives_the_fields_alone(objects, get):  # noqa: F811
    read = 0
    for path, view in addresses(objects):
        route = re.sub("^/", "", path)
        if not hasattr(view, "get") or "dump" in route:
            continue
        whole = get(path)
        if whole.status_code != 200:
            continue  # nothing of that kind is there
        row = first(whole.json())
        if row is None:
            continue
        name = min(row)
        assert set(first(get(path, fields=name).json())) == {name}, path
        read += 1
    assert read >= 8


def first(told):
    if "results" in told:
        return told["results"][0] if told["results"] else None
    return told


def test_several_fields_come_with_commas_or_one_by_one(objects, get):  # noqa: F811
    commas = get("/api/v1/surveys/", fields="key, status").json()
    repeated = get("/api/v1/surveys/", fields=["key", "status"]).json()

    assert commas == repeated
    assert commas["results"] == [{"key": "support-csat", "status": "live"}]
    assert {"next", "previous"} <= set(commas)


def test_an_unknown_field_is_refused_with_those_that_there_are(get):
    for path in ("/api/v1/surveys/", "/api/v1/webhooks/", "/api/v1/write-backs/"):
        answer = get(path, fields="key,nonsense,__class__,state")

        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["path"] == "fields"
        assert "nonsense" in error["message"]
        assert "status" in error["message"] or "state" in error["message"]


def test_to_name_no_field_is_refused(objects, get):  # noqa: F811
    answer = get("/api/v1/surveys/", fields="")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "fields"


def test_a_problem_stays_whole(get):
    answer = get("/api/v1/surveys/nothing/", fields="key")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith(":not-found")


def test_the_part_has_an_etag_of_its_own(objects, get):  # noqa: F811
    asked = ({}, {"fields": "key"})
    whole, part = (get("/api/v1/surveys/", **one)["ETag"] for one in asked)

    assert whole != part
