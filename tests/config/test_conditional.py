"""Who has an answer already is told that it has not changed."""

from __future__ import annotations

import pytest

from responses.models import Response
from tests.factories.access import bearer, make_api_key
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey

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


def test_an_etag_is_no_key(client, read):
    url = "/api/v1/surveys/"
    first = read(url)

    answer = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert answer.status_code == 401
