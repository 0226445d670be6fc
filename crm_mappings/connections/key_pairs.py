"""Owns the key pair of a connection that logs in by JWT bearer: made here, once; only
its certificate is ever given away."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from crm_mappings.models import Connection
from crm_mappings.salesforce import keys


def make_key_pair(*, connection: Connection, now: datetime) -> Connection:
    """Make a new key pair; the app must be given the new certificate."""
    host = urlsplit(settings.BASE_URL).hostname or "tellback"
    made = keys.make(name=f"{connection.key} {host}", now=now)
    connection.private_key = made.private_key
    connection.certificate = made.certificate
    connection.save(update_fields=["private_key", "certificate"])
    return connection


def certificate_ends_at(connection: Connection) -> datetime | None:
    """Return when the certificate ends; None where there is none."""
    if not connection.certificate:
        return None
    return keys.ends_at(connection.certificate)


def certificate_fingerprint(connection: Connection) -> str:
    return keys.fingerprint(connection.certificate) if connection.certificate else ""
