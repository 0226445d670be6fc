"""A key that calls too often is told to wait, and every answer says what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from rest_framework.exceptions import Throttled

from config.models import ApiKey
from config.throttling import spend
from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 0, 15, tzinfo=UTC)
URL = "/api/v1/surveys/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def test_answers_say_what_is_left(client):
    answer = client.get(URL, headers=bearer(make_api_key(calls_per_minute=5)))

    assert answer["RateLimit-Policy"] == '"key";q=5;w=60'
    assert answer["RateLimit"].startswith('"key";r=4;t=')


def test_too_many_calls_are_refused_with_the_time_to_wait(client):
    headers = bearer(make_api_key(calls_per_minute=1))
    answers = [client.get(URL, headers=headers) for _ in range(4)]

    refused = answers[-1]  # the minute may have turned between two of them, once
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:tellback:problem:throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_the_next_minute_is_a_new_one():
    make_api_key(calls_per_minute=1)
    key = ApiKey.objects.get()

    assert spend(key, now=NOW).remaining == 0
    with pytest.raises(Throttled) as refused:
        spend(key, now=NOW)

    assert refused.value.wait == 45
    spend(key, now=NOW + timedelta(seconds=45))


def test_keys_are_counted_apart(settings):
    settings.API_CALLS_PER_MINUTE = 1
    make_api_key()
    make_api_key()

    for key in ApiKey.objects.all():
        assert spend(key, now=NOW).limit == 1


def test_who_has_no_key_is_refused_for_that(client):
    assert client.get(URL).status_code == 401
