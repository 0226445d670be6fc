"""What goes over the wire, and what never does."""

from __future__ import annotations

import gzip
import socket
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError
from crm_mappings.salesforce.session import (
    HostRefused,
    OrgSession,
    Refused,
    SessionExpired,
    Usage,
    pinned_origin,
)
from tests.factories.wire import Answer, json_answer, scripted_server

TOKEN = "00Dxx!a-secret-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://ACME.my.salesforce.com:443/x", "https://acme.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", None),
        ("https://login.salesforce.com", None),
        ("https://eu1.cloudforce.com", None),
        ("http://127.0.0.1:8090", None),
        ("http://127.0.0.1:8090/services", "http://127.0.0.1:8090"),
    ],
)
def test_a_known_host_is_pinned(address, origin):
    expected = origin or address

    assert pinned_origin(address, ["http://127.0.0.1:8090"]) == expected


@pytest.mark.parametrize(
    "address",
    [
        "http://acme.my.salesforce.com",
        "https://acme.example.com",
        "https://salesforce.com.evil.example",
        "https://evilsalesforce.com",
        "https://user@acme.my.salesforce.com",
        "https://acme.my.salesforce.com@evil.example",
        "https://acme.my.salesforce.com:8443",
        "https://evil.example/?.salesforce.com",
        "https://evil.example#.salesforce.com",
        "https://evil.example\\.salesforce.com",
        "https://[::1]",
        "https://[bad",
        "ftp://acme.my.salesforce.com",
        "http://127.0.0.1:8091",
        "file:///etc/passwd",
        "",
        "acme.my.salesforce.com",
    ],
)
def test_any_other_host_is_refused(address):
    with pytest.raises(HostRefused):
        pinned_origin(address, ["http://127.0.0.1:8090"])


@settings(deadline=None, max_examples=200)
@given(address=st.text(max_size=40))
def test_any_text_is_pinned_or_refused(address):
    try:
        origin = pinned_origin(address)
    except HostRefused:
        return
    assert origin.startswith("https://")
    assert origin.endswith((".com", ".mil"))


def test_a_call_goes_to_the_pinned_host_whatever_the_library_says():
    with scripted_server(Answer()) as server:
        session = OrgSession(server.origin)

        session.request("GET", server.origin.replace("http:", "https:") + "/services/x")

        assert [call.path for call in server.requests] == ["/services/x"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/services",
        "http://evil.example/services",
        "https://127.0.0.1@evil.example/",
        "https://127.0.0.1.evil.example/",
        "//evil.example/",
    ],
)
def test_a_call_to_another_host_is_refused_before_anything_is_sent(address):
    with scripted_server(Answer()) as server:
        session = OrgSession(server.origin)

        with pytest.raises(HostRefused):
            session.request("GET", address, headers=BEARER)

        assert server.requests == []


def test_a_redirect_is_not_followed():
    with scripted_server(Answer()) as other:
        moved = Answer(status=302, headers={"Location": f"{other.origin}/steal"})
        with scripted_server(moved) as server:
            session = OrgSession(server.origin)

            with pytest.raises(Refused) as caught:
                session.request("GET", f"{server.origin}/x", headers=BEARER)

        assert caught.value.kind is Kind.CONNECTION
        assert other.requests == []


def test_the_calls_of_the_day_are_read_from_every_answer():
    failed = Answer(
        status=500, headers={"Sforce-Limit-Info": "api-usage=25/5000; per-app=17/250"}
    )
    with scripted_server(failed) as server:
        session = OrgSession(server.origin)

        with pytest.raises(Refused):
            session.request("GET", f"{server.origin}/x")

    assert session.usage == Usage(used=25, allowed=5000)


def test_the_end_of_a_session_is_our_own_error():
    ended = json_answer(
        [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}], status=401
    )
    with scripted_server(ended) as server:
        session = OrgSession(server.origin)

        with pytest.raises(SessionExpired):
            session.request("GET", f"{server.origin}/x")

        assert len(server.requests) == 1


def test_a_401_that_is_a_page_is_the_end_of_a_session_too():
    page = Answer(status=401, body=b"<html>")
    with scripted_server(page) as server, pytest.raises(SessionExpired):
        OrgSession(server.origin).request("GET", f"{server.origin}/x")


def test_an_answer_without_end_is_cut():
    with scripted_server(Answer(body=b"x" * 5000)) as server:
        session = OrgSession(server.origin, longest_answer=1000)

        with pytest.raises(NoAnswer) as caught:
            session.request("GET", f"{server.origin}/x")

    assert not caught.value.never_sent


def test_a_compressed_bomb_is_cut():
    bomb = gzip.compress(b"\0" * 10_000_000)
    answer = Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    with scripted_server(answer) as server:
        session = OrgSession(server.origin, longest_answer=1_000_000)

        with pytest.raises(NoAnswer):
            session.request("GET", f"{server.origin}/x")


def test_a_connection_that_breaks_may_have_carried_the_call():
    with scripted_server(Answer(hang_up=True)) as server:
        with pytest.raises(NoAnswer) as caught:
            OrgSession(server.origin).request("POST", f"{server.origin}/x", data="{}")

        assert not caught.value.never_sent
        assert len(server.requests) == 1  # a write is never repeated by itself


def test_a_host_that_does_not_listen_never_got_the_call():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"

        with pytest.raises(NoAnswer) as caught:
            OrgSession(origin).request("POST", f"{origin}/x", data="{}")

    assert caught.value.never_sent


def test_a_host_that_says_nothing_is_left_after_the_time_limit():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        origin = f"http://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(NoAnswer) as caught:
            OrgSession(origin, timeout=(1, 0.1)).request("POST", f"{origin}/x")

    assert caught.value.refusal.code == "TIMEOUT"
    assert not caught.value.never_sent


@pytest.mark.parametrize(
    "answer",
    [
        Answer(hang_up=True),
        Answer(status=500, body=b"oh"),
        json_answer([{"errorCode": "X", "message": "no"}], status=400),
        Answer(body=b"x" * 5000),
        Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_no_error_holds_the_token_or_the_question(answer):
    with scripted_server(answer) as server:
        session = OrgSession(server.origin, longest_answer=1000)
        question = f"{server.origin}/query?q=ada@example.com"

        with pytest.raises(OrgError) as caught:
            session.request("GET", question, headers=BEARER)

    error: BaseException | None = caught.value
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told
    assert "ada@example.com" not in told.replace(question, "").replace("question", "")
    while error is not None:
        assert not hasattr(error, "request")
        assert TOKEN not in repr(error)
        error = error.__cause__ or error.__context__


def test_a_password_in_netrc_is_not_sent(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login ada password lovelace\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted_server(Answer()) as server:
        origin = server.origin.replace("127.0.0.1", "localhost")
        session = OrgSession(origin)
        session.trust_env = True

        session.request("GET", f"{origin}/x", headers=BEARER)

        assert server.requests[0].headers["Authorization"] == BEARER["Authorization"]
