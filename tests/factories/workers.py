"""Workers in processes of their own, on the database of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection as database

ROOT = Path(__file__).resolve().parents[2]
PREFACE = """
import django
django.setup()
from crm_mappings import connections
from crm_mappings.models import Connection
from django.utils import timezone
row = Connection.objects.get(pk={pk})
"""


def database_url() -> str:
    """Return where the tests keep their rows, as another process finds it."""
    known = database.settings_dict
    if known["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{known['NAME']}"
    user = quote(known["USER"] or "postgres")
    password = f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else ""
    host, port = known["HOST"] or "127.0.0.1", known["PORT"] or 5432
    return f"postgres://{user}{password}@{host}:{port}/{known['NAME']}"


def start_worker(pk: int, script: str) -> subprocess.Popen[str]:
    """Run lines in a process of its own, with `row` as the connection."""
    return subprocess.Popen(
        [sys.executable, "-c", PREFACE.format(pk=pk) + script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,
            "FIELD_KEYS": ",".join(settings.FIELD_KEYS),
            "SALESFORCE_EXTRA_HOSTS": ",".join(settings.SALESFORCE_EXTRA_HOSTS),
        },
    )
