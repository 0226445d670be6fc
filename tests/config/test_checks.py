"""System checks: each id, when it speaks and when it does not."""

import pytest
from django.core.checks import run_checks


def ids(**how):
    return {message.id for message in run_checks(**how) if "tellback" in message.id}


def test_this_machine_alone_may_do_as_it_likes(settings):
    settings.BASE_URL = "http://127.0.0.1:8000"
    settings.DEMO_ORG = settings.DEBUG = True

    assert ids(include_deployment_checks=True) == set()


@pytest.mark.django_db
def test_tellback_w001(settings):
    settings.BASE_URL, settings.DEMO_ORG = "https://tellback.example", True

    assert ids() == {"tellback.W001"}


@pytest.mark.django_db
def test_tellback_w002(settings):
    settings.BASE_URL = "http://tellback.example"

    assert ids() == {"tellback.W002"}


@pytest.mark.django_db
def test_tellback_w003(settings):
    settings.BASE_URL, settings.DEBUG = "https://tellback.example", True

    assert ids() == {"tellback.W003"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cache", "expected"),
    [("locmem.LocMemCache", {"tellback.W004"}), ("redis.RedisCache", set())],
)
def test_tellback_w004(settings, cache, expected):
    settings.BASE_URL = "https://tellback.example"
    backend = f"django.core.cache.backends.{cache}"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://here/1"}}

    assert ids(include_deployment_checks=True) == expected
    assert ids() == set()
