"""Owns what a person does to connect, step by step: what to make in Salesforce, with
the exact values to paste, and how far they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm_mappings.connections.addresses import callback_url
from crm_mappings.models import Connection

Login = Connection.Login


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something to paste, or a box to tick."""

    label: str
    value: str
    # False: it is chosen in Salesforce, not pasted.
    copied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    key: str
    title: str
    text: str
    done: bool
    values: tuple[Value, ...] = ()


def steps(connection: Connection) -> list[Step]:
    """Return the way to a green check for this kind of log-in."""
    found = []
    if connection.login == Login.JWT:
        found.append(_key_pair(connection))
    return [*found, _app(connection), _secrets(connection), _log_in(connection)]


def _key_pair(connection: Connection) -> Step:
    return Step(
        key="key_pair",
        title=_("Make a key pair"),
        text=_(
            "Tellback makes it and keeps the private key, encrypted. Download the "
            "certificate: the app in Salesforce needs it in the next step."
        ),
        done=bool(connection.certificate),
    )


def _app(connection: Connection) -> Step:
    return Step(
        key="app",
        title=_("Make the app in Salesforce"),
        text=_(
            "Setup → External Client App Manager → New External Client App. "
            "Distribution state: Local. Open “API (Enable OAuth Settings)”, enable "
            "OAuth and enter exactly this:"
        ),
        done=bool(connection.client_id),
        values=tuple(_values(connection)),
    )


def _values(connection: Connection) -> Iterator[Value]:
    yield Value(label=_("Callback URL"), value=callback_url(), copied=True)
    yield Value(label=_("OAuth scopes"), value=_("Manage user data via APIs (api)"))
    if connection.login == Login.WEB_SERVER:
        yield from _for_a_person()
    elif connection.login == Login.JWT:
        yield from _for_a_key()
    else:
        yield from _for_a_secret()


def _for_a_person() -> Iterator[Value]:
    scope = _("OAuth scopes")
    yield Value(
        label=scope,
        value=_("Perform requests at any time (refresh_token, offline_access)"),
    )
    yield Value(
        label=scope,
        value=_("Access the identity URL service (id, profile, email, address, phone)"),
    )
    on = _("on")
    yield Value(label="Require Proof Key for Code Exchange (PKCE)", value=on)
    yield Value(label="Require secret for Web Server Flow", value=on)
    yield Value(label="Require secret for Refresh Token Flow", value=on)
    yield Value(label="Enable Refresh Token Rotation", value=on)
    yield Value(
        label=_("Policies → Refresh Token Policy"),
        value=_("Refresh token is valid until revoked, or 30 idle days"),
    )


def _for_a_key() -> Iterator[Value]:
    on = _("on")
    yield Value(label="Enable JWT Bearer Flow", value=on)
    yield Value(label=_("Upload Files"), value=_("the certificate of the first step"))
    yield Value(
        label=_("Policies → Permitted Users"),
        value=_("Admin approved users are pre-authorized"),
    )
    yield Value(
        label=_("Policies → Permission sets"),
        value=_("one that the user to log in as has"),
    )


def _for_a_secret() -> Iterator[Value]:
    yield Value(label="Enable Client Credentials Flow", value=_("on"))
    yield Value(
        label=_("Policies → Client Credentials Flow → Run As"),
        value=_("the integration user"),
    )


def _secrets(connection: Connection) -> Step:
    by_key = connection.login == Login.JWT
    text = _(
        "In the app: Settings → OAuth Settings → Consumer Key and Secret. A new key "
        "works after up to ten minutes. Enter both below and save."
    )
    if by_key:
        text = _(
            "In the app: Settings → OAuth Settings → Consumer Key. Enter it below "
            "with the user to log in as, and save. No secret is needed."
        )
    has = connection.login_username if by_key else connection.client_secret
    return Step(
        key="secrets",
        title=_("Bring its key here"),
        text=text,
        done=bool(connection.client_id and has),
    )


def _log_in(connection: Connection) -> Step:
    text = _("Tellback logs in and shows to which organisation, and as whom.")
    if connection.login == Login.WEB_SERVER:
        text = _(
            "You are led to Salesforce. Log in there as the integration user, not as "
            "yourself: the connection lives as long as that user does."
        )
    return Step(
        key="log_in",
        title=_("Log in, then check"),
        text=text,
        done=connection.status == Connection.Status.CONNECTED,
    )
