"""Owns the connection document: how to log in, and where. Its secret is no part of
it: that is set once, in the admin or over REST, and never read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.models import Connection
from surveys import row_documents
from surveys.definition import Problem
from surveys.row_documents import DocumentRefused, KeyTaken

SAID = (
    *("key", "name", "login", "login_url", "client_id", "login_username", "tell"),
    *("reads_opt_outs", "writes_opt_outs"),
)


def connection_document(connection: Connection) -> dict[str, Any]:
    """The connection as a document; `save_document` of it changes nothing."""
    return {"key": connection.key, **row_documents.write(connection, _columns())}


@transaction.atomic
def save_document(
    *, document: object, secret: str = "", only_new: bool = False
) -> Connection:
    """Create or update the document's connection. Raises `DocumentRefused`, and
    `KeyTaken` when only a new one is wanted.

    What it logs in with stays where no secret is given.
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
    if secret:
        values["client_secret"] = secret
    rows = Connection.objects.filter(key=values["key"])
    if only_new or not rows.update(**values):
        return _made(values)
    return rows.get()


def _made(values: dict[str, Any]) -> Connection:
    try:
        with transaction.atomic():
            return connections.create(**values)
    except IntegrityError as error:
        raise KeyTaken(values["key"]) from error


def _columns() -> list[row_documents.Column]:
    return [
        column
        for column in row_documents.columns(Connection, ())
        if column.name in SAID
    ]
