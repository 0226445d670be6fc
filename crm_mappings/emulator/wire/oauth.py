"""Owns logging in: the consent page, tokens of three kinds, and revoking them."""

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import urlencode

from crm_mappings.emulator import assertions
from crm_mappings.emulator.logins import Client, Code, LoginRefused, Session, signature
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.wire.exchange import Answer, Request, page, redirect
from crm_mappings.emulator.wire.html import document, tag

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
DEFAULT_SCOPE = "refresh_token api id"
NO_STORE = ("Cache-Control", "no-cache, no-store")


def answer(org: Org, request: Request) -> Answer | None:
    """The answer of an address under /services/oauth2/, or None for an unknown one."""
    act = ACTS.get("/".join(request.segments[2:]))
    if act is None:
        return None
    try:
        return act(org, request)
    except LoginRefused as refusal:
        document = {
            "error": refusal.error,
            "error_description": refusal.description,
        }
        return Answer(status=refusal.status, document=document, headers=[NO_STORE])


# -- the consent page


def authorize(org: Org, request: Request) -> Answer:
    asked = request.form if request.method == "POST" else request.parameters
    client = org.logins.clients.get(asked.get("client_id", ""))
    redirect_uri = asked.get("redirect_uri", "")
    if client is None:
        return _error_page("invalid_client_id", "client identifier invalid")
    if not client.installed:
        return _error_page("OAUTH_APP_ACCESS_DENIED", "app must be installed into org")
    if not _callback_allowed(client, redirect_uri):
        mismatch = "redirect_uri must match configuration"
        return _error_page("redirect_uri_mismatch", mismatch)
    problem = _problem_with(org, asked)
    if client.blocked:
        problem = ("OAUTH_APP_BLOCKED", "this app is blocked by admin")
    if problem:
        return _back(redirect_uri, asked, *problem)
    if request.method == "POST":
        return _decided(org, client, asked)
    return page(_consent(org, request, asked))


def _callback_allowed(client: Client, redirect_uri: str) -> bool:
    if not redirect_uri.startswith(("http://", "https://")):
        return False
    return not client.callback_urls or redirect_uri in client.callback_urls


def _problem_with(org: Org, asked: dict[str, str]) -> tuple[str, str] | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type", "response type must be code"
    if not asked.get("code_challenge"):
        missing = ("invalid_request", "missing required code challenge")
        return missing if org.require_pkce else None
    if asked.get("code_challenge_method") != "S256":
        return "invalid_request", "code challenge method must be S256"
    return None


def _decided(org: Org, client: Client, asked: dict[str, str]) -> Answer:
    redirect_uri = asked["redirect_uri"]
    if asked.get("decision") != "allow":
        denied = "end-user denied authorization"
        return _back(redirect_uri, asked, "access_denied", denied)
    code = Code(
        client_id=client.client_id,
        user_id=org.integration_id,
        redirect_uri=redirect_uri,
        scope=asked.get("scope") or DEFAULT_SCOPE,
        challenge=asked.get("code_challenge") or None,
        made_at=org.clock.now(),
    )
    return _to_callback(redirect_uri, asked, {"code": org.logins.allow(code)})


def _back(
    redirect_uri: str, asked: dict[str, str], error: str, description: str
) -> Answer:
    problem = {"error": error, "error_description": description}
    return _to_callback(redirect_uri, asked, problem)


def _to_callback(
    redirect_uri: str, asked: dict[str, str], told: dict[str, str]
) -> Answer:
    if "state" in asked:
        told = {**told, "state": asked["state"]}
    sign = "&" if "?" in redirect_uri else "?"
    return redirect(f"{redirect_uri}{sign}{urlencode(told)}")


def _consent(org: Org, request: Request, asked: dict[str, str]) -> str:
    hidden = [
        tag("input", type="hidden", name=name, value=value)
        for name, value in asked.items()
        if name != "decision"
    ]
    buttons = [
        tag("button", "Allow", type="submit", name="decision", value="allow"),
        tag("button", "Deny", type="submit", name="decision", value="deny"),
    ]
    scope = asked.get("scope") or DEFAULT_SCOPE
    body = [
        tag("h1", "Allow access?"),
        tag("p", f"An app asks to use the org {org.name} with: {scope}."),
        tag(
            "form",
            *hidden,
            *buttons,
            method="post",
            action=f"{request.mount}{request.path}",
        ),
    ]
    return document("Allow access?", *body, root=request.mount)


def _error_page(error: str, description: str) -> Answer:
    body = [tag("h1", "We cannot authorize you"), tag("p", f"{error}: {description}")]
    return page(document("Log-in error", *body), status=400)


# -- tokens


def token(org: Org, request: Request) -> Answer:
    if request.method != "POST":
        raise LoginRefused("invalid_request", "must use HTTP POST")
    asked = request.form
    kind = asked.get("grant_type", "")
    if not kind:
        raise LoginRefused("invalid_request", "must contain grant_type")
    act = GRANTS.get(kind)
    if act is None:
        raise LoginRefused("unsupported_grant_type", "grant type not supported")
    spoilt = org.faults.take_token_error()
    return spoilt.answer() if spoilt else act(org, request, asked)


def _by_code(org: Org, request: Request, asked: dict[str, str]) -> Answer:
    client = _client(org, request, asked)
    for name in ("code", "redirect_uri"):
        if not asked.get(name):
            raise LoginRefused("invalid_request", f"must contain {name}")
    session = org.logins.redeem(
        asked["code"],
        client_id=client.client_id,
        redirect_uri=asked["redirect_uri"],
        verifier=asked.get("code_verifier"),
    )
    return _tokens(org, request, session, with_refresh=True)


def _by_refresh(org: Org, request: Request, asked: dict[str, str]) -> Answer:
    _client(org, request, asked)
    if not asked.get("refresh_token"):
        raise LoginRefused("invalid_request", "must contain refresh_token")
    session = org.logins.refresh(asked["refresh_token"])
    return _tokens(org, request, session, with_refresh=org.logins.rotate)


def _by_client(org: Org, request: Request, asked: dict[str, str]) -> Answer:
    if request.host in LOGIN_HOSTS:
        message = "request not supported on this domain"
        raise LoginRefused("invalid_grant", message)
    _client(org, request, asked)
    session = org.logins.open(org.integration_id, "api id")
    return _tokens(org, request, session, with_refresh=False)


def _by_assertion(org: Org, request: Request, asked: dict[str, str]) -> Answer:
    assertion = asked.get("assertion")
    if not assertion:
        raise LoginRefused("invalid_request", "must contain assertion")
    client = org.logins.clients.get(assertions.issuer(assertion))
    if client is None:
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    _check_policy(client)
    name = assertions.username(
        assertion,
        client,
        audiences=[_login_origin(org), request.origin],
        now=org.clock.now(),
    )
    user_id = _user_named(org, name)
    if user_id != org.integration_id:
        message = "user hasn't approved this consumer"
        raise LoginRefused("invalid_grant", message)
    session = org.logins.open(user_id, "api id")
    return _tokens(org, request, session, with_refresh=False)


def _user_named(org: Org, name: str) -> str:
    for user_id, row in org.rows.table("User").rows.items():
        if str(row["Username"]).lower() == name.lower():
            if not row["IsActive"]:
                raise LoginRefused("invalid_grant", "inactive user")
            return user_id
    raise LoginRefused("invalid_grant", "invalid assertion")


def _check_policy(client: Client) -> None:
    if not client.installed:
        raise LoginRefused("invalid_client", "app must be installed into org")
    if client.blocked:
        raise LoginRefused("invalid_grant", "app not approved")


def _client(org: Org, request: Request, asked: dict[str, str]) -> Client:
    basic = _basic(request.header("Authorization") or "")
    client_id = asked.get("client_id") or basic[0]
    secret = asked.get("client_secret") or basic[1]
    client = org.logins.clients.get(client_id)
    if client is None:
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(secret.encode(), client.client_secret.encode()):
        raise LoginRefused("invalid_client", "invalid client credentials")
    _check_policy(client)
    return client


def _basic(header: str) -> tuple[str, str]:
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _tokens(
    org: Org, request: Request, session: Session, *, with_refresh: bool
) -> Answer:
    issued_at = str(int(org.clock.now().timestamp() * 1000))
    identity = identity_url(org, request, session.user_id)
    told = {
        "access_token": session.token,
        "signature": signature(
            "forged" if org.faults.take("bad_signatures") else org.client.client_secret,
            identity,
            issued_at,
        ),
        "scope": session.scope,
        "instance_url": org.faults.instance_url or instance_url(org, request),
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
    if with_refresh and session.grant:
        told["refresh_token"] = session.grant.refresh_token
    return Answer(document=told, headers=[NO_STORE])


def instance_url(org: Org, request: Request) -> str:
    """A served org lives where it was reached; the public log-in hosts point to it."""
    return org.instance_url if request.host in LOGIN_HOSTS else request.origin


def _login_origin(org: Org) -> str:
    return f"https://{LOGIN_HOSTS[1] if org.sandbox else LOGIN_HOSTS[0]}"


def identity_url(org: Org, request: Request, user_id: str) -> str:
    origin = request.origin
    if request.host in LOGIN_HOSTS or request.host == org.host:
        origin = _login_origin(org)
    return f"{origin}/id/{org.org_id}/{user_id}"


# -- ending and asking


def revoke(org: Org, request: Request) -> Answer:
    given = request.form if request.method == "POST" else request.parameters
    if not org.logins.revoke(given.get("token", "")):
        raise LoginRefused("invalid_token", "invalid token: the token is not known")
    return Answer(body=b"")


def introspect(org: Org, request: Request) -> Answer:
    asked = request.form
    _client(org, request, asked)
    session = org.logins.find(asked.get("token", ""))
    if session is None:
        return Answer(document={"active": False})
    told: dict[str, Any] = {
        "active": True,
        "scope": session.scope,
        "client_id": org.client.client_id,
        "sub": identity_url(org, request, session.user_id),
        "token_type": "access_token",
        "exp": int(session.expires_at.timestamp()),
    }
    return Answer(document=told)


GRANTS = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    "client_credentials": _by_client,
    JWT_BEARER: _by_assertion,
}
ACTS = {
    "authorize": authorize,
    "token": token,
    "revoke": revoke,
    "introspect": introspect,
}
