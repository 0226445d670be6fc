"""Owns how a refused log-in is told: each error of the token endpoint in plain words,
with what to do. Salesforce's own words stay beside ours."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from surveys.wording import quoted


def plain(code: str, description: str) -> str:
    """Say a refused log-in in plain words; the words of Salesforce's stay in it."""
    said = quoted(description)
    for fragment, text in _sayings():
        if fragment in description.lower() or fragment == code:
            return f"{text} ({said})"
    return _("Salesforce refused the log-in: %(said)s") % {"said": said}


def _sayings() -> Sequence[tuple[str, str]]:
    """The first that fits: what Salesforce describes comes before its bare codes."""
    return (*_ended(), *_user(), *_app(), *_codes())


def _ended() -> Sequence[tuple[str, str]]:
    again = _("Connect again.")
    return (
        (
            "expired access/refresh token",
            _("The permission has ended or was taken back.") + " " + again,
        ),
        (
            "expired authorization code",
            _("The log-in took too long, or was sent twice.") + " " + again,
        ),
        (
            "invalid authorization code",
            _("The log-in was sent twice or from another browser.") + " " + again,
        ),
        ("invalid code verifier", _("The log-in is not this browser's.") + " " + again),
        ("code_verifier", _("The log-in is not this browser's.") + " " + again),
    )


def _user() -> Sequence[tuple[str, str]]:
    inactive = _("The user of this connection is not active. Activate the user.")
    return (
        (
            "hasn't approved this consumer",
            _(
                "The user is not pre-authorised. In the app's policies, set "
                "“Permitted Users” to “Admin approved users are pre-authorized” and "
                "give the user's permission set or profile the app."
            ),
        ),
        ("ip restricted", _("The organisation does not allow this server's address.")),
        (
            "user is locked",
            _("The user of this connection is locked. Unlock the user."),
        ),
        ("inactive user", inactive),
        ("inactive_user", inactive),
        ("inactive organization", _("The organisation is not active.")),
        ("inactive_org", _("The organisation is not active.")),
        (
            "authentication failure",
            _(
                "Salesforce does not let this user in: the user may be frozen, or "
                "this server's address is not allowed."
            ),
        ),
    )


def _app() -> Sequence[tuple[str, str]]:
    audience = _(
        "The log-in address belongs to another kind of organisation: "
        "https://test.salesforce.com is for sandboxes, https://login.salesforce.com "
        "for production."
    )
    return (
        (
            "request not supported on this domain",
            _("Client credentials need the My Domain address as log-in address."),
        ),
        (
            "no client credentials user enabled",
            _("Set the “Run As” user of the app's client credentials flow."),
        ),
        (
            "app must be installed",
            _("An administrator of the organisation must install the app first."),
        ),
        (
            "app not approved",
            _("An administrator of the organisation must approve the app first."),
        ),
        ("audience is invalid", audience),
        ("audience validation failed", audience),
        (
            "invalid assertion",
            _(
                "Salesforce does not accept the signature: upload the certificate of "
                "this connection to the app, and check the user name."
            ),
        ),
        (
            "invalid_app_access",
            _("An administrator has not approved this user for the app."),
        ),
    )


def _codes() -> Sequence[tuple[str, str]]:
    return (
        (
            "invalid_client_id",
            _("The consumer key is wrong, or younger than ten minutes."),
        ),
        ("invalid_client", _("The consumer secret is wrong.")),
        (
            "redirect_uri_mismatch",
            _("The app does not list Tellback's callback address."),
        ),
        ("unsupported_grant_type", _("The app does not allow this kind of log-in.")),
        (
            "invalid_request",
            _("Salesforce did not understand the log-in. Check the app's settings."),
        ),
        (
            "invalid_scope",
            _("The app does not give what is asked for. Select the OAuth scopes."),
        ),
        (
            "OAUTH_APPROVAL_ERROR_GENERIC",
            _("Salesforce could not ask the person. Begin again."),
        ),
        ("OAUTH_APP_BLOCKED", _("An administrator has blocked the app.")),
        ("OAUTH_APP_ACCESS_DENIED", _("An administrator has not approved this user.")),
        # After the one above, which ends in it.
        ("access_denied", _("The person did not allow it.")),
        ("invalid_grant", _("Salesforce does not accept this log-in.")),
    )
