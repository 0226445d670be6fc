"""REST of this room: mappings as documents, write-backs, connections."""

from __future__ import annotations

import json

import pytest

from crm_mappings import tasks
from crm_mappings.models import Connection, Mapping, WriteBack
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import (
    case_step,
    completed,
    deliver,
    make_case,
    make_connection,
    make_mapping,
    task_step,
)


class Api:
    """Django's test client with a key and JSON both ways."""

    def __init__(self, client, *scopes):
        self.client = client
        self.headers = bearer(make_api_key(*scopes))

    def get(self, path, **query):
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def send(self, method, path, body=None):
        return getattr(self.client, method)(
            f"/api/v1/{path}",
            body if body is not None else {},
            content_type="application/json",
            headers=self.headers,
        )

    def post(self, path, body=None):
        return self.send("post", path, body)

    def put(self, path, body=None):
        return self.send("put", path, body)


@pytest.fixture
def api(client, db):
    return Api(client, "mappings:write", "write_backs:write")


@pytest.fixture
def document(connection, version):
    return {
        "key": "csat-to-case",
        "name": "CSAT onto the case",
        "survey": version.survey.key,
        "connection": connection.key,
        "steps": [case_step()],
    }


def test_a_mapping_is_made_from_its_document(api, document):
    answer = api.post("mappings/", document)

    assert answer.status_code == 201
    assert answer.json()["status"] == "draft"
    assert answer.json()["live_revision"] is None
    assert Mapping.objects.get().steps.get().object == "Case"


def test_what_is_read_can_be_sent_back(api, document):
    api.post("mappings/", document)
    read = api.get("mappings/csat-to-case/").json()

    answer = api.put("mappings/csat-to-case/", read)

    assert answer.status_code == 200
    assert answer.json() == read


def test_the_same_document_again_makes_no_second_mapping(api, document):
    first = api.post("mappings/", document)

    again = api.post("mappings/", first.json())

    assert (again.status_code, again.json()) == (200, first.json())


def test_a_key_that_is_taken_is_a_conflict(api, document):
    api.post("mappings/", document)

    answer = api.post("mappings/", {**document, "steps": [task_step()]})

    assert answer.status_code == 409
    assert Mapping.objects.get().steps.get().object == "Case"


def test_put_makes_a_mapping_that_is_not_there(api, document):
    del document["key"]

    assert api.put("mappings/csat-to-case/", document).status_code == 201


def test_put_refuses_the_document_of_another_mapping(api, document):
    answer = api.put("mappings/other/", document)

    assert answer.status_code == 400
    assert [error["path"] for error in answer.json()["errors"]] == ["key"]


def test_every_mistake_in_a_document_is_said_at_its_place(api, document):
    document["steps"] = [case_step(action="push", key=""), task_step(find="x")]

    answer = api.post("mappings/", document)

    assert answer.status_code == 400
    paths = {error["path"] for error in answer.json()["errors"]}
    assert {"steps[0].action", "steps[0].key", "steps[1].find"} <= paths


@pytest.mark.parametrize("body", [[], "x", 3])
def test_a_body_that_is_no_object_is_refused(api, body):
    assert api.post("mappings/", body).status_code == 400


def test_mappings_are_listed_with_their_state(api, document):
    api.post("mappings/", document)
    api.post("mappings/csat-to-case/activate/")

    (row,) = api.get("mappings/").json()["results"]

    assert (row["key"], row["status"]) == ("csat-to-case", "active")
    assert row["live_revision"]["number"] == 1
    assert row["survey"] == document["survey"]


def test_a_sound_mapping_passes_the_check(api, document):
    rule = {"field": "Priority", "value": {"constant": "High"}}
    api.post("mappings/", {**document, "steps": [case_step(fields=[rule])]})

    answer = api.post("mappings/csat-to-case/check/")

    assert answer.status_code == 200
    grades = {finding["grade"] for finding in answer.json()["findings"]}
    assert grades <= {"fine", "note"}


@pytest.mark.parametrize("act", ["check", "activate"])
def test_a_field_that_the_org_lacks_is_a_problem_with_findings(api, document, act):
    rule = {"field": "Nowhere__c", "value": {"question": "csat"}}
    api.post("mappings/", {**document, "steps": [case_step(fields=[rule])]})

    answer = api.post(f"mappings/csat-to-case/{act}/")

    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:tellback:problem:mapping-refused"
    failing = [one for one in problem["findings"] if one["grade"] == "will_fail"]
    assert [(one["step"], one["field"]) for one in failing] == [("case", "Nowhere__c")]
    assert Mapping.objects.get().status == "draft"


def test_a_mapping_is_activated_and_paused(api, document):
    api.post("mappings/", document)

    live = api.post("mappings/csat-to-case/activate/")
    paused = api.post("mappings/csat-to-case/pause/")

    assert (live.status_code, live.json()["number"]) == (200, 1)
    assert paused.json()["status"] == "paused"


def test_a_preview_shows_what_would_be_written_and_writes_nothing(
    api, document, org, version
):
    case = make_case(org.org, Priority="Low")
    api.post("mappings/", document)
    response = completed(version, {"why": "Slow"}, records={"Case": case})

    answer = api.post("mappings/csat-to-case/preview/", {"response": response.key})

    (write,) = answer.json()["writes"]
    assert (write["action"], write["record_id"]) == ("update", case)
    assert write["fields"] == {"Priority": "High", "Comments": "Slow"}
    assert write["previous"]["Priority"] == "Low"
    assert org.org.read("Case", case)["Priority"] == "Low"


def test_a_preview_names_earlier_steps(api, document, org, version):
    task = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "case"}},
            {"field": "Subject", "value": {"constant": "Call back"}},
        ]
    )
    case = make_case(org.org)
    api.post("mappings/", {**document, "steps": [case_step(), task]})
    response = completed(version, records={"Case": case})

    answer = api.post("mappings/csat-to-case/preview/", {"response": response.key})

    made = answer.json()["writes"][-1]
    assert made["fields"]["WhatId"] in ({"step": "case"}, case)


@pytest.mark.parametrize(
    "key", ["0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11", "nonsense", None]
)
def test_a_preview_of_no_response_is_refused(api, document, key):
    api.post("mappings/", document)

    answer = api.post("mappings/csat-to-case/preview/", {"response": key})

    assert answer.status_code == 400


def test_a_preview_without_an_org_says_so(api, document, org, version):
    offline = make_connection(org, key="offline")
    api.post("mappings/", {**document, "connection": offline.key})
    response = completed(version)

    answer = api.post("mappings/csat-to-case/preview/", {"response": response.key})

    assert answer.status_code == 502
    assert "NOT_CONNECTED" in answer.json()["title"]


@pytest.mark.parametrize(
    "path",
    ["", "check/", "preview/", "activate/", "pause/"],
)
def test_a_mapping_that_is_not_there_is_not_found(api, path):
    call = api.post if path else api.get
    assert call(f"mappings/nowhere/{path}").status_code == 404


@pytest.fixture
def held(org, connection, version):
    """A write-back whose case is not there."""
    make_mapping(connection, version, key="csat-to-case")
    completed(version, records={"Case": "500000000000001AAA"})
    deliver()
    return WriteBack.objects.get()


def test_write_backs_are_listed_with_the_reason(api, held):
    (row,) = api.get("write-backs/", state="held").json()["results"]

    assert row["id"] == held.pk
    assert row["response"] == str(held.response.key)
    assert row["mapping"] == "csat-to-case"
    assert row["reason"]


def test_a_written_one_tells_its_records_and_attempts(api, org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org)
    completed(version, records={"Case": case})
    deliver()
    row = WriteBack.objects.get()

    read = api.get(f"write-backs/{row.pk}/").json()

    assert read["state"] == "written"
    assert [one["record_id"] for one in read["records"]] == [case]
    assert read["log"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"mapping": "csat-to-case"}, 1),
        ({"mapping": "other"}, 0),
        ({"state": "written"}, 0),
        ({"state": "held", "mapping": "csat-to-case"}, 1),
        ({"created_before": "2026-01-01T00:00:00Z"}, 0),
        ({"created_before": "2099-01-01T00:00:00Z"}, 1),
    ],
)
def test_write_backs_are_filtered(api, held, query, count):
    assert len(api.get("write-backs/", **query).json()["results"]) == count


def test_a_filter_that_cannot_be_understood_is_refused(api):
    assert api.get("write-backs/", state="lost").status_code == 400
    assert api.get("write-backs/", created_before="yesterday").status_code == 400


def test_a_held_write_back_is_sent_again(api, held):
    answer = api.post(f"write-backs/{held.pk}/retry/")

    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")


def test_what_waits_already_is_not_sent_again(api, held):
    api.post(f"write-backs/{held.pk}/retry/")

    assert api.post(f"write-backs/{held.pk}/retry/").status_code == 409


def test_a_write_back_that_is_not_there_is_not_found(api):
    assert api.get("write-backs/7/").status_code == 404
    assert api.post("write-backs/7/retry/").status_code == 404


def test_connections_are_listed_without_secrets(api, connection):
    answer = api.get("connections/")

    (row,) = answer.json()["results"]
    assert (row["key"], row["status"]) == (connection.key, "connected")
    body = answer.content.decode()
    for secret in ("client_secret", "access_token", "refresh_token", "hook_secret"):
        assert secret not in body
        assert (
            not getattr(connection, secret) or getattr(connection, secret) not in body
        )


def test_a_connection_is_checked(api, connection):
    answer = api.post(f"connections/{connection.key}/check/").json()

    assert answer["passed"] is True
    assert all(check["passed"] for check in answer["checks"])


def test_a_connection_that_fails_says_what_to_do(api, org):
    wrong = make_connection(org, client_secret="wrong")

    answer = api.post(f"connections/{wrong.key}/check/").json()

    assert answer["passed"] is False
    assert answer["checks"][0]["todo"]
    assert Connection.objects.get(pk=wrong.pk).status != "connected"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "mappings/"),
        ("post", "mappings/"),
        ("get", "mappings/a/"),
        ("put", "mappings/a/"),
        ("post", "mappings/a/check/"),
        ("post", "mappings/a/preview/"),
        ("post", "mappings/a/activate/"),
        ("post", "mappings/a/pause/"),
        ("get", "connections/"),
        ("post", "connections/a/check/"),
        ("get", "write-backs/"),
        ("get", "write-backs/1/"),
        ("post", "write-backs/1/retry/"),
    ],
)
def test_every_door_asks_for_its_scope(client, db, method, path):
    stranger = Api(client, "surveys:read")

    answer = stranger.get(path) if method == "get" else stranger.send(method, path)

    assert answer.status_code == 403


def test_an_undo_is_shown_first_and_then_done(api, org, connection, version):
    make_mapping(connection, version, case_step())
    case = make_case(org.org, Priority="Low")
    answers = {"csat": 1, "nps": 1, "why": "x"}
    completed(version, answers, records={"Case": case})
    deliver()
    row = WriteBack.objects.get()

    shown = api.get(f"write-backs/{row.pk}/undo/").json()
    done = api.post(f"write-backs/{row.pk}/undo/", {})

    assert shown["undone"] is False
    assert [record["fate"] for record in shown["records"]] == ["restore"]
    assert (done.status_code, done.json()["undone"]) == (200, True)
    assert org.org.read("Case", case)["Priority"] == "Low"
    assert api.post(f"write-backs/{row.pk}/undo/", {}).status_code == 409


def test_undoing_what_is_not_there_is_not_found(api):
    assert api.post("write-backs/7/undo/", {}).status_code == 404


@pytest.mark.parametrize("name", ["key", "survey", "connection", "steps"])
@pytest.mark.parametrize("text", ["\x00", "a\ud800b"])
def test_what_no_database_keeps_is_refused_in_a_mapping(client, db, name, text):
    body = {"key": "one", "survey": "s", "connection": "c", "steps": []}
    body[name] = [{"fields": [{"value": text}]}] if name == "steps" else text
    headers = {"Authorization": f"Bearer {make_api_key()}"}

    answer = client.post(
        "/api/v1/mappings/",
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    )

    assert answer.status_code == 400
    assert name in [one["path"].partition(".")[0] for one in answer.json()["errors"]]


def test_a_whole_run_is_looked_at_begun_and_followed(api, org, connection, version):
    mapping = make_mapping(connection, version)
    cases = [make_case(org.org, Comments="as it was") for _ in range(2)]
    for case in cases:
        completed(version, {"csat": 1, "why": "x"}, records={"Case": case})
    deliver()
    org.org.update("Case", cases[0], {"Comments": "by hand"})

    begun = api.post("undo-runs/", {"mapping": mapping.key})
    place = f"undo-runs/{begun.json()['id']}/"
    assert (begun.status_code, begun.json()["status"]) == (202, "looking")
    assert api.post(f"{place}begin/").status_code == 409
    tasks.put_back()
    assert api.get(place).json()["seen"] == {"restore": 1, "changed": 1}
    assert api.post(f"{place}begin/", {"delete_created": True}).status_code == 202
    assert api.post(f"{place}pause/").json()["status"] == "paused"
    assert api.post(f"{place}resume/").json()["status"] == "running"
    tasks.put_back()

    told = api.get(place).json()
    assert (told["status"], told["total"], told["progress"]) == ("done", 2, 2)
    [left] = api.get(f"{place}findings/").json()["results"]
    assert (left["fate"], left["changed"]) == ("changed", ["Comments"])
    assert "Changed since by somebody else" in left["message"]
    assert api.post(f"{place}cancel/").status_code == 409
    assert len(api.get("undo-runs/").json()["results"]) == 1


def test_a_run_that_cannot_be_undone_is_refused_where_it_is_wrong(
    api, connection, version
):
    mapping = make_mapping(connection, version)
    late = {"mapping": mapping.key, "since": "2099-01-01T00:00:00Z"}

    assert api.post("undo-runs/", {"mapping": "nowhere"}).status_code == 400
    assert api.post("undo-runs/", {**late, "backfill": 7}).status_code == 400
    refused = api.post("undo-runs/", late)
    assert refused.status_code == 400
    assert "before the other date" in refused.content.decode()
    assert api.post("undo-runs/", {"mapping": mapping.key}).status_code == 409
