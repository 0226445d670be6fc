"""Owns what is fixed when a connection is made: its addresses and its hook's secret."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.urls import reverse

from crm_mappings.models import Connection
from crm_mappings.salesforce.session import HostRefused, pinned_origin
from deployments.links import hash_token


def prepare(connection: Connection) -> Connection:
    """Give a connection that is about to be made the secret of its hook."""
    if not connection.hook_secret:
        connection.hook_secret = secrets.token_urlsafe(32)
        connection.hook_secret_hash = hash_token(connection.hook_secret)
    return connection


def create(**fields: Any) -> Connection:
    connection = prepare(Connection(**fields))
    connection.save()
    return connection


def hook_url(connection: Connection) -> str:
    """Return the address that outbound messages are sent to. It is a secret."""
    path = reverse("salesforce-hook", args=[connection.hook_secret])
    return f"{settings.BASE_URL}{path}"


def callback_url() -> str:
    """Return the callback address that the app in Salesforce must list."""
    return f"{settings.BASE_URL}{reverse('salesforce-callback')}"


def login_address_problem(address: str) -> str:
    """Return why this may not be a log-in address, or "" when it may."""
    try:
        pinned_origin(address, settings.SALESFORCE_EXTRA_HOSTS)
    except HostRefused as error:
        return error.refusal.message
    return ""
