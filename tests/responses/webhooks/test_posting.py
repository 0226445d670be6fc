"""Nobody can make us call our own network, nor keep a worker by dripping bytes."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from responses.webhooks import posting
from responses.webhooks.posting import AddressRefused, check, post, resolve
from tests.factories.wire import Answer, json_answer, scripted_server


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https:///nowhere",
        "https://[::1/",
        "https://example.com:99999/",
        "https://example.com/a b",
        "nonsense",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(AddressRefused):
        check(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:0:0:0:0:80ff:fffe]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b:1::a00:1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "192.0.0.8",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.1",
        "168.63.129.16",
    ],
)
def test_an_address_of_our_own_network_is_refused(host):
    with pytest.raises(AddressRefused):
        resolve(check(f"https://{host}/"))


def test_a_public_address_is_connected_to_as_it_was_resolved():
    assert resolve(check("https://93.184.216.34/hook")) == ("93.184.216.34", 443)


@pytest.fixture
def resolver(monkeypatch):
    """What names mean, one answer a question; the log is what was asked."""
    real, log = socket.getaddrinfo, []

    def answers(**names):
        def resolve(host, port, *more, **how):
            if host not in names:
                return real(host, port, *more, **how)
            log.append(host)
            first, *names[host] = names[host]
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in first
            ]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return log

    return answers


def test_a_name_is_resolved_once_and_cannot_change_its_mind(settings, resolver):
    with scripted_server(json_answer({})) as server:
        port = server.origin.rpartition(":")[2]
        log = resolver(turncoat=[["127.0.0.1"], ["10.0.0.1"]])
        settings.WEBHOOK_EXTRA_HOSTS = {f"http://turncoat:{port}"}
        answer = post(f"http://turncoat:{port}/", body=b"{}", headers={})

    assert answer.well
    assert log == ["turncoat"]
    assert server.requests[0].headers["Host"] == f"turncoat:{port}"


def test_one_private_address_among_public_ones_is_enough_to_refuse(resolver):
    resolver(mixed=[["93.184.216.34", "10.0.0.1"]])

    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        resolve(check("https://mixed/"))


def test_what_the_settings_name_may_be_called(settings):
    with scripted_server(json_answer({"thanks": True})) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        answer = post(f"{server.origin}/a?b=c", body=b"{}", headers={"X-One": "1"})

    assert answer.well
    assert "thanks" in answer.text
    [request] = server.requests
    assert (request.path, request.headers["X-One"]) == ("/a?b=c", "1")
    assert request.headers["Host"] == server.origin.removeprefix("http://")


def test_another_port_of_the_same_host_may_not(settings):
    settings.WEBHOOK_EXTRA_HOSTS = {"http://127.0.0.1:1"}

    answer = post("http://127.0.0.1:2/", body=b"", headers={})

    assert answer.status is None
    assert "https" in answer.problem


def test_who_hangs_up_is_a_problem_in_words(settings):
    with scripted_server(Answer(hang_up=True)) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        answer = post(server.origin, body=b"{}", headers={})

    assert not answer.well
    assert "not reached" in answer.problem


def test_nobody_listening_is_a_problem_in_words(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings.WEBHOOK_EXTRA_HOSTS = {f"http://127.0.0.1:{port}"}

    answer = post(f"http://127.0.0.1:{port}/", body=b"{}", headers={})

    assert "ConnectionRefusedError" in answer.problem


def test_who_does_not_speak_tls_is_a_problem_in_words(settings):
    with scripted_server(json_answer({})) as server:
        secure = server.origin.replace("http://", "https://")
        settings.WEBHOOK_EXTRA_HOSTS = {secure}
        answer = post(secure, body=b"{}", headers={})

    assert "secure connection" in answer.problem


def test_a_long_answer_is_not_read_to_its_end(settings):
    with scripted_server(Answer(body=b"x" * 1_000_000)) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        answer = post(server.origin, body=b"{}", headers={})

    assert answer.well
    assert len(answer.text) == posting.MOST_READ


@contextmanager
def dripping():
    """A server that answers with a byte at a time, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            client, _address = server.accept()
            with client:
                client.recv(1000)
                try:
                    while not over.wait(0.02):
                        client.sendall(b"H")
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join()


def test_who_drips_is_cut_off(settings):
    with dripping() as origin:
        settings.WEBHOOK_EXTRA_HOSTS = {origin}
        answer = post(origin, body=b"{}", headers={}, seconds=0.3)

    assert answer.problem == "It took too long."


def test_an_answer_says_when_to_come_again(settings):
    busy = json_answer({}, status=429, Retry_After="120")
    with scripted_server(busy) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        assert post(server.origin, body=b"", headers={}).retry_after == 120
