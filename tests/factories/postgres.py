"""A PostgreSQL of our own, for the drill in which the database is restarted."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
# The server refuses to run as root.
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
INSTALLED = bool(PROGRAMS) and (not AS_SERVER or shutil.which("runuser") is not None)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    folder: Path
    port: int

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the address of the one database of this server."""
        yield f"postgres://tellback@127.0.0.1:{self.port}/postgres"

    def restart(self) -> None:
        """Kill every session as a crash would, and come back."""
        self.control("stop", "-m", "immediate")
        self.control("start", "-w")

    def control(self, *arguments: str) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        known = ["-D", str(self.folder / "data"), "-l", str(self.folder / "log")]
        _run("pg_ctl", *known, "-o", options, *arguments)


@contextmanager
def own_postgres() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        folder = Path(name)
        if AS_SERVER:
            shutil.chown(folder, "postgres")
        free.bind(("127.0.0.1", 0))
        server = PostgresServer(folder, free.getsockname()[1])
        free.close()
        _run("initdb", "-D", str(folder / "data"), "-U", "tellback", "-A", "trust")
        server.control("start", "-w")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")


def _run(program: str, *arguments: str) -> None:
    command = [*AS_SERVER, str(PROGRAMS[-1].with_name(program)), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
