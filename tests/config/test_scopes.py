"""Every address of the API, with every method, tried with keys that must not pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from config.models import SCOPES
from config.openapi import api_patterns
from deployments.models import Cap
from responses.scheduled.models import ScheduledDump
from responses.webhooks.models import Webhook
from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey
from tests.factories.themes import make_theme

METHODS = ("get", "post", "put", "patch", "delete")
OPEN_TO_ALL = {"schema", "docs"}


@pytest.fixture
def objects(db):
    """One of everything that an address can name, with the ids that are real."""
    version = publish_survey()
    deployment = make_deployment(version.survey, key="case-closed")
    invited = make_invitation(deployment, now=STARTED)
    response = make_response(version)
    Webhook.objects.create(
        key="hook", name="Hook", url="https://example.com/", events=["response.erased"]
    )
    ScheduledDump.objects.create(key="nightly", name="Nightly", survey=version.survey)
    Cap.objects.create(key="once", name="Once", survey=version.survey)
    make_theme()
    return {
        "survey": "support-csat",
        "deployment": "case-closed",
        "invitation": str(invited.invitation.public_id),
        "remind": str(invited.invitation.public_id),
        "response": str(response.key),
        "webhook": "hook",
        "scheduled": "nightly",
        "limit": "once",
        "milestones": "case-closed",
        "theme": "acme",
    }


def addresses(objects) -> Iterator[tuple[str, object]]:
    for pattern in api_patterns():
        if pattern.name in OPEN_TO_ALL:
            continue
        name = str(pattern.name).partition("-")[0]
        real = objects.get(name, objects["response"])
        path = re.sub(
            r"<uuid:\w+>", objects.get(name, objects["response"]), str(pattern.pattern)
        )
        path = re.sub(r"<int:\w+>", "1", path)
        path = re.sub(r"<(?:slug:|str:)?\w+>", real, path)
        view = pattern.callback.view_class
        yield f"/api/v1/{path}", view


def test_no_key_that_lacks_the_scope_passes_any_address(client, objects, settings):
    settings.API_CALLS_PER_MINUTE = 1_000_000
    cache.clear()
    keys = {
        scope: bearer(make_api_key(*(set(SCOPES) - {scope})))
        for scope in sorted(SCOPES)
    }
    tried = 0
    for path, view in addresses(objects):
        for method in METHODS:
            if not hasattr(view, method):
                continue
            scope = view.required_scopes[method.upper()]
            answer = (
                getattr(client, method)(
                    path,
                    data=b"{}",
                    content_type="application/json",
                    headers=keys[scope],
                )
                if method != "get"
                else client.get(path, headers=keys[scope])
            )
            assert answer.status_code == 403, (method, path, answer.status_code)
            assert scope in answer.json()["title"]
            tried += 1
    assert tried > 40


def test_no_address_opens_without_a_key(client, objects):
    for path, view in addresses(objects):
        for method in METHODS:
            if hasattr(view, method):
                assert getattr(client, method)(path).status_code == 401, (method, path)


def test_every_method_names_a_scope_that_there_is(objects):
    for path, view in addresses(objects):
        scopes = {
            m: view.required_scopes.get(m.upper()) for m in METHODS if hasattr(view, m)
        }
        assert set(scopes.values()) <= set(SCOPES), (path, scopes)
