"""Owns the log-in of a connection: get a token, keep it good, stop when it is not.

Whoever needs an org asks `client(connection)`; nobody else sees a token.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm_mappings.connections.addresses import callback_url
from crm_mappings.models import Connection, WriteBack
from crm_mappings.plan.schema import id18
from crm_mappings.salesforce import auth
from crm_mappings.salesforce.client import OrgClient, Renew
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal
from deployments.doorbell import ring

DELIVER = "crm_mappings.tasks.deliver"


class NotConnected(OrgError):
    """There is no log-in yet, or it needs a person."""

    def __init__(self, message: str) -> None:
        super().__init__(
            Refusal(kind=Kind.CONNECTION, code="NOT_CONNECTED", message=message)
        )


class WrongOrganisation(OrgError):
    """The log-in belongs to another organisation than the connection does."""

    def __init__(self) -> None:
        message = _(
            "This log-in belongs to another Salesforce organisation. Make a new "
            "connection for it."
        )
        super().__init__(
            Refusal(kind=Kind.CONNECTION, code="WRONG_ORGANISATION", message=message)
        )


class SandboxToProduction(OrgError):
    """What was set up for a sandbox would write to the organisation itself."""

    def __init__(self) -> None:
        message = _(
            "This is a production organisation, and the connection was made for a "
            "sandbox. Copy the set-up to a new connection instead."
        )
        super().__init__(
            Refusal(kind=Kind.CONNECTION, code="SANDBOX_TO_PRODUCTION", message=message)
        )


class WrongVersion(OrgError):
    """The org does not know the version of the API that Tellback speaks."""

    def __init__(self, wanted: str, newest: str) -> None:
        message = _(
            "Tellback speaks version %(wanted)s of the API, which this organisation "
            "does not have (its newest is %(newest)s). Set SALESFORCE_API_VERSION."
        )
        values = {"wanted": wanted, "newest": newest}
        super().__init__(
            Refusal(
                kind=Kind.CONNECTION, code="WRONG_VERSION", message=message % values
            )
        )


def connect(
    *, connection: Connection, now: datetime, rebind: bool = False
) -> Connection:
    """Log in without a person; keep the tokens and whose org it is."""
    return _keep_log_in(connection, _by_itself(connection, now), now, rebind=rebind)


def _by_itself(connection: Connection, now: datetime) -> auth.Grant:
    if connection.login == Connection.Login.JWT:
        return auth.jwt_bearer(_app(connection), now=now)
    return auth.client_credentials(_app(connection))


def authorize_url(connection: Connection, challenge: auth.Challenge) -> str:
    """Return the page on which a person logs in to Salesforce."""
    return auth.authorize_url(
        _app(connection), challenge=challenge, redirect_uri=callback_url()
    )


def connect_with_code(
    *,
    connection: Connection,
    code: str,
    verifier: str,
    now: datetime,
    rebind: bool = False,
) -> Connection:
    """Finish the log-in of a person who came back from Salesforce."""
    grant = auth.exchange_code(
        _app(connection), code=code, verifier=verifier, redirect_uri=callback_url()
    )
    return _keep_log_in(connection, grant, now, rebind=rebind)


def revoke(connection: Connection) -> None:
    """Give the log-in back to Salesforce; raise `OrgError` if it cannot be reached."""
    token = connection.refresh_token or connection.access_token
    if token:
        auth.revoke(_app(connection), token=token)


def _app(connection: Connection) -> auth.App:
    return auth.App(
        login_url=connection.login_url,
        client_id=connection.client_id,
        client_secret=connection.client_secret,
        extra_origins=tuple(settings.SALESFORCE_EXTRA_HOSTS),
        username=connection.login_username,
        private_key=connection.private_key,
    )


def _keep_log_in(
    connection: Connection, grant: auth.Grant, now: datetime, *, rebind: bool
) -> Connection:
    org_id = id18(grant.org_id)
    if connection.org_id and connection.org_id != org_id and not rebind:
        _note_other_organisation(connection, org_id)
        raise WrongOrganisation
    org = _client(grant.instance_url, grant.access_token)
    _check_version(org)
    about, user = org.organization(), org.whoami(grant.user_id)
    if connection.is_sandbox and about.get("IsSandbox") is False:
        raise SandboxToProduction
    connection.org_id = org_id
    connection.org_name = str(about.get("Name") or "")[:200]
    connection.is_sandbox = about.get("IsSandbox")
    connection.username = str(user.get("Username") or "")[:200]
    connection.status = Connection.Status.CONNECTED
    connection.problem, connection.found_org_id = "", ""
    connection.told_at = None
    connection.stands_in = False
    connection.failures, connection.not_before = 0, None
    connection.checked_at = connection.token_at = connection.last_success_at = now
    _take(connection, grant)
    _note_usage(connection, org)
    connection.save(
        update_fields=[
            *("org_id", "org_name", "is_sandbox", "username", "status", "problem"),
            *("checked_at", "access_token", "refresh_token", "instance_url"),
            *("calls_used", "calls_allowed", "token_at"),
            *("last_success_at", "told_at", "stands_in", "found_org_id"),
            *("failures", "not_before"),
        ]
    )
    go_on(connection)
    return connection


def go_on(connection: Connection) -> None:
    """Wake a worker for whatever has waited for this log-in."""
    waits = WriteBack.objects.filter(
        mapping__connection=connection, state=WriteBack.State.WAITING
    )
    if waits.exists():
        ring(DELIVER)


def _note_other_organisation(connection: Connection, org_id: str) -> None:
    connection.found_org_id = org_id
    Connection.objects.filter(pk=connection.pk).update(found_org_id=org_id)


def _check_version(org: OrgClient) -> None:
    wanted, known = settings.SALESFORCE_API_VERSION, org.versions()
    if wanted not in known:
        raise WrongVersion(wanted, known[-1] if known else "?")


def _take(connection: Connection, grant: auth.Grant) -> None:
    connection.access_token = grant.access_token
    connection.instance_url = grant.instance_url
    # With rotation on, every refresh brings a new one and ends the old one.
    connection.refresh_token = grant.refresh_token or connection.refresh_token


def client(connection: Connection) -> OrgClient:
    """Return a client that logs in again by itself, once, when its token has ended.

    While the stand-by stands in, it is the stand-by's log-in that is used.
    """
    used = connection
    if connection.stands_in and connection.stand_by is not None:
        used = connection.stand_by
    return own_client(used)


def own_client(connection: Connection) -> OrgClient:
    """Return a client with the connection's own log-in, whoever stands in."""
    if not connection.access_token:
        raise NotConnected(_("This connection has not logged in yet. Connect it."))
    return _client(
        connection.instance_url,
        connection.access_token,
        renew=partial(_renewed, connection),
    )


def _client(
    instance_url: str, access_token: str, renew: Renew | None = None
) -> OrgClient:
    return OrgClient(
        instance_url=instance_url,
        access_token=access_token,
        version=settings.SALESFORCE_API_VERSION,
        extra_origins=tuple(settings.SALESFORCE_EXTRA_HOSTS),
        renew=renew,
    )


def _renewed(connection: Connection) -> tuple[str, str]:
    fresh = log_in_again(connection=connection, now=timezone.now())
    connection.access_token = fresh.access_token
    connection.refresh_token = fresh.refresh_token
    connection.instance_url = fresh.instance_url
    return fresh.instance_url, fresh.access_token


def log_in_again(*, connection: Connection, now: datetime) -> Connection:
    """Replace the ended token; the new ones are committed before they are used.

    One at a time: a refresh token that is used twice ends the whole permission, so
    whoever waits for the lock takes what the other one got.
    """
    rotating = connection.login == Connection.Login.WEB_SERVER
    with ExitStack() as stack:
        try:
            stack.enter_context(transaction.atomic(durable=rotating))
        except RuntimeError:
            # Somebody's transaction is open: the new token could be rolled back
            # after the old one has ended, and the permission would be gone.
            raise NotConnected(_("The log-in has ended. Try again.")) from None
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if row.access_token == connection.access_token:
            _replace_token(row, now)
    return row


def _replace_token(connection: Connection, now: datetime) -> None:
    if connection.login != Connection.Login.WEB_SERVER:
        grant = _by_itself(connection, now)
    elif connection.refresh_token:
        grant = auth.refresh(_app(connection), refresh_token=connection.refresh_token)
    else:
        raise NotConnected(
            _("The app does not allow staying logged in (scope “refresh_token”).")
        )
    if id18(grant.org_id) != connection.org_id:
        raise WrongOrganisation
    _take(connection, grant)
    connection.token_at = now
    connection.save(
        update_fields=["access_token", "refresh_token", "instance_url", "token_at"]
    )


def note_usage(*, connection: Connection, org: OrgClient) -> None:
    """Keep what the last answer said of the org's calls, and count our own."""
    if new := org.new_calls():
        mine = Connection.objects.filter(pk=connection.pk)
        mine.update(calls_made=F("calls_made") + new)
    if _note_usage(connection, org):
        connection.save(update_fields=["calls_used", "calls_allowed"])


def _note_usage(connection: Connection, org: OrgClient) -> bool:
    if org.usage is None:
        return False
    connection.calls_used = org.usage.used
    connection.calls_allowed = org.usage.allowed
    return True
