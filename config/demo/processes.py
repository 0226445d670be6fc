"""Owns the demo's processes: free ports, starting, waiting until they answer,
and stopping every one of them, whatever happens."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from config.parent_death import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


class DemoFailed(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo's four servers listen on 127.0.0.1."""

    web: int
    org: int
    smtp: int
    mail: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def org_url(self) -> str:
        return f"http://127.0.0.1:{self.org}"

    @property
    def mail_url(self) -> str:
        return f"http://127.0.0.1:{self.mail}"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports() -> Ports:
    """Return four ports that nobody listens on."""
    probes = [socket.socket() for _ in range(4)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    web, org, smtp, mail = (probe.getsockname()[1] for probe in probes)
    for probe in probes:
        probe.close()
    return Ports(web=web, org=org, smtp=smtp, mail=mail)


def check_ports(ports: Ports) -> None:
    """Refuse, in words, a port that another program listens on."""
    names = {"web": "WEB_PORT", "org": "ORG_PORT", "smtp": "SMTP_PORT"}
    names["mail"] = "MAIL_PORT"
    for attribute, variable in names.items():
        port = getattr(ports, attribute)
        if not is_free(port):
            raise DemoFailed(
                f"Port {port} is taken by another program. Stop that program, or "
                f"choose another port: make demo {variable}={port + 1}"
            )


def environment(ports: Ports, *, database_url: str) -> dict[str, str]:
    """Return the settings under which the demo's processes run."""
    return {
        **os.environ,
        "BASE_URL": ports.base_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DATABASE_URL": database_url,
        "DEBUG": "off",
        "DEMO_ORG": "off",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "SALESFORCE_EXTRA_HOSTS": ports.org_url,
        "Q_BROKER": "orm",
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(slots=True)
class Running:
    """The processes that were started, and how to end them."""

    env: Mapping[str, str]
    log: Path
    processes: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, *arguments: str) -> None:
        with self.log.open("ab") as log:
            # Our own programs as child processes: no shell, fixed arguments.
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, *arguments],
                cwd=ROOT,
                env=dict(self.env),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one prctl call
            )
        self.processes.append((name, process))

    def wait_for(self, name: str, ready: Callable[[], bool]) -> None:
        """Wait until `ready`; fail in words when the process ends before that."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.check_alive()
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise DemoFailed(f"{name} did not answer in {PATIENCE:.0f} s; see {self.log}.")

    def check_alive(self) -> None:
        for name, process in self.processes:
            if process.poll() is not None:
                raise DemoFailed(
                    f"{name} ended with exit code {process.returncode}; see {self.log}."
                )

    def stop(self) -> None:
        """End all, last started first; kill what does not end by itself."""
        for _name, process in reversed(self.processes):
            process.terminate()
        for _name, process in reversed(self.processes):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(url: str) -> Callable[[], bool]:
    return lambda: requests.get(url, timeout=5).status_code < 400


def listens(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True

    return ready


def start_servers(running: Running, ports: Ports, org: Mapping[str, str]) -> None:
    """Start the org, the mailbox, the web server and the workers, and wait."""
    running.start(
        "The emulated org",
        *("-m", "crm_mappings.emulator", "--seed", "--new-ids"),
        *("--port", str(ports.org)),
        # A secret may begin with a dash.
        *("--client-id", org["client_id"], f"--client-secret={org['client_secret']}"),
    )
    running.start(
        "The mailbox",
        *("-m", "config.demo.mailbox"),
        *("--smtp", str(ports.smtp), "--http", str(ports.mail)),
    )
    running.start(
        "The web server",
        *("-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{ports.web}"),
        *("--workers", "1", "--threads", "8", "--no-control-socket"),
    )
    running.wait_for("The emulated org", answers(f"{ports.org_url}/services/data/"))
    running.wait_for("The mailbox", listens(ports.smtp))
    running.wait_for("The web server", answers(f"{ports.base_url}/readyz"))
    running.start("The workers", "manage.py", "workers")


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a management command under the demo's settings; return what it printed."""
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = done.stderr.strip().splitlines() or ["no reason given"]
        raise DemoFailed(f"manage.py {arguments[0]} failed: {why[-1]}")
    return done.stdout


def set_up(running: Running, ports: Ports, org: Mapping[str, str]) -> dict[str, Any]:
    """Migrate, start the servers and put the sample content in place.

    Returns what was made: username, password and api_key.
    """
    manage(running.env, "migrate", "--verbosity", "0")
    start_servers(running, ports, org)
    made: dict[str, Any] = json.loads(
        manage(
            {**running.env, "DEMO_CLIENT_SECRET": org["client_secret"]},
            "demo_content",
            *("--org-url", ports.org_url, "--client-id", org["client_id"]),
        )
    )
    return made


def prepare(folder: Path, ports: Ports, *, database_url: str) -> Running:
    """Return where to start processes, with an empty log in `folder`."""
    log = folder / "demo.log"
    log.write_bytes(b"")
    return Running(env=environment(ports, database_url=database_url), log=log)
