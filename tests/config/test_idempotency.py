"""A POST that is sent again is answered again, not done again."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from config import idempotency
from config.models import StoredAnswer
from deployments.models import Invitation
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.surveys import publish_survey

LINKS = "/api/v1/tracking-links/"


@pytest.fixture
def deployment(db):
    return make_deployment(publish_survey().survey, key="case-closed", channel="links")


def body(email="ada@example.com"):
    return {"deployment": "case-closed", "links": [{"email": email}]}


def post(secret, data, key="one", path=LINKS):
    headers = {**bearer(secret), **({"Idempotency-Key": key} if key else {})}
    return Client(headers=headers).post(path, data, content_type="application/json")


def test_the_same_call_again_is_answered_the_same(deployment):
    secret = make_api_key()

    first, again = post(secret, body()), post(secret, body())

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Invitation.objects.count() == 1


def test_an_answer_that_is_given_again_counts_as_a_call(deployment):
    cache.clear()
    secret = make_api_key(calls_per_minute=2)

    answers = [post(secret, body()) for _ in range(5)]

    assert answers[0]["RateLimit"].startswith('"key";r=')
    assert answers[1]["Idempotency-Replayed"] == "true"
    refused = answers[-1]  # the minute may have turned between two of them, once
    assert refused.status_code == 429
    assert refused.json()["type"] == "urn:tellback:problem:throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"].startswith('"key";r=0;')


def test_without_the_header_each_call_makes_its_own(deployment):
    secret = make_api_key()

    post(secret, body(), key="")
    post(secret, body(), key="")

    assert Invitation.objects.count() == 2


def test_another_body_is_refused(deployment):
    secret = make_api_key()
    post(secret, body())

    answer = post(secret, body("grace@example.com"))

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:tellback:problem:idempotency-key-reused"
    assert Invitation.objects.count() == 1


def test_another_address_is_refused(deployment):
    secret = make_api_key()
    post(secret, body())

    assert post(secret, body(), path="/api/v1/trigger-events/").status_code == 422


def test_each_api_key_has_keys_of_its_own(deployment):
    post(make_api_key(), body())
    post(make_api_key(), body())

    assert Invitation.objects.count() == 2


def test_a_refused_call_leaves_the_key_free(deployment):
    secret = make_api_key()

    assert post(secret, body("nonsense")).status_code == 400
    assert post(secret, body()).status_code == 201


def test_without_a_valid_api_key_nothing_is_kept(deployment):
    assert post("tb_wrong", body()).status_code == 401
    assert not StoredAnswer.objects.exists()


@pytest.mark.parametrize("key", ["two words", "ä", "x" * 256, "\t"])
def test_a_senseless_key_is_refused(deployment, key):
    assert post(make_api_key(), body(), key=key).status_code == 400


def test_tokens_are_not_kept_in_the_clear(deployment):
    token = post(make_api_key(), body()).json()[0]["token"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tellback_storedanswer")
        (stored,) = cursor.fetchone()
    assert token not in stored
    assert token in StoredAnswer.objects.get().body


def test_reading_takes_no_notice_of_it(deployment):
    headers = {**bearer(make_api_key()), "Idempotency-Key": "one"}

    assert Client(headers=headers).get("/api/v1/surveys/").status_code == 200
    assert not StoredAnswer.objects.exists()


def test_a_body_that_is_too_large_is_refused(deployment, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    keyed = post(make_api_key(), body("a" * 200))
    keyless = post(make_api_key(), body("a" * 200), key="")

    assert (keyed.status_code, keyless.status_code) == (413, 413)
    assert keyed.json()["type"] == keyless.json()["type"]


def test_old_answers_are_forgotten(deployment):
    post(make_api_key(), body())
    now = timezone.now()

    assert idempotency.forget_old(now=now) == 0
    assert idempotency.forget_old(now=now + timedelta(days=8)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_the_same_moment_are_one():
    make_deployment(publish_survey().survey, key="case-closed", channel="links")
    secret, answers = make_api_key(), []

    def call():
        answer = post(secret, body())
        answers.append((answer.status_code, json.dumps(answer.json())))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert Invitation.objects.count() == 1
