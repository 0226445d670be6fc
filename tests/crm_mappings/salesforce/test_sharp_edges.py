"""The sharp edges of simple-salesforce, by number, and that none of them cuts."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from requests.adapters import HTTPAdapter

from crm_mappings.salesforce import client as client_module
from crm_mappings.salesforce.auth import App, AuthError, client_credentials
from crm_mappings.salesforce.client import MOST_VALUES, OrgClient, short_lists
from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError
from crm_mappings.salesforce.session import (
    HostRefused,
    OrgSession,
    Refused,
    SessionExpired,
)
from tests.factories.org import VERSION, token_for
from tests.factories.wire import Answer, json_answer, scripted_server

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = [
    path
    for room in ("config", "crm_mappings", "responses", "deployments", "surveys")
    for path in (ROOT / room).rglob("*.py")
    if not {"emulator", "demo"} & set(path.parts)
]
ENDED = json_answer(
    [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}], status=401
)


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


def attributes_used() -> set[str]:
    """Every name after a dot in the one file that imports the library."""
    tree = ast.parse(Path(client_module.__file__).read_text())
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_01_a_401_does_not_loop():
    with scripted_server(ENDED) as server:
        with pytest.raises(SessionExpired):
            scripted(server).describe("Case")

        assert len(server.requests) == 1


def test_02_after_a_401_the_call_is_repeated_whole_at_the_new_host():
    with scripted_server(ENDED) as old, scripted_server(json_answer([])) as new:
        asked = OrgClient(
            instance_url=old.origin,
            access_token="old",
            version=VERSION,
            extra_origins=[old.origin, new.origin],
            renew=lambda: (new.origin, "fresh"),
        )
        with pytest.raises(NoAnswer):  # the script's answer has no results in it
            asked.create("Case", [{"Subject": "x"}])

        [first], [second] = old.requests, new.requests
        assert (first.method, first.path, first.body) == (
            second.method,
            second.path,
            second.body,
        )
        assert second.headers["Authorization"] == "Bearer fresh"


def test_03_a_401_that_is_a_page_is_understood():
    page = Answer(status=401, body=b"<html>Log in</html>")
    with scripted_server(page) as server, pytest.raises(SessionExpired):
        scripted(server).limits()


def test_04_a_renewed_token_is_used_by_every_call_after_it(org):
    asked = client(org, token="ended", renew=lambda: (org.url, token_for(org.org)))
    asked.organization()
    org.org.calls.clear()

    asked.limits()
    asked.describe("Case")

    assert [call.status for call in org.org.calls.calls] == [200, 200]


def test_05_every_call_has_time_limits():
    with scripted_server(Answer()) as server:
        session = OrgSession(server.origin, timeout=(1, 2))
        seen = {}
        send = session.get_adapter(server.origin).send

        def watch(request, **options):
            seen.update(options)
            return send(request, **options)

        session.get_adapter(server.origin).send = watch
        session.request("GET", f"{server.origin}/x", timeout=None)

    assert seen["timeout"] == (1, 2)


def test_06_a_question_is_asked_again_once_and_a_write_never():
    with scripted_server(Answer(hang_up=True)) as server:
        for method, times in (("GET", 2), ("POST", 1), ("PATCH", 1)):
            server.requests.clear()
            with pytest.raises(NoAnswer):
                OrgSession(server.origin).request(method, f"{server.origin}/x")
            assert len(server.requests) == times


def test_06_one_connection_is_enough_for_a_task():
    adapter = OrgSession("https://acme.my.salesforce.com").get_adapter("https://x")

    assert isinstance(adapter, HTTPAdapter)
    assert adapter._pool_maxsize == 1


@pytest.mark.parametrize("status", [300, 304, 400, 403, 404, 405, 409, 412, 414, 415])
@pytest.mark.parametrize("body", [b"", b"text", b"[]", b'[{"errorCode":"X"}]', b"<p>"])
def test_07_every_refusal_is_one_kind_of_error(status, body):
    usage = {"Sforce-Limit-Info": "api-usage=1/5"}
    with scripted_server(Answer(status=status, body=body, headers=usage)) as server:
        asked = scripted(server)
        with pytest.raises(Refused) as caught:
            asked.limits()

        assert caught.value.refusal.code
        assert asked.usage.used == 1


def test_08_our_errors_can_be_copied_and_say_the_same():
    with (
        scripted_server(Answer(status=500)) as server,
        pytest.raises(OrgError) as caught,
    ):
        scripted(server).limits()

    again = pickle.loads(pickle.dumps(caught.value.refusal))
    assert again == copy.deepcopy(caught.value.refusal) == caught.value.refusal


def test_09_only_our_own_code_logs_in():
    used = attributes_used()

    assert not used & {"SalesforceLogin", "login", "SalesforceAuthenticationFailed"}


@pytest.mark.parametrize(
    "key",
    ["//evil.example/x", "http://evil.example", "a/b", "a?b", "a#b", "a b", "%2e"],
)
def test_10_a_key_never_leads_to_another_host_or_path(org, key):
    org.org.calls.clear()

    client(org).select("Account", ["Id"], "Name", [key])
    [made] = client(org).upsert(
        "Tellback_Response__c", "Tellback_Key__c", [{"Tellback_Key__c": key}]
    )

    assert made.success
    paths = {call.path for call in org.org.calls.calls}
    assert all(path.startswith("/services/data/v66.0/") for path in paths)


def test_10_the_session_refuses_every_other_host():
    with scripted_server(Answer()) as server, pytest.raises(HostRefused):
        OrgSession(server.origin).request("GET", "https://evil.example/x")


def test_11_a_key_with_blanks_and_signs_is_found_as_it_is(org):
    for key in ("a b", "a+b", "ä/ö"):
        client(org).upsert(
            "Tellback_Response__c", "Tellback_Key__c", [{"Tellback_Key__c": key}]
        )

        [row] = client(org).select(
            "Tellback_Response__c", ["Tellback_Key__c"], "Tellback_Key__c", [key]
        )
        assert row["Tellback_Key__c"] == key


def test_12_an_upsert_tells_id_and_whether_it_created(org):
    record = [{"Tellback_Key__c": "k"}]
    put = client(org).upsert("Tellback_Response__c", "Tellback_Key__c", record)
    again = client(org).upsert("Tellback_Response__c", "Tellback_Key__c", record)

    assert put[0].id == again[0].id
    assert (put[0].created, again[0].created) == (True, False)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("1.5"), date(2026, 1, 1), object()]
)
def test_13_a_value_that_is_not_json_is_never_sent(org, value):
    asked = client(org)
    org.org.calls.clear()

    with pytest.raises((ValueError, TypeError)):
        asked.create("Account", [{"Name": value}])
    assert not org.org.calls.calls


def test_14_no_name_from_outside_is_ever_an_attribute_of_the_library(org):
    source = Path(client_module.__file__).read_text()

    assert "getattr(" not in source
    with pytest.raises(Refused):
        client(org).describe("query_al/../x")


def test_15_money_stays_exact_on_its_way_out(org):
    [made] = client(org).create(
        "Opportunity",
        [
            {
                "Name": "x",
                "StageName": "Prospecting",
                "CloseDate": "2026-12-01",
                "Amount": 1234567890.12,
            }
        ],
    )

    assert org.org.read("Opportunity", made.id)["Amount"] == 1234567890.12


@pytest.mark.parametrize("name", ["deploy", "checkDeployStatus", "mdapi", "bulk"])
def test_16_to_20_nothing_of_the_metadata_or_bulk_clients_is_used(name):
    assert name not in attributes_used()


def test_21_many_descriptions_cost_one_call_and_none_that_is_known(org):
    asked = client(org)
    first = asked.describes(dict.fromkeys(("Case", "Account", "Contact"), ""))
    org.org.calls.clear()

    again = asked.describes({name: told.modified for name, told in first.items()})

    assert len(org.org.calls.calls) == 1
    assert all(told.unchanged for told in again.values())
    assert first["Case"].describe["name"] == "Case"


def test_21_the_use_of_calls_is_known_after_an_error_too():
    usage = {"Sforce-Limit-Info": "api-usage=9/10"}
    with scripted_server(Answer(status=503, headers=usage)) as server:
        asked = scripted(server)
        with pytest.raises(OrgError):
            asked.limits()

    assert asked.usage.used == 9


def test_22_the_librarys_bulk_client_is_not_used():
    assert "bulk2" not in attributes_used()


def test_23_each_client_has_a_session_of_its_own(org):
    first, second = client(org), client(org)

    assert first._session is not second._session
    assert first._library is not second._library


def test_23_clients_in_threads_do_not_meet(org):
    names: list[str] = []

    def work() -> None:
        names.append(client(org).organization()["Name"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names == ["Tellback Demo"] * 8


def test_24_pretty_answers_are_read(org):
    assert client(org).describe("Case")["fields"]


def test_25_long_lists_are_cut_to_fit_an_address():
    parts = list(short_lists([f"{number:018d}" for number in range(1000)]))

    assert max(map(len, parts)) <= MOST_VALUES
    assert sum(map(len, parts)) == 1000


def test_26_a_token_answer_without_an_address_is_told():
    told = {"access_token": "x", "id": "https://x/id/00Dx0000000BV7z/005x00000012Q9P"}
    with scripted_server(json_answer(told)) as server:
        app = App(
            login_url=server.origin,
            client_id="x",
            client_secret="",
            extra_origins=(server.origin,),
        )
        with pytest.raises(AuthError, match="did not answer as Salesforce does"):
            client_credentials(app)


@pytest.mark.parametrize("value", ["'; DROP", "a' OR Name != '", "\\", "x\ny", "%_"])
def test_27_values_are_quoted_in_questions(org, value):
    made = org.org.insert("Account", {"Name": value})

    rows = client(org).select("Account", ["Id"], "Name", [value])

    assert [row["Id"] for row in rows] == [made]


def test_27_no_question_is_put_together_from_values():
    """An f-string that begins with SELECT holds names of ours alone."""
    found = []
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) and node.values:
                first = node.values[0]
                text = first.value if isinstance(first, ast.Constant) else ""
                if str(text).startswith("SELECT"):
                    found.append(path.name)

    # There are only names of ours and ids of the org; or each part is proved first.
    assert set(found) <= {
        "rights.py",
        "granting.py",
        "reading.py",
        "record_reading.py",
        "straight.py",
    }


# -- what is added to the library


def test_each_call_has_an_id_that_both_sides_know(org):
    asked = client(org)
    asked.organization()
    asked.limits()

    ids = [call.request_id for call in org.org.calls.calls]
    assert len(set(ids)) == len(ids)
    assert all(ids)
    org.org.faults.server_errors = 1
    with pytest.raises(OrgError) as caught:
        asked.limits()
    assert caught.value.request_id == org.org.calls.calls[-1].request_id


def test_the_org_is_told_which_program_calls():
    with scripted_server(json_answer({})) as server:
        scripted(server).limits()

    assert server.requests[0].headers["Sforce-Call-Options"].startswith("client=")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("unavailable", Kind.TRANSIENT),
        ("server_errors", Kind.TRANSIENT),
        ("request_limit", Kind.BUDGET),
        ("api_disabled", Kind.CONNECTION),
        ("policy_errors", Kind.CONNECTION),
    ],
)
def test_each_failure_of_the_org_has_its_kind(org, fault, kind):
    setattr(org.org.faults, fault, 1)

    with pytest.raises(OrgError) as caught:
        client(org).limits()

    assert caught.value.kind is kind


def test_an_object_that_is_gone_is_told_beside_those_that_are_there(org):
    told = client(org).describes({"Case": "", "Nothing__c": ""})

    assert told["Case"].describe
    assert told["Nothing__c"].refusal.code == "NOT_FOUND"


@pytest.mark.parametrize(
    "answer", [{}, {"compositeResponse": []}, {"compositeResponse": [{"x": 1}]}, []]
)
def test_a_composite_answer_that_does_not_add_up_is_none(answer):
    with scripted_server(json_answer(answer)) as server, pytest.raises(NoAnswer):
        scripted(server).describes({"Case": ""})


def test_a_moment_is_written_as_salesforce_reads_it(org):
    case = org.org.insert("Case", {"Subject": "x"})

    found = client(org).select_like(
        "Case",
        {"Subject": "x"},
        created_by=org.org.admin_id,
        created_since=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert found == [case]
    assert json.dumps(found)
