"""Owns the log-in: the token endpoint, PKCE, and the proof that an answer is real.

simple-salesforce has no refresh, no PKCE and no web-server flow, so none of it is
used here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext as _

from crm_mappings.salesforce import keys
from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError, Refusal
from crm_mappings.salesforce.sayings import plain
from crm_mappings.salesforce.session import OrgSession, pinned_origin

# Short: a refresh holds the lock on its connection.
TIMEOUT = (5.0, 10.0)
LONGEST_ANSWER = 256 * 1024
SCOPES = "api refresh_token id"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# What Salesforce answers to who gives back what has ended already.
_ENDED = frozenset({"unsupported_token_type", "invalid_token", "invalid_grant"})
_IDENTITY = re.compile(r"/id/(00D\w{12,15})/(005\w{12,15})", re.ASCII)


class AuthError(OrgError):
    """The log-in was refused. `gone`: only a person can make it work again."""

    def __init__(self, *, code: str, message: str, kind: Kind, gone: bool) -> None:
        super().__init__(Refusal(kind=kind, code=code, message=message))
        self.code = code
        self.message = message
        self.gone = gone


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app that logs in, and where."""

    login_url: str
    client_id: str
    client_secret: str = field(repr=False)
    extra_origins: tuple[str, ...] = ()
    # Only for JWT bearer.
    username: str = ""
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a log-in gave. The signature has been verified."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    instance_url: str
    org_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One try to log in by a person: kept in their browser session until it ends."""

    state: str
    verifier: str = field(repr=False)

    @property
    def code_challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def new_challenge() -> Challenge:
    return Challenge(
        state=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(64)
    )


def authorize_url(app: App, *, challenge: Challenge, redirect_uri: str) -> str:
    """Return the page of Salesforce's on which a person allows the connection."""
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": challenge.state,
        "code_challenge": challenge.code_challenge,
        "code_challenge_method": "S256",
        "prompt": "login consent",
    }
    origin = pinned_origin(app.login_url, app.extra_origins)
    return f"{origin}/services/oauth2/authorize?{urlencode(query)}"


def client_credentials(app: App) -> Grant:
    return _grant(app, {"grant_type": "client_credentials"})


def jwt_bearer(app: App, *, now: datetime) -> Grant:
    """Log in by a signature; Salesforce holds the certificate and knows the user."""
    try:
        signed = keys.assertion(
            private_key=app.private_key,
            client_id=app.client_id,
            username=app.username,
            audience=audience(app),
            now=now,
        )
    except keys.UnusableKey:
        failure = _no_key()
    else:
        return _grant(app, {"grant_type": JWT_BEARER, "assertion": signed})
    raise failure


def audience(app: App) -> str:
    """Return who the assertion is for: the log-in host that the org belongs to."""
    origin = pinned_origin(app.login_url, app.extra_origins)
    host = urlsplit(origin).hostname or ""
    if origin in {known.lower() for known in app.extra_origins}:
        return origin
    if host == "test.salesforce.com" or host.endswith(".sandbox.my.salesforce.com"):
        return "https://test.salesforce.com"
    return "https://login.salesforce.com"


def _no_key() -> AuthError:
    return AuthError(
        code="NO_KEY",
        message=_("This connection has no key pair yet. Make one."),
        kind=Kind.CONNECTION,
        gone=True,
    )


def exchange_code(app: App, *, code: str, verifier: str, redirect_uri: str) -> Grant:
    return _grant(
        app,
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        },
    )


def refresh(app: App, *, refresh_token: str) -> Grant:
    """Spend a refresh token. A new one in the answer must be kept before use."""
    return _grant(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def revoke(app: App, *, token: str) -> None:
    """Give a token back. One that has ended already is as good as given back."""
    origin = pinned_origin(app.login_url, app.extra_origins)
    session = OrgSession(origin, timeout=TIMEOUT, longest_answer=LONGEST_ANSWER)
    try:
        session.request(
            "POST", f"{origin}/services/oauth2/revoke", data={"token": token}
        )
    except OrgError as error:
        if error.refusal.code not in _ENDED:
            raise
    finally:
        session.close()


def _grant(app: App, form: Mapping[str, str]) -> Grant:
    origin = pinned_origin(app.login_url, app.extra_origins)
    body = {**form, "client_id": app.client_id}
    if app.client_secret and form["grant_type"] != JWT_BEARER:
        body["client_secret"] = app.client_secret
    answer = _post(origin, body)
    _verify(answer, app.client_secret)
    identity = _IDENTITY.search(urlsplit(_string(answer, "id")).path)
    if identity is None:
        raise _unreadable()
    return Grant(
        access_token=_string(answer, "access_token"),
        refresh_token=_string(answer, "refresh_token", optional=True) or None,
        instance_url=pinned_origin(_string(answer, "instance_url"), app.extra_origins),
        org_id=identity[1],
        user_id=identity[2],
    )


def _post(origin: str, body: Mapping[str, str]) -> Mapping[str, Any]:
    session = OrgSession(origin, timeout=TIMEOUT, longest_answer=LONGEST_ANSWER)
    headers = {"Accept": "application/json"}
    try:
        answer = session.request(
            "POST", f"{origin}/services/oauth2/token", data=body, headers=headers
        )
        value = answer.json()
    except NoAnswer:
        raise
    except OrgError as error:
        failure = _refused(error.refusal)
        failure.request_id = error.request_id
    except (ValueError, RecursionError):
        failure = _unreadable()
    else:
        if isinstance(value, dict):
            return value
        failure = _unreadable()
    raise failure


def _verify(answer: Mapping[str, Any], client_secret: str) -> None:
    """Prove that the answer is by one who knows the secret, not only by the host."""
    if not client_secret:
        return
    signed = _string(answer, "id") + _string(answer, "issued_at")
    digest = hmac.new(client_secret.encode(), signed.encode(), hashlib.sha256).digest()
    expected = base64.b64encode(digest).decode()
    if not hmac.compare_digest(
        expected.encode(), _string(answer, "signature").encode()
    ):
        raise AuthError(
            code="BAD_SIGNATURE",
            message=_(
                "The answer to the log-in is not signed with the consumer secret. "
                "Check the secret and the log-in address."
            ),
            kind=Kind.CONNECTION,
            gone=True,
        )


def _string(answer: Mapping[str, Any], key: str, *, optional: bool = False) -> str:
    value = answer.get(key)
    if isinstance(value, str) and value:
        return value
    if optional and value is None:
        return ""
    raise _unreadable()


def _unreadable() -> AuthError:
    return AuthError(
        code="ANSWER_UNREADABLE",
        message=_(
            "The log-in address did not answer as Salesforce does. Check that it is "
            "the address of your organisation."
        ),
        kind=Kind.TRANSIENT,
        gone=False,
    )


def _refused(refusal: Refusal) -> AuthError:
    """Judge a refusal: whatever is not known to pass by itself needs a person."""
    waits = refusal.kind in {Kind.TRANSIENT, Kind.BUDGET, Kind.LOCK}
    return AuthError(
        code=refusal.code,
        message=refusal.message if waits else plain(refusal.code, refusal.message),
        kind=refusal.kind if waits else Kind.CONNECTION,
        gone=not waits,
    )
