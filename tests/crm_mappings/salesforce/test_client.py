"""Calls to an org, at the wire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.salesforce import collections
from crm_mappings.salesforce.client import (
    LONGEST_LIST,
    MOST_VALUES,
    OrgClient,
    short_lists,
)
from crm_mappings.salesforce.errors import Kind, NoAnswer
from crm_mappings.salesforce.session import HostRefused, Refused, SessionExpired
from tests.factories.org import VERSION, token_for
from tests.factories.wire import Answer, json_answer, scripted_server

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "salesforce" / "recorded"


def client(org, **options) -> OrgClient:
    return OrgClient(
        instance_url=org.url,
        access_token=options.pop("token", None) or token_for(org.org),
        version=VERSION,
        extra_origins=[org.url],
        **options,
    )


def scripted(server, **options) -> OrgClient:
    return OrgClient(
        instance_url=server.origin,
        access_token="secret",
        version=VERSION,
        extra_origins=[server.origin],
        **options,
    )


def test_a_query_gives_all_pages(org):
    org.org.page_size = 3
    for number in range(8):
        org.org.insert("Account", {"Name": f"Acme {number}"})

    rows = client(org).query("SELECT Name FROM Account ORDER BY Name")

    assert [row["Name"] for row in rows] == [f"Acme {number}" for number in range(8)]


def test_values_are_quoted_in_a_question(org):
    names = ["O'Neil", 'Say "hi"', "back\\slash", "line\nbreak", "') OR Name != ('"]
    for name in [*names, "Other"]:
        org.org.insert("Account", {"Name": name})

    rows = client(org).select("Account", ["Name"], "Name", names)

    assert {row["Name"] for row in rows} == set(names)


def test_a_long_list_is_asked_in_several_calls(org):
    ids = [org.org.insert("Account", {"Name": f"A{number}"}) for number in range(450)]
    org.org.calls.clear()

    rows = client(org).select("Account", ["Id"], "Id", ids)

    assert {row["Id"] for row in rows} == set(ids)
    assert len(org.org.calls.calls) == 3


@pytest.mark.parametrize(
    "name", ["Name FROM User --", "a b", "", "Id,Name", "__", "x" * 200, "Näme"]
)
def test_what_is_not_a_name_is_not_asked(org, name):
    asked = client(org)
    org.org.calls.clear()

    with pytest.raises(Refused):
        asked.select(name, ["Id"], "Id", ["1"])
    with pytest.raises(Refused):
        asked.select("Account", [name], "Id", ["1"])
    with pytest.raises(Refused):
        asked.describe(name)
    assert not org.org.calls.calls


@settings(deadline=None, max_examples=50)
@given(values=st.lists(st.text(max_size=300), max_size=300))
def test_lists_are_cut_without_loss(values):
    parts = list(short_lists(values))

    assert [value for part in parts for value in part] == values
    assert all(0 < len(part) <= MOST_VALUES for part in parts)
    for part in parts:
        length = sum(len(repr(value)) for value in part)
        assert len(part) == 1 or length <= LONGEST_LIST * 2


def test_an_object_is_described(org):
    described = client(org).describe("Case")

    assert described["name"] == "Case"
    assert "Case" in {row["name"] for row in client(org).describe_global()}


def test_an_object_that_is_not_there_is_refused(org):
    with pytest.raises(Refused) as caught:
        client(org).describe("Nothing__c")

    assert caught.value.status == 404


def test_records_are_created_updated_and_upserted(org):
    asked = client(org)

    [made] = asked.create("Account", [{"Name": "Acme"}])
    [changed] = asked.update("Account", [{"Id": made.id, "Name": "Ajax"}])
    records = [{"Tellback_Key__c": "k1"}, {"Tellback_Key__c": "k2"}]
    put = asked.upsert("Tellback_Response__c", "Tellback_Key__c", records)
    again = asked.upsert("Tellback_Response__c", "Tellback_Key__c", records[:1])

    assert (made.success, made.created) == (True, True)
    assert (changed.success, changed.created) == (True, False)
    assert [result.created for result in put + again] == [True, True, False]
    assert org.org.read("Account", made.id)["Name"] == "Ajax"


def test_each_record_has_its_own_result(org):
    results = client(org).create("Account", [{"Name": "Acme"}, {}])

    assert [result.success for result in results] == [True, False]
    [refusal] = results[1].errors
    assert (refusal.code, refusal.kind) == ("REQUIRED_FIELD_MISSING", Kind.DATA)


@pytest.mark.parametrize("many", [0, 201])
def test_a_call_takes_one_to_two_hundred_records(org, many):
    with pytest.raises(ValueError, match="200"):
        client(org).create("Account", [{"Name": "Acme"}] * many)


def test_records_are_read_by_their_ids(org):
    there = org.org.insert("Account", {"Name": "Acme"})
    gone = org.org.insert("Account", {"Name": "Gone"})
    org.org.delete("Account", gone)

    found = client(org).retrieve("Account", [there, gone], ["Name"])

    assert found.keys() == {there}
    assert found[there]["Name"] == "Acme"


def test_the_org_says_who_and_what_it_is(org):
    asked = client(org)

    assert asked.organization()["Id"] == org.org.org_id
    user = asked.whoami(org.org.integration_id)
    assert user["Username"] == "integration@tellback.example"
    assert VERSION in asked.versions()
    assert asked.limits()["DailyApiRequests"]["Max"] == 15_000
    assert asked.usage.allowed == 15_000


def test_an_ended_token_is_renewed_once_and_the_call_repeated(org):
    renewals = []

    def renew() -> tuple[str, str]:
        renewals.append(1)
        return org.url, token_for(org.org)

    rows = client(org, token="ended", renew=renew).query("SELECT Id FROM Organization")

    assert len(rows) == 1
    assert renewals == [1]


def test_a_token_that_is_never_good_does_not_loop(org):
    asked = client(org, token="ended", renew=lambda: (org.url, "ended too"))
    org.org.calls.clear()

    with pytest.raises(SessionExpired):
        asked.describe("Case")

    assert len(org.org.calls.calls) == 2


def test_without_a_way_to_renew_the_end_is_told(org):
    with pytest.raises(SessionExpired):
        client(org, token="ended").limits()


def test_a_next_page_at_another_host_is_refused():
    page = {"records": [], "done": False, "nextRecordsUrl": "@evil.example/steal"}
    with scripted_server(json_answer(page)) as server:
        with pytest.raises(HostRefused):
            scripted(server).query("SELECT Id FROM Case")

        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"", b"[" * 100_000])
def test_a_success_that_cannot_be_read_has_an_unknown_outcome(body):
    with (
        scripted_server(Answer(body=body)) as server,
        pytest.raises(NoAnswer) as caught,
    ):
        scripted(server).create("Case", [{"Subject": "x"}])

    assert not caught.value.never_sent
    assert "Welcome" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [{"id": "500", "success": True}, {"id": "501", "success": True}],
        [{"success": True}],
        [None],
        {"id": "500"},
    ],
)
def test_results_that_do_not_add_up_have_an_unknown_outcome(answer):
    with scripted_server(json_answer(answer)) as server, pytest.raises(NoAnswer):
        scripted(server).create("Case", [{"Subject": "x"}])


@pytest.mark.parametrize("answer", [[], {"records": None}, {"nothing": 1}, None])
def test_rows_that_are_none_have_an_unknown_outcome(answer):
    with scripted_server(json_answer(answer)) as server, pytest.raises(NoAnswer):
        scripted(server).query("SELECT Id FROM Case")


def test_a_number_that_is_not_json_is_never_sent(org):
    with pytest.raises(ValueError, match="JSON"):
        client(org).create("Account", [{"AnnualRevenue": float("nan")}])


def test_a_recorded_mixture_of_results_is_read():
    path = RECORDED / "amp-labs" / "batch" / "create" / "contacts"
    if not path.exists():
        pytest.skip("the recordings are not here")
    good = json.loads((path / "success.json").read_text())
    bad = json.loads((path / "partial-but-allOrNone.json").read_text())

    told = collections.results(good, expected=2, creating=True)
    refused = collections.results(bad, expected=2, creating=True)

    assert [result.created for result in told] == [True, True]
    assert [result.errors[0].kind for result in refused] == [Kind.DATA, Kind.TRANSIENT]
