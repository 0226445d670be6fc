"""The database's notes on changed responses, and migrations that make tables anew."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from django.db import connection

from config.settings import ROOT
from responses.dump import noticing


@pytest.fixture
def migrate(tmp_path, migrated):
    path = tmp_path / "db.sqlite3"
    shutil.copy(migrated, path)

    def migrate(*target):
        """Return the triggers that the database has then."""
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0", *target],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{path}"},
            check=True,
        )
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        return sqlite3.connect(path).execute(asked).fetchall()

    return migrate


def test_sqlite_makes_tables_anew_beside_the_trigger_and_has_it_again(migrate):
    assert migrate("responses", "0003") == [("response_changed",)]
    assert migrate() == [("response_changed",)]


@pytest.mark.django_db
def test_where_responses_have_no_table_there_is_nothing_to_take_notes_of():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE responses_response RENAME TO elsewhere")

    noticing.install(using="default")
