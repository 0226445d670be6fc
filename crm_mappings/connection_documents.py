"""Owns the connection document: how to log in, and where. Never a secret: those
are set once, in the admin, and do not leave it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.models import Connection
from surveys import row_documents
from surveys.definition import Problem
from surveys.row_documents import DocumentRefused

SAID = (
    *("key", "name", "login", "login_url", "client_id", "login_username", "tell"),
    *("reads_opt_outs", "writes_opt_outs"),
)


def connection_document(connection: Connection) -> dict[str, Any]:
    """The connection as a document; `save_document` of it changes nothing."""
    return {"key": connection.key, **row_documents.write(connection, _columns())}


@transaction.atomic
def save_document(*, document: object) -> Connection:
    """Create or update the document's connection. Raises `DocumentRefused`.

    What it logs in with stays; a new one has to be given its secret in the admin.
    """
    if not isinstance(document, Mapping):
        raise DocumentRefused(
            [Problem("", _("A connection document is an object with key and name."))]
        )
    values, problems = row_documents.read(document, _columns())
    address = values.get("login_url")
    wrong = connections.login_address_problem(address) if address else ""
    if wrong:
        problems.append(Problem("login_url", wrong))
    if problems:
        raise DocumentRefused(problems)
    connection = Connection.objects.filter(key=values["key"]).first()
    if connection is None:
        return connections.create(**values)
    Connection.objects.filter(pk=connection.pk).update(**values)
    connection.refresh_from_db()
    return connection


def _columns() -> list[row_documents.Column]:
    return [
        column
        for column in row_documents.columns(Connection, ())
        if column.name in SAID
    ]
