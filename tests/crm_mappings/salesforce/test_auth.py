"""The log-in: what is asked, what is believed, and how a refusal is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from crm_mappings.salesforce import auth, sayings
from crm_mappings.salesforce.auth import App, AuthError
from crm_mappings.salesforce.errors import Kind, NoAnswer
from crm_mappings.salesforce.session import HostRefused
from tests.factories.crm import allow, served
from tests.factories.wire import Answer, json_answer, scripted_server

SECRET = "the-consumer-secret"
CALLBACK = "https://tellback.example/oauth/salesforce/callback/"


def app(origin: str, **changes) -> App:
    return App(
        **{
            "login_url": origin,
            "client_id": "3MVG9",
            "client_secret": SECRET,
            "extra_origins": (origin,),
        }
        | changes
    )


def app_of(org, **changes) -> App:
    client = org.org.client
    known = {"client_id": client.client_id, "client_secret": client.client_secret}
    return app(org.url, **known | changes)


def answer(origin: str, **changes) -> dict[str, str]:
    told = {
        "access_token": "00Dxx!token",
        "instance_url": origin,
        "id": f"{origin}/id/00Dx0000000BV7zEAM/005x00000012Q9PAAU",
        "issued_at": "1278448832702",
    }
    signed = (told["id"] + told["issued_at"]).encode()
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    return told | {"signature": base64.b64encode(digest).decode()} | changes


def sign_in(org, challenge: auth.Challenge) -> str:
    """Press "Allow" at the org; the code that comes back."""
    address = auth.authorize_url(
        app_of(org), challenge=challenge, redirect_uri=CALLBACK
    )
    found = query_of(allow(address))
    assert found["state"] == [challenge.state]
    return found["code"][0]


def query_of(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def test_client_credentials_give_a_token(org):
    grant = auth.client_credentials(app_of(org))

    assert grant.instance_url == org.url
    assert grant.org_id == org.org.org_id
    assert grant.user_id == org.org.integration_id
    assert grant.refresh_token is None


def test_a_person_logs_in_with_a_proof_that_only_we_know(org):
    challenge = auth.new_challenge()
    code = sign_in(org, challenge)

    grant = auth.exchange_code(
        app_of(org), code=code, verifier=challenge.verifier, redirect_uri=CALLBACK
    )

    assert grant.refresh_token
    assert grant.org_id == org.org.org_id


def test_the_challenge_is_the_hash_of_what_stays_here():
    challenge = auth.new_challenge()
    query = query_of(
        auth.authorize_url(
            app("https://login.salesforce.com"),
            challenge=challenge,
            redirect_uri=CALLBACK,
        )
    )

    digest = hashlib.sha256(challenge.verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert query["code_challenge"] == [expected]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["api refresh_token id"]
    assert 43 <= len(challenge.verifier) <= 128
    assert challenge.verifier not in str(query)


def test_a_stolen_code_is_worth_nothing(org):
    code = sign_in(org, auth.new_challenge())

    with pytest.raises(AuthError) as caught:
        auth.exchange_code(
            app_of(org), code=code, verifier="x" * 64, redirect_uri=CALLBACK
        )

    assert caught.value.gone


def test_a_refresh_gives_a_new_token_and_with_rotation_a_new_refresh_token():
    with served(rotate_refresh_tokens=True) as org:
        challenge = auth.new_challenge()
        code = sign_in(org, challenge)
        first = auth.exchange_code(
            app_of(org), code=code, verifier=challenge.verifier, redirect_uri=CALLBACK
        )

        second = auth.refresh(app_of(org), refresh_token=first.refresh_token)
        with pytest.raises(AuthError) as caught:
            auth.refresh(app_of(org), refresh_token=first.refresh_token)

    assert second.access_token != first.access_token
    assert second.refresh_token not in {None, first.refresh_token}
    assert caught.value.gone
    assert "Connect again" in caught.value.message


def test_an_idle_refresh_token_is_gone():
    with served(rotate_refresh_tokens=True) as org:
        challenge = auth.new_challenge()
        code = sign_in(org, challenge)
        grant = auth.exchange_code(
            app_of(org), code=code, verifier=challenge.verifier, redirect_uri=CALLBACK
        )
        org.org.clock.advance(days=31)

        with pytest.raises(AuthError) as caught:
            auth.refresh(app_of(org), refresh_token=grant.refresh_token)

    assert caught.value.gone


@pytest.mark.parametrize("wrong", [{"client_secret": "no"}, {"client_id": "no"}])
def test_a_wrong_app_is_told_in_plain_words(org, wrong):
    with pytest.raises(AuthError) as caught:
        auth.client_credentials(app_of(org, **wrong))

    assert (caught.value.gone, caught.value.kind) == (True, Kind.CONNECTION)
    assert "consumer" in caught.value.message


@pytest.mark.parametrize(
    ("status", "body", "kind", "gone"),
    [
        (400, {"error": "invalid_grant"}, Kind.CONNECTION, True),
        (
            400,
            {
                "error": "rate_limit_exceeded",
                "error_description": "login rate exceeded",
            },
            Kind.TRANSIENT,
            False,
        ),
        (
            403,
            [
                {
                    "errorCode": "REQUEST_LIMIT_EXCEEDED",
                    "message": "TotalRequests Limit exceeded.",
                }
            ],
            Kind.BUDGET,
            False,
        ),
        (400, {"error": "of_2031", "error_description": "news"}, Kind.CONNECTION, True),
    ],
)
def test_both_shapes_of_a_refusal_are_read(status, body, kind, gone):
    with scripted_server(json_answer(body, status=status)) as server:
        with pytest.raises(AuthError) as caught:
            auth.client_credentials(app(server.origin))

        assert (caught.value.kind, caught.value.gone) == (kind, gone)


def test_a_page_of_maintenance_is_no_refusal():
    down = Answer(status=503, body=b"<html>Maintenance</html>")
    with scripted_server(down) as server:
        with pytest.raises(AuthError) as caught:
            auth.client_credentials(app(server.origin))

        assert not caught.value.gone


def test_an_answer_that_never_came_is_no_refusal():
    with scripted_server(Answer(hang_up=True)) as server, pytest.raises(NoAnswer):
        auth.client_credentials(app(server.origin))


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "AAAA"},
        {"signature": "ä"},
        {"issued_at": "1278448832703"},
        {"id": "https://login.salesforce.com/id/00Dx0000000EVIL/005x00000012Q9PAAU"},
    ],
)
def test_an_answer_that_is_not_signed_with_the_secret_is_not_believed(change):
    with scripted_server() as server:
        server.answers.append(json_answer(answer(server.origin, **change)))
        with pytest.raises(AuthError) as caught:
            auth.client_credentials(app(server.origin))

    assert caught.value.code == "BAD_SIGNATURE"


@pytest.mark.parametrize(
    "value",
    [
        {"instance_url": "https://evil.example"},
        {"instance_url": "http://acme.my.salesforce.com"},
    ],
)
def test_a_token_for_a_strange_host_is_refused(value):
    with scripted_server() as server:
        server.answers.append(json_answer(answer(server.origin, **value)))
        with pytest.raises(HostRefused):
            auth.client_credentials(app(server.origin))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"<html>",
        b'"text"',
        b"{}",
        json.dumps({"access_token": "x", "signature": 5}).encode(),
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_none_is_told_as_such(body):
    with scripted_server(Answer(body=body)) as server:
        with pytest.raises((AuthError, NoAnswer)) as caught:
            auth.client_credentials(app(server.origin))

        assert caught.value.refusal.kind is Kind.TRANSIENT


@pytest.mark.parametrize("missing", ["access_token", "instance_url", "id", "issued_at"])
def test_an_answer_without_a_part_is_refused(missing):
    with scripted_server() as server:
        told = answer(server.origin)
        del told[missing]
        server.answers.append(json_answer(told))
        with pytest.raises(AuthError):
            auth.client_credentials(app(server.origin))


def test_the_secret_is_sent_only_to_the_log_in_host():
    with pytest.raises(HostRefused):
        auth.client_credentials(app("https://evil.example", extra_origins=()))


def test_nothing_of_a_log_in_shows_its_secrets():
    known = app("https://login.salesforce.com")
    grant = auth.Grant(
        access_token="secret-1",
        refresh_token="secret-2",
        instance_url="https://a.my.salesforce.com",
        org_id="00D",
        user_id="005",
    )

    assert SECRET not in repr(known)
    assert "secret-" not in repr(grant)
    assert auth.new_challenge().verifier not in repr(auth.new_challenge())


@pytest.mark.parametrize(
    ("code", "description", "words"),
    [
        ("invalid_grant", "expired access/refresh token", "Connect again"),
        ("invalid_grant", "request not supported on this domain", "My Domain"),
        ("invalid_client_id", "client identifier invalid", "consumer key"),
        ("invalid_client", "invalid client credentials", "consumer secret"),
        ("invalid_client", "app must be installed into org", "install"),
        ("redirect_uri_mismatch", "redirect_uri must match", "callback"),
        ("inactive_user", "user is not active", "not active"),
        ("of_2031", "something new", "something new"),
    ],
)
def test_a_refusal_is_told_in_plain_words_with_those_of_salesforce(
    code, description, words
):
    told = sayings.plain(code, description)

    assert words in told
    assert description in told
