"""The page on which each failure is tried by hand, and the switches behind it."""

from __future__ import annotations

from datetime import datetime
from html import unescape

import pytest
import requests

from crm_mappings.emulator.wire.switch_page import FLAT
from crm_mappings.salesforce import keys
from tests.factories.org import START, make_org, org_in_thread, running_org


@pytest.fixture
def org():
    return make_org()


@pytest.fixture
def running(org):
    with org_in_thread(org) as server:
        yield server


def press(running, name, value="", status=200):
    answer = requests.post(
        f"{running.url}/emulator/switches", {"name": name, "value": value}, timeout=10
    )
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


VALUES = {
    "token_errors": "invalid_grant | inactive user | object | 400",
    "instance_url": "https://evil.example",
    "client_secret": "another",
    "withdraw_right": "ViewSetup",
    "grant_right": "ViewSetup",
    "withdraw_object": "Case.edit",
    "hide_field": "Case.Comments",
    "read_only_field": "Case.Priority",
    "restore_fields": "Case",
    "refresh_sandbox": "00DTb0000000002",
    "advance_seconds": "3600",
    "daily_limit": "100",
}


@pytest.mark.parametrize("name", sorted(FLAT))
def test_each_switch_of_the_page_does_something_and_says_so(running, name):
    kinds = {"count": "3", "flag": "on", "act": "", "lines": ""}
    value = VALUES.get(name, kinds.get(FLAT[name].kind, ""))

    assert f"Done: {FLAT[name].text}" in press(running, name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nothing", ""),
        ("unavailable", "many"),
        ("withdraw_right", "Everything"),
        ("withdraw_object", "Case.delete"),
        ("hide_field", "Case.Nothing"),
        ("refresh_sandbox", "500x"),
        ("token_errors", "x | y | circle"),
        ("token_errors", "x | y | html | 200"),
        ("certificate", "-----BEGIN NONSENSE-----"),
    ],
)
def test_nonsense_is_refused_on_the_page(running, name, value):
    assert 'role="alert"' in press(running, name, value, status=400)


def test_rotation_blocking_and_the_clock_are_switched_by_hand(running, org):
    press(running, "rotate_refresh_tokens", "on")
    press(running, "app_installed", "off")
    press(running, "advance_seconds", "60")

    assert org.logins.rotate
    assert (org.clock.now() - START).total_seconds() == 60
    with pytest.raises(requests.HTTPError):
        running.token()
    press(running, "app_installed", "on")
    assert running.token()


def test_all_that_waits_is_taken_back(running, org):
    press(running, "unavailable", "3")
    press(running, "token_errors", "x | y")
    press(running, "clear")

    assert org.faults.unavailable == 0
    assert org.faults.token_errors == []


def test_an_app_that_is_not_installed_or_blocked_lets_nobody_in(running, org):
    address = f"{running.url}/services/oauth2/authorize"
    asked = {
        "client_id": org.client.client_id,
        "redirect_uri": "https://tellback.example/back",
        "response_type": "code",
        "state": "s",
    }
    press(running, "app_installed", "off")
    assert "app must be installed" in requests.get(address, asked, timeout=10).text
    press(running, "app_installed", "on")
    press(running, "app_blocked", "on")

    answer = requests.get(address, asked, timeout=10, allow_redirects=False)

    assert "error=OAUTH_APP_BLOCKED" in answer.headers["Location"]


def test_a_503_may_say_when_to_come_again(running):
    running.faults(unavailable=1, retry_after=7)

    answer = requests.get(running.api("limits"), timeout=10)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_a_description_can_be_made_to_answer_304(running):
    token = {"Authorization": f"Bearer {running.token()}"}
    running.faults(not_modified=1)
    address = running.api("sobjects/Case/describe")

    codes = [
        requests.get(address, headers=token, timeout=10).status_code for _ in range(2)
    ]

    assert codes == [304, 200]


def test_a_server_of_its_own_takes_certificates(tmp_path):
    made = keys.make(name="test", now=START)
    path = tmp_path / "tellback.crt"
    path.write_text(made.certificate)

    with running_org("--certificate", str(path), "--sandbox") as running:
        signed = keys.assertion(
            private_key=made.private_key,
            client_id=running.client_id,
            username="integration@tellback.example",
            audience="https://test.salesforce.com",
            now=running_now(running),
        )
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": signed,
        }
        address = f"{running.url}/services/oauth2/token"
        answer = requests.post(address, form, timeout=10)

    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()


def running_now(running):
    return datetime.fromisoformat(running.control("GET", "clock")["now"])
