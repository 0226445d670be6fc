"""The whole system in processes of its own, on a database of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from config.demo.processes import Ports, Running, free_ports, prepare, set_up


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """Yield the address of an empty database of the kind that the tests run on."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'journey.sqlite3'}"
        return
    name = f"journey_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(slots=True, kw_only=True)
class System:
    """What a stranger needs to know of the running system."""

    ports: Ports
    running: Running
    org_login: dict[str, str]
    made: dict[str, Any]


@contextmanager
def running_system(folder: Path) -> Iterator[System]:
    """Start the org, the mailbox, the web server and the workers; stop them after."""
    with fresh_database(folder) as url:
        ports = free_ports()
        # As one in 64 does by itself, it begins with a dash.
        secret = f"-{secrets.token_urlsafe(16)}"
        login = {"client_id": "journey", "client_secret": secret}
        running = prepare(folder, ports, database_url=url)
        try:
            made = set_up(running, ports, login)
            yield System(ports=ports, running=running, org_login=login, made=made)
        finally:
            running.stop()
            print(running.log.read_text(errors="replace"))
