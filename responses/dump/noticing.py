"""Owns that no change of a response that was dumped goes unnoticed: the database notes
it in the transaction that makes it, whoever makes it and however.

A response that is reopened loses its place, and gets another when it is completed
again. Erasing notes itself (`responses.erasure`).
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import connections
from django.utils import timezone

from responses.models import Change, Response

# What the dump tells of a response, where it can change.
TOLD = ("answers", "records", "variables", "quality", "language", "status", "is_test")
TABLE, NAME = "responses_response", "response_changed"
KIND = "CASE WHEN NEW.status = 'in_progress' THEN 'reopened' ELSE 'edited' END"
NOTE = """
    INSERT INTO responses_change (survey_id, response_key, kind, at)
    VALUES (OLD.survey_id, OLD.key, {kind}, {now});
"""
WHEN = (
    "OLD.position IS NOT NULL AND OLD.status <> 'erased' AND NEW.status <> 'erased' "
    "AND ({differ})"
)
POSTGRESQL = """
    CREATE OR REPLACE FUNCTION note_response_change() RETURNS trigger AS $$
    BEGIN
        {note}
        IF NEW.status = 'in_progress' THEN NEW.position := NULL; END IF;
        RETURN NEW;
    END $$ LANGUAGE plpgsql;
    DROP TRIGGER IF EXISTS {name} ON responses_response;
    CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON responses_response
    FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION note_response_change();
"""
FORGET = f"DROP TRIGGER IF EXISTS {NAME}"
SQLITE = """
    CREATE TRIGGER {name}
    AFTER UPDATE OF {columns} ON responses_response WHEN {when}
    BEGIN
        {note}
        UPDATE responses_response SET position = NULL
        WHERE id = OLD.id AND NEW.status = 'in_progress';
    END
"""


def make_way(*, using: str, plan: list[Any], **_signal: Any) -> None:
    """Take the trigger away before a migration: SQLite makes no table anew while a
    trigger names it."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(FORGET)


def install(*, using: str, **_signal: Any) -> None:
    """Let the database take notes; called behind every migration."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return  # another room alone was migrated
        if connection.vendor == "sqlite":
            cursor.execute(FORGET)
            cursor.execute(_sqlite())
        elif connection.vendor == "postgresql" and not _is_installed(cursor):
            cursor.execute(_postgresql())
            cursor.execute(
                f"COMMENT ON TRIGGER {NAME} ON responses_response IS '{_mark()}'"
            )


def note_deleted(*, instance: Response, **_signal: Any) -> None:
    """A row that is gone cannot be told of by itself."""
    if instance.position is not None:
        Change.objects.create(
            survey_id=instance.survey_id,
            response_key=instance.key,
            kind=Change.Kind.DELETED,
            at=timezone.now(),
        )


def _postgresql() -> str:
    differ = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in TOLD)
    return POSTGRESQL.format(
        name=NAME,
        columns=", ".join(TOLD),
        when=WHEN.format(differ=differ),
        note=NOTE.format(kind=KIND, now="clock_timestamp()"),
    )


def _sqlite() -> str:
    differ = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in TOLD)
    return SQLITE.format(
        name=NAME,
        columns=", ".join(TOLD),
        when=WHEN.format(differ=differ),
        note=NOTE.format(kind=KIND, now="strftime('%Y-%m-%d %H:%M:%f', 'now')"),
    )


def _is_installed(cursor: Any) -> bool:
    """As it is written here: what it was before is replaced."""
    cursor.execute(
        "SELECT obj_description(oid) FROM pg_trigger WHERE tgname = %s", [NAME]
    )
    return bool(cursor.fetchone() == (_mark(),))


def _mark() -> str:
    return hashlib.sha256(_postgresql().encode()).hexdigest()
