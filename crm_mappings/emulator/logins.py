"""Owns who may talk to the org: authorization codes, grants with refresh tokens, and
access tokens."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_mappings.emulator.clock import Clock

CODE_LIFE = timedelta(minutes=15)
IDLE_REFRESH_LIFE = timedelta(days=30)
GRANTS_PER_USER = 5


class LoginRefused(Exception):
    """An answer of the token endpoint that is not a token."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


@dataclass(slots=True, kw_only=True)
class Client:
    """A connected (external client) app. No callback addresses: any will do."""

    client_id: str
    client_secret: str
    callback_urls: tuple[str, ...] = ()
    # What the app's JWT assertions are signed with: certificates as PEM text.
    certificates: list[str] = field(default_factory=list)
    # False: it is not installed in the org, and so blocked (since September 2025).
    installed: bool = True
    # True: an admin has blocked it, or its users are not approved.
    blocked: bool = False


@dataclass(slots=True, kw_only=True)
class Code:
    client_id: str
    user_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    made_at: datetime


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a user allowed: lives as long as its newest refresh token."""

    user_id: str
    scope: str
    refresh_token: str
    used_at: datetime
    spent: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Session:
    token: str
    user_id: str
    scope: str
    expires_at: datetime
    grant: Grant | None = None


class Logins:
    def __init__(
        self,
        *,
        org_id: str,
        clients: dict[str, Client],
        clock: Clock,
        rotate: bool,
        session_life: timedelta,
    ) -> None:
        self._org_id = org_id
        self.clients = clients
        self._clock = clock
        self.rotate = rotate
        self.session_life = session_life
        self._codes: dict[str, Code] = {}
        self._grants: list[Grant] = []
        self._sessions: dict[str, Session] = {}

    # -- authorization codes

    def allow(self, code: Code) -> str:
        text = f"aPrx{secrets.token_urlsafe(48)}=="
        self._codes[text] = code
        return text

    def redeem(
        self, text: str, *, client_id: str, redirect_uri: str, verifier: str | None
    ) -> Session:
        """The code is spent by the first attempt, right or wrong."""
        code = self._codes.pop(text, None)
        if code is None or code.client_id != client_id:
            raise LoginRefused("invalid_grant", "invalid authorization code")
        if self._clock.now() - code.made_at > CODE_LIFE:
            raise LoginRefused("invalid_grant", "expired authorization code")
        if code.redirect_uri != redirect_uri:
            message = "redirect_uri must match configuration"
            raise LoginRefused("redirect_uri_mismatch", message)
        self._check_verifier(code, verifier)
        return self._with_grant(code.user_id, code.scope)

    def _check_verifier(self, code: Code, verifier: str | None) -> None:
        if code.challenge is None:
            return
        if not verifier:
            raise LoginRefused("invalid_request", "code_verifier is required")
        digest = hashlib.sha256(verifier.encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not hmac.compare_digest(proof, code.challenge):
            raise LoginRefused("invalid_grant", "invalid code verifier")

    def _with_grant(self, user_id: str, scope: str) -> Session:
        if not {"refresh_token", "offline_access", "full"} & set(scope.split()):
            return self.open(user_id, scope)
        grant = Grant(
            user_id=user_id,
            scope=scope,
            refresh_token=_refresh_token(),
            used_at=self._clock.now(),
        )
        self._grants.append(grant)
        for oldest in self._of_user(user_id)[:-GRANTS_PER_USER]:
            self._drop(oldest)
        return self.open(user_id, scope, grant)

    def _of_user(self, user_id: str) -> list[Grant]:
        return [grant for grant in self._grants if grant.user_id == user_id]

    # -- refresh tokens

    def refresh(self, token: str) -> Session:
        """With rotation, a token that was used before kills the whole grant."""
        for grant in self._grants:
            if token in grant.spent:
                self._drop(grant)
                break
            if token == grant.refresh_token:
                return self._renewed(grant)
        raise LoginRefused("invalid_grant", "expired access/refresh token")

    def _renewed(self, grant: Grant) -> Session:
        now = self._clock.now()
        if self.rotate and now - grant.used_at > IDLE_REFRESH_LIFE:
            self._drop(grant)
            raise LoginRefused("invalid_grant", "expired access/refresh token")
        grant.used_at = now
        if self.rotate:
            grant.spent.add(grant.refresh_token)
            grant.refresh_token = _refresh_token()
        return self.open(grant.user_id, grant.scope, grant)

    def _drop(self, grant: Grant) -> None:
        if grant in self._grants:
            self._grants.remove(grant)
        for token, session in list(self._sessions.items()):
            if session.grant is grant:
                del self._sessions[token]

    # -- access tokens

    def open(self, user_id: str, scope: str, grant: Grant | None = None) -> Session:
        now = self._clock.now()
        for old in [t for t, s in self._sessions.items() if s.expires_at <= now]:
            del self._sessions[old]
        token = f"{self._org_id[:15]}!AQ{secrets.token_urlsafe(70)[:94]}"
        session = Session(
            token=token,
            user_id=user_id,
            scope=scope,
            expires_at=now + self.session_life,
            grant=grant,
        )
        self._sessions[token] = session
        return session

    def find(self, token: str) -> Session | None:
        """The living session of a token; using it makes it live longer."""
        session = self._sessions.get(token)
        now = self._clock.now()
        if session is None or session.expires_at <= now:
            self._sessions.pop(token, None)
            return None
        session.expires_at = now + self.session_life
        return session

    def expire_sessions(self) -> int:
        """Every access token dies now; refresh tokens live on."""
        count = len(self._sessions)
        self._sessions.clear()
        return count

    def move(self, org_id: str) -> None:
        """The org has another id now, and nobody is logged in to it."""
        self._org_id = org_id
        self._codes.clear()
        self._grants.clear()
        self._sessions.clear()

    def revoke_grants(self) -> int:
        """What an admin does who removes the app: nothing can be refreshed."""
        count = len(self._grants)
        for grant in list(self._grants):
            self._drop(grant)
        return count

    def revoke(self, token: str) -> bool:
        if self._sessions.pop(token, None):
            return True
        for grant in self._grants:
            if grant.refresh_token == token or token in grant.spent:
                self._drop(grant)
                return True
        return False


def _refresh_token() -> str:
    return f"5Aep861{secrets.token_urlsafe(60)[:73]}"


def signature(client_secret: str, identity: str, issued_at: str) -> str:
    """What proves that the identity URL came from the org."""
    message = (identity + issued_at).encode()
    digest = hmac.new(client_secret.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
