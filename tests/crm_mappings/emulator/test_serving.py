"""The org as a server of its own, its switches, its pages and its troubles."""

import signal
import subprocess
import sys
import time

import pytest
import requests
from lxml import html
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.factories.org import (
    ROOT,
    api,
    logged_in,
    org_in_thread,
    running_org,
    session_for,
    token_for,
)


@pytest.fixture
def running(org):
    with org_in_thread(org) as running:
        yield running


def bearer(running):
    return {"Authorization": f"Bearer {running.token()}"}


# -- in a process of its own


def test_tokens_name_the_address_at_which_the_server_is_reached(running):
    form = {
        "grant_type": "client_credentials",
        "client_id": running.client_id,
        "client_secret": running.client_secret,
    }

    for origin in (running.url, running.url.replace("127.0.0.1", "localhost")):
        told = requests.post(f"{origin}/services/oauth2/token", data=form, timeout=9)
        assert told.json()["instance_url"] == origin
        assert told.json()["id"].startswith(f"{origin}/id/")
        token = f"Bearer {told.json()['access_token']}"
        headers = {"Authorization": token}
        identity = requests.get(told.json()["id"], headers=headers, timeout=9)
        assert identity.status_code == 200


def test_rows_go_over_the_wire(running):
    with requests.Session() as session:
        session.headers.update(bearer(running))
        made = session.post(
            running.api("sobjects/Contact"), json={"LastName": "Lövelace"}, timeout=9
        )
        address = running.api(f"sobjects/Contact/{made.json()['id']}")
        changed = session.patch(address, json={"Title": "Countess"}, timeout=9)
        read = session.get(address, params={"fields": "LastName,Title"}, timeout=9)
        head = session.head(address, timeout=9)

    assert (made.status_code, changed.status_code) == (201, 204)
    assert "Content-Length" not in changed.headers
    assert read.json()["LastName"] == "Lövelace"
    assert (head.status_code, head.content) == (200, b"")


def test_address_with_encoded_signs(running):
    address = running.api("sobjects/Contact/Tellback_Key__c/a%2Fb%3Fc%20d%2525")

    made = requests.patch(
        address, json={"LastName": "L"}, headers=bearer(running), timeout=9
    )

    assert made.status_code == 201
    assert running.rows("Contact")[0]["Tellback_Key__c"] == "a/b?c d%25"


def test_simple_salesforce_is_a_client_like_any_other(org):
    client = Salesforce(
        session_id=token_for(org),
        instance_url=org.instance_url,
        version="66.0",
        session=session_for(org),
    )

    made = client.Contact.create({"LastName": "Lovelace", "Email": "ada@example.com"})
    client.Contact.upsert("Tellback_Key__c/A", {"LastName": "Turing"})
    found = list(client.query_all_iter("SELECT Id, LastName FROM Contact"))
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.Contact.create({"FirstName": "Ada"})

    assert made["success"] is True
    assert [each["LastName"] for each in found] == ["Lovelace", "Turing"]
    assert client.Contact.get(made["id"])["Email"] == "ada@example.com"
    assert client.Contact.delete(made["id"]) == 204
    assert caught.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert client.describe()["maxBatchSize"] == 200
    assert client.limits()["DailyApiRequests"]["Max"] == 15000
    assert client.api_usage["api-usage"].total == 15000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_server_ends_cleanly(number):
    with running_org(seed=True) as running:
        assert len(running.rows("Case")) == 3
        running.process.send_signal(number)

        assert running.process.wait(timeout=10) == 0


def test_taken_port_is_told(running):
    port = running.url.rpartition(":")[2]
    command = [sys.executable, "-m", "crm_mappings.emulator", "--port", port]

    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert ended.returncode == 1
    assert f"Cannot listen at 127.0.0.1:{port}" in ended.stderr


def test_seeded_org_has_an_open_case_of_ada(running):
    ids = running.control("POST", "seed")

    case = running.read("Case", ids["case_ada"])
    assert case["ContactEmail"] == "ada@example.com"
    assert case["IsClosed"] is False
    assert running.read("Contact", ids["contact_ada"])["Name"] == "Ada Lovelace"
    assert {each["Name"] for each in running.rows("Account")} == {"Acme"}


def test_client_id_and_secret_can_be_given():
    given = ["--client-id", "me", "--client-secret", "hush", "--rotate"]
    with running_org(*given) as running:
        running.client_id, running.client_secret = "me", "hush"

        assert running.token()


# -- the switches


def test_closing_a_case_reaches_the_listener_and_the_queue(running):
    running.add_rule(
        name="case-closed",
        object="Case",
        fields=["Id", "Status"],
        endpoint="http://127.0.0.1:9/",
        when={"field": "Status", "becomes": "Closed"},
    )
    case = running.insert("Case", Subject="x")

    running.update("Case", case, Status="Closed")

    (waiting,) = running.queue()
    assert waiting["record_id"] == case
    (rule,) = running.control("GET", "outbound-rules")["rules"]
    assert rule["when"] == {"event": "saved", "fields": ["Status"], "becomes": "Closed"}
    address = f"{running.url}/emulator/outbound-queue/{waiting['id']}"
    assert f"<sf:Id>{case}</sf:Id>" in requests.get(address, timeout=9).text
    running.advance(90_000)
    for _ in range(100):
        if running.queue()[0]["state"] == "dropped":
            break
        time.sleep(0.05)  # the server's own sender looks five times a second
    assert running.queue()[0]["state"] == "dropped"
    running.control("DELETE", "outbound-rules/case-closed")
    assert running.control("GET", "outbound-rules")["rules"] == []


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", "outbound-rules", {"name": "x"}),
        ("POST", "outbound-rules", {"name": "x", "object": "Shoe", "endpoint": "x"}),
        ("POST", "outbound-rules", []),
        ("DELETE", "outbound-rules/unknown", None),
        ("POST", "faults", {"nonsense": 1}),
        ("POST", "faults", {"unavailable": "many"}),
        ("POST", "faults", {"lock": {"times": 1}}),
        ("POST", "faults", {"hide_field": "Contact.Shoe__c"}),
        ("POST", "faults", {"add_field": {"object": "Contact", "size": 4}}),
        ("POST", "clock", {"advance_seconds": "soon"}),
        ("GET", "records/Shoe", None),
        ("GET", "records/Case/nonsense", None),
        ("GET", "nonsense", None),
        ("POST", "records/Contact", {"FirstName": "Ada"}),
    ],
)
def test_wrong_use_of_a_switch_is_explained(running, method, path, document):
    address = f"{running.url}/emulator/{path}"

    answer = requests.request(method, address, json=document, timeout=9)

    assert answer.status_code in {400, 404}
    assert answer.json()[0]["message"]


def test_calls_are_logged_without_secrets(running):
    token = running.token()
    headers = {"Authorization": f"Bearer {token}"}
    requests.get(running.api("limits"), headers=headers, timeout=9)
    requests.get(running.api("sobjects/Shoe"), headers=headers, timeout=9)

    calls = running.calls()

    seen = [(each["method"], each["path"], each["status"]) for each in calls]
    assert seen == [
        ("POST", "/services/oauth2/token", 200),
        ("GET", "/services/data/v66.0/limits", 200),
        ("GET", "/services/data/v66.0/sobjects/Shoe", 404),
    ]
    assert calls[-1]["error"] == "NOT_FOUND"
    assert token not in str(calls)
    assert running.client_secret not in str(calls)
    after = running.control("GET", f"calls?after={calls[0]['number']}")["calls"]
    assert len(after) == 2
    running.control("DELETE", "calls")
    assert running.calls() == []


def test_connection_can_break_after_the_row_was_written(running):
    headers = bearer(running)
    running.faults(drop_after_commit=1)
    address = running.api("sobjects/Contact/Tellback_Key__c/A")

    with pytest.raises(requests.ConnectionError):
        requests.patch(address, json={"LastName": "L"}, headers=headers, timeout=9)

    again = requests.patch(address, json={"LastName": "L"}, headers=headers, timeout=9)
    assert again.status_code == 200
    assert len(running.rows("Contact")) == 1


# -- the troubles, in the process


def test_connection_can_break_before_the_row_was_written(http, org):
    org.faults.drop_before_commit = 1

    with pytest.raises(requests.ConnectionError):
        http.post(api(org, "sobjects/Contact"), json={"LastName": "L"})

    assert org.query("SELECT Id FROM Contact") == []
    assert http.get(api(org, "limits")).status_code == 200


def test_maintenance_answers_with_a_page(http, org):
    org.faults.unavailable = 2

    answers = [http.get(api(org, "limits")) for _ in range(3)]

    assert [each.status_code for each in answers] == [503, 503, 200]
    assert answers[0].headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("request_limit", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("server_errors", 500, "UNKNOWN_EXCEPTION"),
    ],
)
def test_calls_that_are_refused_by_count(http, org, name, status, code):
    setattr(org.faults, name, 1)

    first = http.get(api(org, "limits"))
    second = http.get(api(org, "limits"))

    assert first.status_code == status
    assert first.json()[0]["errorCode"] == code
    assert second.status_code == 200


def test_locked_row_refuses_itself_and_its_children(http, org):
    contact = org.insert("Contact", {"LastName": "L"})
    org.faults.locks[contact] = 2

    row = http.patch(api(org, f"sobjects/Contact/{contact}"), json={"Title": "x"})
    child = http.post(api(org, "sobjects/Case"), json={"ContactId": contact})
    third = http.patch(api(org, f"sobjects/Contact/{contact}"), json={"Title": "x"})

    for answer in (row, child):
        assert answer.status_code == 400
        assert answer.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
        assert contact in answer.json()[0]["message"]
    assert third.status_code == 204


def test_switches_take_effect_together(org):
    session = session_for(org)
    held = logged_in(org)
    document = {
        "expire_tokens": True,
        "rotate_refresh_tokens": True,
        "daily_limit": 10,
        "latency_ms": 1,
        "hide_field": "Case.NPS__c",
        "read_only_field": "Case.CSAT__c",
        "whole_call_errors": True,
        "validation_rule": {
            "object": "Case",
            "field": "Status",
            "value": "Closed",
            "message": "No!",
        },
    }
    address = f"{org.instance_url}/emulator/faults"

    told = session.post(address, json=document).json()

    assert told["latency_ms"] == 1
    assert held.get(api(org, "limits")).status_code == 401
    answer = logged_in(org).post(api(org, "sobjects/Case"), json={"Status": "Closed"})
    assert answer.json()[0]["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/10"
    assert session.delete(address).json()["latency_ms"] == 0
    restored = session.post(address, json={"restore_fields": "Case"})
    assert restored.status_code == 200
    fields = logged_in(org).get(api(org, "sobjects/Case/describe")).json()["fields"]
    assert "NPS__c" in {each["name"] for each in fields}


def test_revoked_grants_are_gone(org):
    org.logins.revoke_grants()
    address = f"{org.instance_url}/emulator/faults"

    answer = session_for(org).post(address, json={"revoke_grants": True})

    assert answer.status_code == 200


def test_org_tells_about_itself(org):
    told = session_for(org).get(f"{org.instance_url}/emulator/about").json()

    assert told["org_id"] == org.org_id
    assert told["client_id"] == org.client.client_id
    assert "secret" not in str(told)


# -- the pages


def page(running, path):
    answer = requests.get(f"{running.url}{path}", timeout=9)
    assert answer.status_code == 200
    return html.fromstring(answer.content)


def test_pages_need_neither_script_nor_inline_style(running):
    ids = running.control("POST", "seed")
    paths = [
        "/",
        "/emulator/objects/Case",
        "/emulator/objects/Case/new",
        f"/emulator/objects/Case/{ids['case_ada']}",
    ]

    for path in paths:
        shown = page(running, path)
        assert shown.xpath("//script | //style | //@style | //@onclick") == []
        assert shown.xpath("//h1")
        for label in shown.xpath("//label/@for"):
            assert shown.xpath(f"//*[@id='{label}']")
    style = requests.get(f"{running.url}/emulator/style.css", timeout=9)
    assert style.headers["Content-Type"] == "text/css"


def test_case_is_closed_in_the_page(running):
    case = running.control("POST", "seed")["case_ada"]
    address = f"{running.url}/emulator/objects/Case/{case}"
    (form,) = page(running, f"/emulator/objects/Case/{case}").forms
    fields = {**dict(form.form_values()), "Status": "Closed", "CSAT__c": "4"}

    answer = requests.post(address, data=fields, timeout=9)

    assert answer.status_code == 200
    record = running.read("Case", case)
    assert (record["IsClosed"], record["CSAT__c"]) == (True, 4.0)
    assert record["Subject"] == "The difference engine stops at seven"


def test_row_is_made_in_the_page(running):
    (form,) = page(running, "/emulator/objects/Contact/new").forms
    fields = {**dict(form.form_values()), "LastName": "Hopper", "DoNotCall": "on"}

    requests.post(f"{running.url}/emulator/objects/Contact/new", data=fields, timeout=9)

    (record,) = running.rows("Contact")
    assert (record["Name"], record["DoNotCall"]) == ("Hopper", True)


def test_refusal_is_shown_beside_the_form(running):
    address = f"{running.url}/emulator/objects/Contact/new"

    answer = requests.post(
        address, data={"LastName": "L", "Email": "<b>bad"}, timeout=9
    )

    assert answer.status_code == 400
    shown = html.fromstring(answer.content)
    assert "INVALID_EMAIL_ADDRESS" in shown.xpath("string(//*[@role='alert'])")
    assert shown.xpath("string(//input[@name='Email']/@value)") == "<b>bad"


def test_addresses_of_the_real_user_interface_lead_to_the_row(running):
    case = running.control("POST", "seed")["case_ada"]

    for path in (f"/{case}", f"/{case[:15]}", f"/lightning/r/Case/{case}/view"):
        answer = requests.get(f"{running.url}{path}", timeout=9)
        assert answer.url == f"{running.url}/emulator/objects/Case/{case}"
        assert answer.status_code == 200


def test_pages_of_nothing_are_not_found(running):
    for path in ("/nothing", "/emulator/objects/Shoe", "/emulator/objects/Case/x"):
        answer = requests.get(f"{running.url}{path}", timeout=9)
        assert answer.status_code in {400, 404}


def test_org_can_be_emptied(running):
    running.control("POST", "seed")
    running.faults(unavailable=5)

    running.control("POST", "reset")

    assert running.rows("Case") == []
    assert running.control("GET", "faults")["unavailable"] == 0
    assert running.token()


def test_row_is_removed_by_a_switch(running):
    contact = running.insert("Contact", LastName="L")

    running.control("DELETE", f"records/Contact/{contact}")

    assert running.rows("Contact") == []


def test_waiting_messages_can_be_made_due(running, org):
    running.add_rule(
        name="any", object="Case", endpoint="http://127.0.0.1:9/", when="created"
    )
    running.insert("Case")
    with org.lock:
        org.outbound.failed(org.outbound.pending(), "no")

    assert running.control("POST", "outbound-queue") == {"due": 1}
    assert running.control("GET", "outbound-queue?state=dropped")["notifications"] == []


@pytest.mark.parametrize(
    "document",
    [
        {"lock": {"id": "x"}},
        {"lock": {"id": "003000000000009AAA", "times": "often"}},
        {"duplicate_rule": {"object": "Contact", "fields": "Email"}},
        {"duplicate_rule": {"object": "Shoe", "fields": ["Email"]}},
        {"validation_rule": {"object": "Contact"}},
        {"daily_limit": -1},
    ],
)
def test_wrong_fault_is_explained(running, document):
    answer = requests.post(f"{running.url}/emulator/faults", json=document, timeout=9)

    assert answer.status_code in {400, 404}


@pytest.mark.parametrize(
    "when",
    [
        5,
        {"event": "deleted"},
        {"fields": [5]},
        {"field": None},
    ],
)
def test_wrong_moment_of_a_rule_is_explained(running, when):
    rule = {"name": "x", "object": "Case", "endpoint": "http://x/", "when": when}

    answer = requests.post(
        f"{running.url}/emulator/outbound-rules", json=rule, timeout=9
    )

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_RULE"


def test_body_of_unknown_length_is_not_taken(running):
    def parts():
        yield b"{}"

    answer = requests.post(
        running.api("sobjects/Contact"),
        data=parts(),
        headers=bearer(running),
        timeout=9,
    )

    assert answer.status_code == 411


def test_command_line_serves_until_it_is_told_to_stop():
    with running_org("--callback-url", "https://app.example.com/cb") as running:
        other = {
            "response_type": "code",
            "client_id": running.client_id,
            "redirect_uri": "https://evil.example.com/",
        }
        address = f"{running.url}/services/oauth2/authorize"
        answer = requests.get(address, params=other, timeout=9)

    assert answer.status_code == 400
    assert "redirect_uri_mismatch" in answer.text
    assert running.process.returncode == 0
