"""Responses by REST."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories.access import bearer, make_api_key
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db

URL = "/api/v1/responses/"


@pytest.fixture
def get(client, db):
    headers = bearer(make_api_key("responses:read"))

    def get(url=URL, **query):
        return client.get(url, query, headers=headers)

    return get


def test_response_is_told_whole(get, version):
    deployment = make_deployment(version.survey)
    invited = make_invitation(deployment, now=timezone.now())
    response = make_response(
        version,
        invitation=invited.invitation,
        deployment=deployment,
        records={"Case": "500x"},
        variables={"agent": "E-17"},
    )

    told = get(f"{URL}{response.key}/").json()

    assert told == {
        "key": str(response.key),
        "survey": "support-csat",
        "version": 1,
        "status": "completed",
        "test": False,
        "language": "en",
        "deployment": deployment.key,
        "invitation": str(invited.invitation.public_id),
        "email": "ada@example.com",
        "answers": {"csat": 4, "nps": 9, "topics": ["speed"]},
        "records": {"Case": "500x"},
        "variables": {"agent": "E-17"},
        "quality": [],
        "started_at": "2026-03-02T10:00:00Z",
        "updated_at": "2026-03-02T10:01:30Z",
        "completed_at": "2026-03-02T10:01:30Z",
    }


def test_response_of_a_web_link_has_no_address(get, version):
    told = get(f"{URL}{make_response(version).key}/").json()

    assert told["invitation"] is None
    assert told["email"] is None


def test_list_is_read_page_by_page(get, version):
    made = [str(make_response(version).key) for _number in range(5)]

    seen, url = [], f"{URL}?limit=2"
    while url:
        page = get(url).json()
        seen += [row["key"] for row in page["results"]]
        url = page["next"]

    assert seen == made[::-1]


def test_narrowed_to_a_time_pages_go_by_when_they_were_completed(get, version):
    """Some at the same moment, and not in the order that they were begun in."""
    days = [3, 1, 1, 2, 0, 1, 4]
    made = [
        make_response(version, started_at=STARTED + timedelta(days=day)) for day in days
    ]
    wanted = sorted(made[:4] + made[5:], key=lambda row: (row.completed_at, row.pk))

    seen, url = [], f"{URL}?limit=2&completed_after=2026-03-02T23:00:00Z"
    while url:
        page = get(url).json()
        seen += [row["key"] for row in page["results"]]
        url = page["next"]

    assert seen == [str(row.key) for row in reversed(wanted)]


@pytest.mark.parametrize(
    "position", ["abc", "7", "2026-03-02", "0001-01-01T00:00:00+14:00", "\x00"]
)
def test_a_cursor_that_holds_no_moment_is_refused(get, position):
    cursor = b64encode(urlencode({"p": position}).encode()).decode()

    answer = get(cursor=cursor, completed_before="2026-03-02T12:00:00Z")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "cursor"


def test_list_is_narrowed(get, version):
    other = publish_survey(survey_document(key="other"))
    early = make_response(version)
    late = make_response(version, started_at=STARTED + timedelta(days=1))
    begun = make_response(other, completed=False)

    def keys(**query):
        return {row["key"] for row in get(**query).json()["results"]}

    assert keys(survey="other") == {str(begun.key)}
    assert keys(status="completed") == {str(early.key), str(late.key)}
    noon = "2026-03-02T12:00:00Z"
    assert keys(completed_after=noon) == {str(late.key)}
    assert keys(completed_before=noon) == {str(early.key)}
    assert keys(survey="nothing") == set()


@pytest.mark.parametrize(
    "query",
    [{"status": "lost"}, {"completed_after": "yesterday"}, {"survey": "x\x00"}],
)
def test_senseless_filter_is_refused(get, query):
    answer = get(**query)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == next(iter(query))


def test_unknown_response_is_not_found(get):
    assert get(f"{URL}{uuid4()}/").status_code == 404
    assert get(f"{URL}nonsense/").status_code == 404


def test_cursor_that_is_none_is_refused(get):
    assert get(cursor="nonsense").status_code == 400


def test_list_costs_the_same_for_many(get, version, django_assert_max_num_queries):
    for _number in range(20):
        make_response(version)

    with django_assert_max_num_queries(4):
        get()


def test_scope_is_required(client, version):
    headers = bearer(make_api_key("surveys:read"))

    assert client.get(URL).status_code == 401
    assert client.get(URL, headers=headers).status_code == 403
    assert client.post(URL, headers=headers).status_code in {403, 405}


def test_schema_describes_both_operations(client):
    schema = client.get("/api/v1/schema/?format=json").json()

    listed = schema["paths"]["/api/v1/responses/"]["get"]
    assert listed["operationId"] == "listResponses"
    names = {parameter["name"] for parameter in listed["parameters"]}
    assert {"survey", "status", "completed_after", "completed_before"} <= names
    one = schema["paths"]["/api/v1/responses/{key}/"]["get"]
    assert one["operationId"] == "getResponse"
