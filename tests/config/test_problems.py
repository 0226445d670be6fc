"""API errors are problem details that name the place of each mistake."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import NotFound, ValidationError

from config.problems import describe, flatten
from surveys.refusals import Conflict
from tests.factories.access import bearer, make_api_key


def test_each_mistake_has_its_path():
    detail = ValidationError({"links": [{}, {"email": ["Not an address."]}]}).detail

    assert list(flatten(detail)) == [
        {"path": "links.1.email", "message": "Not an address."}
    ]


def test_a_mistake_of_the_whole_body_has_an_empty_path():
    assert describe(ValidationError("Send a list."))["errors"] == [
        {"path": "", "message": "Send a list."}
    ]


def test_a_problem_has_type_title_and_status():
    assert describe(NotFound()) == {
        "type": "urn:tellback:problem:not-found",
        "title": "Not found.",
        "status": 404,
    }
    assert describe(Conflict("Publish the survey first."))["status"] == 409


trees = st.recursive(
    st.text(max_size=5),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(string.ascii_lowercase, max_size=3), inner, max_size=3),
    ),
    max_leaves=10,
)


def leaves(tree):
    if isinstance(tree, dict):
        return sum(leaves(value) for value in tree.values())
    return sum(leaves(item) for item in tree) if isinstance(tree, list) else 1


@given(trees)
def test_no_mistake_is_lost(tree):
    assert len(list(flatten(tree))) == leaves(tree)


@pytest.fixture
def api(client, db):
    headers = bearer(make_api_key())

    def api(method, path, **more):
        more["headers"] = headers | more.get("headers", {})
        return client.generic(method, f"/api/v1/{path}", **more)

    return api


SURVEYS = "surveys/"


@pytest.mark.parametrize(
    ("status", "call"),
    [
        (400, {"data": "{", "content_type": "application/json"}),
        (400, {"data": "[" * 100_000, "content_type": "application/json"}),
        (400, {"data": '{"key": NaN}', "content_type": "application/json"}),
        (400, {"data": b"\xff\xfe{", "content_type": "application/json"}),
        (413, {"data": " " * 3_000_000, "content_type": "application/json"}),
        (415, {"data": "<survey/>", "content_type": "application/xml"}),
        (406, {"method": "GET", "headers": {"Accept": "image/png"}}),
        (405, {"method": "PATCH"}),
        (404, {"method": "GET", "path": "nowhere/"}),
        (404, {"method": "GET", "path": "surveys/nothing/"}),
        (404, {"method": "GET", "path": "surveys/?format=xml"}),
    ],
)
def test_every_error_is_problem_details(api, status, call):
    call = dict(call)
    answer = api(call.pop("method", "POST"), call.pop("path", SURVEYS), **call)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["type"].startswith("urn:tellback:problem:")


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (405, "PUT", "soap/", {}),
        (405, "GET", "xmlrpc/", {}),
        (405, "POST", "v1/docs/", {}),
        (406, "GET", "v1/schema/", {"Accept": "application/pdf"}),
        (404, "GET", "nowhere/", {}),
        (404, "GET", "v2/surveys/", {}),
        (400, "GET", "v1/surveys/", {"Host": "evil.example"}),
        (401, "GET", "v1/responses/dump/", {"Accept": "text/csv"}),
    ],
)
def test_addresses_of_all_kinds_tell_errors_alike(
    client, db, status, method, path, headers
):
    answer = client.generic(method, f"/api/{path}", headers=headers)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["status"] == status
    assert status != 405 or answer["Allow"]


def test_a_call_without_the_last_slash_keeps_method_and_body(client, db, settings):
    for path in ("v1/tracking-links", "xmlrpc", "v1/surveys?status=live"):
        answer = client.post(f"/api/{path}", "{}", content_type="application/json")

        assert answer.status_code == 308
        head, mark, query = path.partition("?")
        assert answer["Location"] == f"/api/{head}/{mark}{query}"
    assert client.get("/w/one").status_code == 301


def test_pages_for_people_keep_their_own_errors(client, db):
    assert "html" in client.get("/nowhere/")["Content-Type"]
