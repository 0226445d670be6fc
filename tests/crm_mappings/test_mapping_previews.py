"""The dry run: of one response, the latest or a made-up one, in the admin, over REST
and at the command line; and the way back over REST."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from crm_mappings.models import Mapping, WrittenRecord
from tests.crm_mappings.test_admin_mappings import save
from tests.crm_mappings.test_api import Api, api  # noqa: F401 - a fixture
from tests.factories.crm import case_step, completed, make_case, task_step

pytestmark = pytest.mark.django_db
KEY = "csat-to-case"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def mapping(connection, version):
    task = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "case"}},
            {"field": "Subject", "value": {"constant": "Call back"}},
        ]
    )
    return save(connection, version, case_step(), task)


@pytest.fixture
def answers(org, version):
    """One that would be written and one that would be held."""
    case = make_case(org.org, Priority="Low")
    fine = completed(version, {"why": "Slow"}, records={"Case": case})
    lost = completed(version, {"why": "x"}, records={"Case": "500000000000001AAA"})
    return fine, lost


def run(*arguments):
    out = StringIO()
    call_command("preview_mapping", *arguments, stdout=out)
    return out.getvalue()


def test_the_exact_calls_are_shown(api, mapping, answers, org):  # noqa: F811
    answer = api.post(f"mappings/{KEY}/preview/", {"response": answers[0].key}).json()

    (read,), (call,) = answer["reads"], answer["calls"]
    assert " FROM Case WHERE Id IN ('" in read["query"]
    assert answers[0].records["Case"] in read["query"]
    assert (call["method"], call["path"]) == (
        *("POST", "/services/data/v66.0/composite/graph"),
    )
    (graph,) = call["body"]["graphs"]
    first, second = graph["compositeRequest"]
    assert first["url"].endswith(answers[0].records["Case"])
    assert second["body"]["WhatId"] == answers[0].records["Case"]
    assert WrittenRecord.objects.count() == 0
    assert org.org.query("SELECT Id FROM Task") == []


def test_the_latest_responses_are_tried_together(api, mapping, answers):  # noqa: F811
    answer = api.post(f"mappings/{KEY}/preview/", {"latest": 20}).json()

    outcomes = {one["response"]: bool(one["problems"]) for one in answer["previews"]}
    assert outcomes == {str(answers[0].key): False, str(answers[1].key): True}


def test_many_previews_cost_no_more_questions_than_one(mapping, version, org):
    for _ in range(5):
        completed(version, records={"Case": make_case(org.org)})
    before = org.org.usage.count()

    run(KEY, "--latest", "5")

    # What the objects look like, once each, and one query for the cases.
    assert org.org.usage.count() - before <= 3


def test_a_made_up_response_is_tried_over_rest(api, mapping, org):  # noqa: F811
    case = make_case(org.org)
    asked = {"made_up": True, "records": {"Case": case}}

    answer = api.post(f"mappings/{KEY}/preview/", asked).json()

    assert answer["writes"][0]["record_id"] == case


@pytest.mark.parametrize("asked", [{}, {"latest": 21}, {"latest": 1, "made_up": True}])
def test_a_preview_of_what_nobody_can_mean_is_refused(api, mapping, asked):  # noqa: F811
    assert api.post(f"mappings/{KEY}/preview/", asked).status_code == 400


def test_the_admin_shows_the_latest_in_one_list(admin_client, mapping, answers):
    url = reverse("admin:crm_mappings_mapping_preview", args=[mapping.pk])

    text = admin_client.get(url, {"response": "latest"}).content.decode()

    assert "update Case" in text
    assert "held" in text
    one = admin_client.get(url, {"response": answers[0].key}).content.decode()
    assert "composite/graph" in one
    assert "FROM Case WHERE Id IN" in one


def test_the_command_says_what_would_be_written(mapping, answers, org):
    text = run(KEY, "--response", str(answers[0].key), "--calls")

    assert "case: update Case" in text
    assert "Low" in text
    assert "composite/graph" in text
    assert org.org.query("SELECT Id FROM Task") == []


def test_the_command_fails_when_one_would_be_held(mapping, answers):
    with pytest.raises(CommandError, match="1 of 2 would be held"):
        run(KEY, "--latest", "2")


def test_the_command_makes_answers_up(mapping, org):
    text = run(KEY, "--made-up", "--record", f"Case={make_case(org.org)}")

    assert "task: upsert Task" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no mapping 'nowhere'"),
        ([KEY], "Nobody has answered"),
        ([KEY, "--latest", "99"], "1 to 20"),
        ([KEY, "--response", "x"], "no such response"),
    ],
)
def test_the_command_says_what_is_wrong(mapping, arguments, said):
    with pytest.raises(CommandError, match=said):
        run(*arguments)


def test_revisions_are_read_and_brought_back_over_rest(
    api,  # noqa: F811
    mapping,
    connection,
    version,
):
    api.post(f"mappings/{KEY}/activate/", {"note": "The first"})
    save(connection, version, case_step())
    api.post(f"mappings/{KEY}/activate/")

    back = api.post(f"mappings/{KEY}/roll-back/", {"revision": 1, "note": "Better"})

    assert (back.status_code, back.json()["number"]) == (200, 3)
    rows = api.get(f"mappings/{KEY}/revisions/").json()["results"]
    assert [(row["number"], row["note"]) for row in rows] == [
        (3, "Better"),
        (2, ""),
        (1, "The first"),
    ]
    assert len(rows[0]["document"]["steps"]) == 2
    assert Mapping.objects.get().live_revision.number == 3


def test_a_revision_that_is_not_there_cannot_come_back(api, mapping):  # noqa: F811
    answer = api.post(f"mappings/{KEY}/roll-back/", {"revision": 7})

    assert answer.status_code == 400
    assert "no revision 7" in json.dumps(answer.json())


def test_rest_cannot_let_a_link_choose_the_record(api, mapping):  # noqa: F811
    document = api.get(f"mappings/{KEY}/").json()

    answer = api.send("put", f"mappings/{KEY}/", {**document, "trusts_links": True})

    assert answer.status_code == 400
    assert "administrator" in json.dumps(answer.json())


def test_the_new_doors_ask_for_their_scope(client, mapping):
    stranger = Api(client, "surveys:read")

    assert stranger.get(f"mappings/{KEY}/revisions/").status_code == 403
    assert stranger.send("post", f"mappings/{KEY}/roll-back/").status_code == 403
