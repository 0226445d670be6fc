"""Every list is paged alike, and takes no nonsense for a page."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.factories.access import bearer, make_api_key

pytestmark = pytest.mark.django_db
LISTS = ("surveys", "responses", "invitations", "unsubscribed-addresses")
LISTS += ("trigger-events", "mappings", "write-backs", "connections", "webhooks")


@pytest.fixture
def get(client):
    headers = bearer(make_api_key(calls_per_minute=1_000_000))
    return lambda path, **query: client.get(f"/api/v1/{path}/", query, headers=headers)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1e3", "9" * 30, ["1", "2"]])
def test_what_is_no_limit_is_refused(get, path, limit):
    answer = get(path, limit=limit)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "limit"


@pytest.mark.parametrize("path", LISTS)
def test_what_is_no_cursor_is_refused(get, path):
    by_number = path not in {"connections", "mappings", "webhooks"}
    inside = ["p=\x00", "o=x", "o=-1"]
    inside += ["p=abc", "p=" + "9" * 40, "p=-1", "p=1.5"] if by_number else []
    texts = [b64encode(one.encode()).decode() for one in inside]
    for cursor in ["nonsense", "\x00", "%", "😀", *texts]:
        answer = get(path, cursor=cursor)

        assert answer.status_code == 400, (path, cursor)
        assert answer.json()["errors"][0]["path"] == "cursor"
