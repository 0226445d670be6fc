from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from surveys.models import Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.surveys import make_survey, nps, publish_survey, survey_document

pytestmark = pytest.mark.django_db
URL = "/api/v1/surveys/"


class Caller:
    def __init__(self, *scopes: str) -> None:
        self.client = Client(headers=bearer(make_api_key(*scopes)))

    def __call__(self, method: str, path: str = "", body: Any = None) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(
            method, URL + path, data=text, content_type="application/json"
        )


@pytest.fixture
def call() -> Caller:
    return Caller("surveys:read", "surveys:write")


def test_a_draft_is_made_from_its_document(call: Caller) -> None:
    answer = call("POST", body=survey_document())

    assert answer.status_code == 201
    assert answer.json()["key"] == "support-csat"
    assert (answer.json()["status"], answer.json()["version"]) == ("draft", None)
    assert [page["key"] for page in answer.json()["pages"]] == ["p1", "p2"]
    assert Survey.objects.get().key == "support-csat"


def test_a_survey_is_made_once(call: Caller) -> None:
    make_survey()

    answer = call("POST", body=survey_document(title={"en": "Another"}))

    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Survey.objects.get().title["en"] == "How did we do?"


def test_problems_are_told_by_path(call: Caller) -> None:
    pages = [{"key": "p1", "questions": [nps(kind="hologram", text={})]}]

    answer = call("POST", body=survey_document(key="Not A Key", pages=pages))

    assert answer.status_code == 400
    assert {error["path"] for error in answer.json()["errors"]} == {
        "key",
        "pages[0].questions[0].kind",
        "pages[0].questions[0].text",
    }


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        None,
        5,
        {"pages": {"key": []}},
        survey_document(title={"\ud800": "\ud800", "en": "\x00"}),
        survey_document(**{"\x00\ud800": 1}),
        survey_document(pages=[{"key": "p", "show_if": {"\ud800": 1}}]),
    ],
)
def test_nonsense_is_answered_in_words(call: Caller, body: Any) -> None:
    answer = call("POST", body=json.dumps(body))

    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_what_is_no_json_is_refused(call: Caller) -> None:
    assert call("POST", body="{").status_code == 400
    assert call("POST", body='{"key": NaN}').status_code == 400


def test_what_was_read_can_be_sent_back(call: Caller) -> None:
    publish_survey()
    document = call("GET", "support-csat/").json()

    answer = call("PUT", "support-csat/", document)

    assert answer.status_code == 200
    assert answer.json() == document
    assert document["version"] == 1


def test_a_draft_is_replaced(call: Caller) -> None:
    make_survey()

    answer = call("PUT", "support-csat/", survey_document(title={"en": "New"}))

    assert answer.json()["title"] == {"en": "New"}


def test_an_address_takes_its_own_survey_alone(call: Caller) -> None:
    make_survey()

    other = call("PUT", "support-csat/", survey_document(key="other"))
    missing = call("PUT", "other/", survey_document(key="other"))

    assert other.status_code == 400
    assert missing.status_code == 404
    assert Survey.objects.count() == 1


def test_publishing_makes_version_one_and_two(call: Caller) -> None:
    make_survey()

    first = call("POST", "support-csat/publish/")
    again = call("POST", "support-csat/publish/")
    call("PUT", "support-csat/", survey_document(title={"en": "New"}))
    second = call("POST", "support-csat/publish/")
    versions = call("GET", "support-csat/versions/").json()["results"]

    assert first.status_code == 200
    numbers = [answer.json()["number"] for answer in (first, again, second)]
    assert numbers == [1, 1, 2]
    assert [version["number"] for version in versions] == [2, 1]
    assert versions[0]["definition"]["title"] == {"en": "New"}


def test_an_unfinished_draft_is_not_published(call: Caller) -> None:
    Survey.objects.create(key="empty", title={"en": "Empty"})

    answer = call("POST", "empty/publish/")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "pages"


def test_a_published_key_keeps_its_kind(call: Caller) -> None:
    publish_survey()
    pages = [{"key": "p1", "questions": [nps(key="csat")]}]
    make_survey(survey_document(pages=pages))

    answer = call("POST", "support-csat/publish/")

    assert answer.status_code == 409
    assert "csat" in answer.json()["title"]


def test_the_list_goes_on_by_cursor(call: Caller) -> None:
    for number in range(3):
        make_survey(survey_document(key=f"s{number}"))
    publish_survey()

    first = call("GET", "?limit=2").json()
    second = call.client.get(first["next"]).json()
    live = call("GET", "?status=live").json()

    assert [one["key"] for one in first["results"]] == ["support-csat", "s2"]
    assert [one["key"] for one in second["results"]] == ["s1", "s0"]
    assert second["next"] is None
    assert live["results"] == [
        {
            "key": "support-csat",
            "title": survey_document()["title"],
            "status": "live",
            "version": 1,
        }
    ]
    assert call("GET", "?status=gone").status_code == 400


def test_a_survey_that_is_not_there(call: Caller) -> None:
    assert call("GET", "nothing/").status_code == 404
    assert call("POST", "nothing/publish/").status_code == 404
    assert call("GET", "nothing/versions/").status_code == 404


def test_scopes_are_kept() -> None:
    reader = Caller("surveys:read")
    make_survey()

    assert reader("GET").status_code == 200
    assert reader("POST", body=survey_document(key="x")).status_code == 403
    assert reader("PUT", "support-csat/", survey_document()).status_code == 403
    assert reader("POST", "support-csat/publish/").status_code == 403
    assert Caller("responses:read")("GET").status_code == 403
    assert Client().get(URL).status_code == 401


def test_there_is_no_way_to_delete(call: Caller) -> None:
    make_survey()

    assert call("DELETE", "support-csat/").status_code in {403, 405}
    assert Survey.objects.exists()
