"""Logging in: codes with proof keys, refreshing with and without rotation, revoking."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.org import api, logged_in, make_org, session_for

CALLBACK = "https://app.example.com/salesforce/callback"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)
LOGIN = "https://login.salesforce.com"


def asked(org, **changed):
    given = {
        "response_type": "code",
        "client_id": org.client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "api refresh_token",
        "state": "s 1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return {name: value for name, value in given.items() if value is not None}


def decide(org, decision, **changed):
    """What the callback is told after Allow or Deny."""
    form = {**asked(org, **changed), "decision": decision}
    address = f"{LOGIN}/services/oauth2/authorize"
    answer = session_for(org).post(address, data=form, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return read_callback(answer)


def read_callback(answer):
    address = answer.headers["Location"]
    assert address.startswith(CALLBACK)
    query = parse_qs(urlsplit(address).query)
    return {name: values[0] for name, values in query.items()}


def token(org, host=LOGIN, auth=None, **form):
    known = {
        "client_id": org.client.client_id,
        "client_secret": org.client.client_secret,
    }
    form = {**({} if auth else known), **form}
    return session_for(org).post(f"{host}/services/oauth2/token", data=form, auth=auth)


def by_code(org, code, **changed):
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return token(org, **{name: value for name, value in form.items() if value})


def refresh(org, refresh_token, **more):
    return token(org, grant_type="refresh_token", refresh_token=refresh_token, **more)


def connected(org):
    return by_code(org, decide(org, "allow")["code"]).json()


def error_of(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def works(org, access_token):
    headers = {"Authorization": f"Bearer {access_token}"}
    answer = session_for(org).get(api(org, "limits"), headers=headers)
    return answer.status_code == 200


def test_consent_page_asks_and_carries_the_question_along(org):
    address = f"{LOGIN}/services/oauth2/authorize"

    page = session_for(org).get(address, params=asked(org, state='"><script>'))

    assert page.status_code == 200
    assert "Allow" in page.text
    assert "Deny" in page.text
    assert CHALLENGE in page.text
    assert "<script" not in page.text


def test_allowed_code_buys_tokens(org):
    told = decide(org, "allow")

    answer = by_code(org, told["code"])

    assert told["state"] == "s 1"
    assert told["code"].endswith("==")
    tokens = answer.json()
    assert tokens["access_token"].startswith(f"{org.org_id[:15]}!")
    assert tokens["instance_url"] == org.instance_url
    assert tokens["token_type"] == "Bearer"
    assert tokens["refresh_token"].startswith("5Aep861")
    assert tokens["id"] == f"{LOGIN}/id/{org.org_id}/{org.integration_id}"
    assert int(tokens["issued_at"]) == int(org.clock.now().timestamp() * 1000)
    assert answer.headers["Cache-Control"].endswith("no-store")
    assert works(org, tokens["access_token"])


def test_identity_is_signed(org):
    tokens = connected(org)

    message = (tokens["id"] + tokens["issued_at"]).encode()
    secret = org.client.client_secret.encode()
    expected = base64.b64encode(hmac.new(secret, message, "sha256").digest()).decode()

    assert tokens["signature"] == expected


def test_denial_is_told_to_the_callback(org):
    told = decide(org, "deny")

    assert told["error"] == "access_denied"
    assert told["error_description"] == "end-user denied authorization"
    assert told["state"] == "s 1"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_wrong_question_is_told_to_the_callback(org, changed, error):
    address = f"{LOGIN}/services/oauth2/authorize"
    answer = session_for(org).get(
        address, params=asked(org, **changed), allow_redirects=False
    )

    assert read_callback(answer)["error"] == error


def test_org_may_do_without_a_proof_key():
    org = make_org(require_pkce=False)

    told = decide(org, "allow", code_challenge=None, code_challenge_method=None)

    assert by_code(org, told["code"], code_verifier=None).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "stranger"},
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_callback_of_a_stranger_is_never_called(changed):
    org = make_org(callback_urls=(CALLBACK,))
    address = f"{LOGIN}/services/oauth2/authorize"

    answer = session_for(org).get(
        address, params=asked(org, **changed), allow_redirects=False
    )

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_code_is_good_once(org):
    code = decide(org, "allow")["code"]

    assert by_code(org, code).status_code == 200
    assert error_of(by_code(org, code)) == "invalid_grant"


def test_code_is_good_for_a_quarter_of_an_hour(org):
    code = decide(org, "allow")["code"]
    org.clock.advance(minutes=16)

    answer = by_code(org, code)

    assert error_of(answer) == "invalid_grant"
    assert answer.json()["error_description"] == "expired authorization code"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "https://app.example.com/other"}, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "stranger"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_that_is_redeemed_wrongly_is_refused_with_its_error(org, changed, error):
    code = decide(org, "allow")["code"]

    assert error_of(by_code(org, code, **changed)) == error


def test_client_may_come_in_the_authorization_header(org):
    auth = (org.client.client_id, org.client.client_secret)
    host = org.instance_url

    fine = token(org, host=host, auth=auth, grant_type="client_credentials")
    wrong = token(org, host=host, auth=("x", "y"), grant_type="client_credentials")

    assert fine.status_code == 200
    assert error_of(wrong) == "invalid_client_id"


def test_client_credentials_work_at_the_orgs_own_host_only(org):
    here = token(org, host=org.instance_url, grant_type="client_credentials")
    there = token(org, grant_type="client_credentials")

    assert "refresh_token" not in here.json()
    assert works(org, here.json()["access_token"])
    expected = "request not supported on this domain"
    assert there.json()["error_description"] == expected


def test_refresh_without_rotation_keeps_the_token(org):
    first = connected(org)

    for _ in range(2):
        again = refresh(org, first["refresh_token"]).json()
        assert "refresh_token" not in again
        assert again["access_token"] != first["access_token"]
        assert works(org, again["access_token"])


def test_refresh_with_rotation_gives_a_new_token_each_time():
    org = make_org(rotate_refresh_tokens=True)
    first = connected(org)

    second = refresh(org, first["refresh_token"]).json()
    third = refresh(org, second["refresh_token"]).json()

    tokens = {each["refresh_token"] for each in (first, second, third)}
    assert len(tokens) == 3


def test_used_refresh_token_kills_the_whole_grant():
    org = make_org(rotate_refresh_tokens=True)
    first = connected(org)
    second = refresh(org, first["refresh_token"]).json()

    stolen = refresh(org, first["refresh_token"])

    assert error_of(stolen) == "invalid_grant"
    expected = "expired access/refresh token"
    assert stolen.json()["error_description"] == expected
    assert error_of(refresh(org, second["refresh_token"])) == "invalid_grant"
    assert not works(org, second["access_token"])


def test_rotated_token_that_rests_for_a_month_is_dead():
    org = make_org(rotate_refresh_tokens=True)
    first = connected(org)

    org.clock.advance(days=29)
    second = refresh(org, first["refresh_token"]).json()
    org.clock.advance(days=31)

    assert error_of(refresh(org, second["refresh_token"])) == "invalid_grant"


def test_sixth_connection_ends_the_first(org):
    grants = [connected(org) for _ in range(6)]

    results = [refresh(org, each["refresh_token"]).status_code for each in grants]

    assert results == [400, 200, 200, 200, 200, 200]


def test_session_ends_when_it_is_not_used(org):
    access = connected(org)["access_token"]

    org.clock.advance(minutes=90)
    assert works(org, access)
    org.clock.advance(minutes=90)
    assert works(org, access)
    org.clock.advance(hours=3)
    assert not works(org, access)


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_revoked_token_works_no_more(org, name):
    tokens = connected(org)
    address = f"{LOGIN}/services/oauth2/revoke"

    first = session_for(org).post(address, data={"token": tokens[name]})
    second = session_for(org).post(address, data={"token": tokens[name]})

    assert (first.status_code, first.content) == (200, b"")
    assert error_of(second) == "invalid_token"
    assert not works(org, tokens["access_token"])
    again = refresh(org, tokens["refresh_token"]).status_code
    assert again == (200 if name == "access_token" else 400)


def test_introspection_tells_what_a_token_is(org):
    access = connected(org)["access_token"]
    form = {
        "token": access,
        "client_id": org.client.client_id,
        "client_secret": org.client.client_secret,
    }
    address = f"{LOGIN}/services/oauth2/introspect"

    told = session_for(org).post(address, data=form).json()
    unknown = session_for(org).post(address, data={**form, "token": "x"}).json()

    assert told["active"] is True
    assert unknown == {"active": False}


def test_identity_and_user_info(org):
    tokens = connected(org)
    session = session_for(org)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}

    identity = session.get(tokens["id"], headers=headers).json()
    info = session.get(
        f"{org.instance_url}/services/oauth2/userinfo", headers=headers
    ).json()

    assert identity["organization_id"] == org.org_id
    assert identity["username"] == "integration@tellback.example"
    assert "{version}" in identity["urls"]["rest"]
    assert info["user_id"] == identity["user_id"]
    assert info["preferred_username"] == identity["username"]


def test_identity_refuses_in_plain_text(org):
    tokens = connected(org)
    session = session_for(org)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    other = tokens["id"].replace(org.org_id, "00D000000000009AAA")

    answers = [
        session.get(tokens["id"]),
        session.get(tokens["id"], headers={"Authorization": "Bearer x"}),
        session.get(other, headers=headers),
        session.get(f"{LOGIN}/id/{org.org_id}/{org.admin_id}", headers=headers),
    ]

    told = [(each.status_code, each.text) for each in answers]
    assert told == [
        (403, "Missing_OAuth_Token"),
        (403, "Bad_OAuth_Token"),
        (403, "Wrong_Org"),
        (404, "Bad_Id"),
    ]


def test_sandbox_names_itself_by_the_test_host():
    org = make_org(sandbox=True)

    tokens = connected(org)

    assert tokens["id"].startswith("https://test.salesforce.com/id/")
    (organization,) = org.query("SELECT IsSandbox FROM Organization")
    assert organization["IsSandbox"] is True


@pytest.mark.parametrize("header", [None, "Bearer", "Basic eDp5", "Bearer x"])
def test_api_without_a_session(org, header):
    headers = {"Authorization": header} if header else {}

    answer = session_for(org).get(api(org, "limits"), headers=headers)

    assert answer.status_code == 401
    assert answer.json()[0]["errorCode"] == "INVALID_SESSION_ID"


def test_strange_hosts_cannot_be_reached(org):
    import requests

    with pytest.raises(requests.ConnectionError):
        logged_in(org).get("https://evil.example.com/services/data/")


def test_org_that_moved_answers_at_its_new_host_only(org):
    import requests

    old = api(org, "limits")
    session = logged_in(org)
    org.migrate("moved.my.salesforce.com")

    with pytest.raises(requests.ConnectionError):
        session.get(old)
    assert session.get(api(org, "limits")).status_code == 200
    assert connected(org)["instance_url"] == "https://moved.my.salesforce.com"
