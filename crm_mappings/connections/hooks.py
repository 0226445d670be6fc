"""Owns who may tell us something at a connection's hook: its secret address, the one
before it for a while, and the client certificate that a proxy has seen."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from crm_mappings.models import Connection
from deployments.links import hash_token

OVERLAP = timedelta(days=7)


class UnknownHook(Exception):
    """No connection has this secret."""


class WrongCertificate(Exception):
    """The sender did not show the certificate that the connection asks for."""


def find_by_hook(secret: str, now: datetime) -> Connection:
    """Return the connection of a secret, searched by its hash."""
    digest = hash_token(secret)
    before = Q(hook_secret_before_hash=digest, hook_secret_before_until__gt=now)
    found = Connection.objects.filter(Q(hook_secret_hash=digest) | before).first()
    if found is None:
        raise UnknownHook
    return found


def rotate_hook(
    *, connection: Connection, now: datetime, overlap: timedelta = OVERLAP
) -> None:
    """Give the hook a new address; the old one is taken for as long as `overlap`."""
    connection.hook_secret_before_hash = connection.hook_secret_hash
    connection.hook_secret_before_until = now + overlap
    connection.hook_secret = secrets.token_urlsafe(32)
    connection.hook_secret_hash = hash_token(connection.hook_secret)
    connection.save(
        update_fields=[
            "hook_secret",
            "hook_secret_hash",
            "hook_secret_before_hash",
            "hook_secret_before_until",
        ]
    )


def end_overlap(*, connection: Connection) -> None:
    """Take nothing at the former address any more."""
    connection.hook_secret_before_hash = ""
    connection.hook_secret_before_until = None
    connection.save(
        update_fields=["hook_secret_before_hash", "hook_secret_before_until"]
    )


def former_hook_until(connection: Connection, now: datetime) -> datetime | None:
    until = connection.hook_secret_before_until
    return until if until and until > now else None


def check_certificate(connection: Connection, shown: str | None) -> None:
    """Compare what the proxy has seen with what the connection asks for, if it does.

    `shown` is None where no setting names the header of the proxy.
    """
    wanted = connection.hook_certificate
    if not wanted:
        return
    if shown is None:
        raise WrongCertificate(
            _("Set CLIENT_CERTIFICATE_HEADER to the header in which the proxy tells.")
        )
    if not constant_time_compare(_plain(shown), _plain(wanted)):
        raise WrongCertificate(
            _("The sender did not show the client certificate that is asked for.")
        )


def _plain(text: str) -> str:
    """A fingerprint may be written with colons, a subject with spaces after commas."""
    return "".join(text.replace(":", "").split()).casefold()
