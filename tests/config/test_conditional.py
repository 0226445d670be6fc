"""Who has an answer already is told that it has not changed, or that it has."""

from __future__ import annotations

import pytest

from config.openapi import api_patterns
from crm_mappings.documents import save_document
from crm_mappings.models import Connection
from deployments.models import Cap
from responses.models import Response
from responses.scheduled.models import ScheduledDump
from responses.webhooks.models import Webhook
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import task_step
from tests.factories.deployments import make_deployment
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey
from tests.factories.themes import make_theme

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client):
    secret = make_api_key()

    def read(url, **headers):
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return client.get(url, headers=bearer(secret) | named)

    return read


def test_an_unchanged_resource_is_not_sent_again(read):
    url = f"/api/v1/responses/{make_response(publish_survey()).key}/"
    first = read(url)

    again = read(url, If_None_Match=first["ETag"])

    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert "Authorization" in first["Vary"]
    assert "private" in first["Cache-Control"]


def test_a_changed_resource_is_sent(read):
    url = f"/api/v1/responses/{make_response(publish_survey()).key}/"
    first = read(url)
    Response.objects.update(language="de")

    again = read(url, If_None_Match=first["ETag"])

    assert (again.status_code, again.json()["language"]) == (200, "de")


DOCUMENTS = (
    *("surveys", "themes", "deployments", "limits", "connections", "mappings"),
    *("webhooks", "scheduled-dumps"),
)


@pytest.fixture
def documents():
    """One of each kind, all of the same key."""
    version = publish_survey()
    make_theme(key="support-csat")
    make_deployment(version.survey, key="support-csat", channel="links")
    Cap.objects.create(key="support-csat", name="Once")
    Connection.objects.create(key="support-csat", name="Org")
    key = dict.fromkeys(("key", "survey", "connection"), "support-csat")
    save_document(document={**key, "steps": [task_step()]})
    Webhook.objects.create(
        key="support-csat",
        name="Hook",
        url="https://example.com/",
        events=["response.erased"],
    )
    ScheduledDump.objects.create(
        key="support-csat", name="Nightly", survey=version.survey
    )


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_what_has_changed_since_is_not_written_over(client, documents, read, kind):
    url = f"/api/v1/{kind}/support-csat/"
    first = read(url)
    headers = bearer(make_api_key())

    def put(document, match):
        return client.put(
            url,
            document,
            content_type="application/json",
            headers=headers | {"If-Match": match},
        )

    name = "title" if kind == "surveys" else "name"
    mine, theirs = (
        {**first.json(), name: {"en": word} if name == "title" else word}
        for word in ("Mine", "Theirs")
    )
    answer = put(theirs, first["ETag"])
    assert answer.status_code == 200, answer.content
    late = put(mine, first["ETag"])

    assert late.status_code == 412
    assert late.json()["type"] == "urn:tellback:problem:precondition-failed"
    again = read(url)
    assert again.json()[name] == theirs[name]
    assert put(mine, f'"other", {again["ETag"]}').status_code == 200
    assert put(theirs, "*").status_code == 200
    assert put(mine, "nonsense").status_code == 412


def test_every_put_minds_what_was_read():
    replacing = {
        str(pattern.pattern)
        for pattern in api_patterns()
        if hasattr(pattern.callback.view_class, "put")
    }

    assert replacing == {
        *(f"{kind}/<slug:key>/" for kind in DOCUMENTS),
        "deployments/<slug:key>/milestones/",  # tried where its tests are
    }


def test_an_etag_is_no_key(client, read):
    url = "/api/v1/surveys/"
    first = read(url)

    answer = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert answer.status_code == 401
