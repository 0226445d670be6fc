"""An emulated org for tests: in the process, or as a server in one of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.org import CLIENT_ID, CLIENT_SECRET, Org
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.emulator.serving import OrgServer
from crm_mappings.emulator.transport import OrgAdapter

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
VERSION = "66.0"


def make_org(**overrides: Any) -> Org:
    """An empty org whose clock stands still until ``org.clock.advance(hours=1)``."""
    return Org(**{"clock": Clock(START), **overrides})


def session_for(org: Org) -> requests.Session:
    """A session that reaches nothing but the org and the public log-in hosts."""
    session = requests.Session()
    session.mount("https://", OrgAdapter(org))
    session.mount("http://", OrgAdapter(org))
    return session


def token_for(org: Org, *, user_id: str | None = None) -> str:
    """An access token as the integration user would hold it."""
    with org.lock:
        return org.logins.open(user_id or org.integration_id, "api id").token


def logged_in(org: Org) -> requests.Session:
    """A session that sends a valid access token."""
    session = session_for(org)
    session.headers["Authorization"] = f"Bearer {token_for(org)}"
    return session


def api(org: Org, path: str = "") -> str:
    """The address of a REST resource of the org."""
    return f"{org.instance_url}/services/data/v{VERSION}/{path.lstrip('/')}"


@dataclass(kw_only=True)
class RunningOrg:
    """An org that is served at an address, and its switches."""

    url: str
    process: subprocess.Popen[str] | None = None  # None: it runs in this one
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET

    def api(self, path: str = "") -> str:
        return f"{self.url}/services/data/v{VERSION}/{path.lstrip('/')}"

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Call a switch under /emulator/; its JSON, or None if it has none."""
        address = f"{self.url}/emulator/{path}"
        answer = requests.request(method, address, json=document, timeout=30)
        if answer.status_code >= 400:
            raise AssertionError(f"{method} {address}: {answer.text}")
        return answer.json() if answer.content else None

    def token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        address = f"{self.url}/services/oauth2/token"
        answer = requests.post(address, data=form, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def insert(self, object_name: str, **values: Any) -> str:
        """A row made by a person in the org; its id."""
        return str(self.control("POST", f"records/{object_name}", values)["Id"])

    def read(self, object_name: str, record_id: str) -> dict[str, Any]:
        return dict(self.control("GET", f"records/{object_name}/{record_id}"))

    def update(self, object_name: str, record_id: str, **values: Any) -> dict[str, Any]:
        path = f"records/{object_name}/{record_id}"
        return dict(self.control("PATCH", path, values))

    def rows(self, object_name: str) -> list[dict[str, Any]]:
        return list(self.control("GET", f"records/{object_name}")["records"])

    def add_rule(self, **rule: Any) -> dict[str, Any]:
        return dict(self.control("POST", "outbound-rules", rule))

    def queue(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "outbound-queue")["notifications"])

    def calls(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "calls")["calls"])

    def faults(self, **switches: Any) -> dict[str, Any]:
        return dict(self.control("POST", "faults", switches))

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_seconds": seconds})


@contextmanager
def running_org(*arguments: str, seed: bool = False) -> Iterator[RunningOrg]:
    """A server of its own process at a free port, ended afterwards."""
    command = [sys.executable, "-m", "crm_mappings.emulator", "--port", "0", *arguments]
    process = subprocess.Popen(
        [*command, "--seed"] if seed else command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield RunningOrg(url=_announced_url(process), process=process)
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


@contextmanager
def org_in_thread(org: Org) -> Iterator[RunningOrg]:
    """The same server, with its background sender, in threads of this process."""
    server = OrgServer(org, "127.0.0.1", 0)
    sender = Sender(org, timeout=5, pause=0.02)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    sender.start()
    try:
        yield RunningOrg(url=server.url)
    finally:
        server.shutdown()
        server.server_close()
        sender.stop()


def _announced_url(process: subprocess.Popen[str]) -> str:
    """The address in the line that the server prints when it is ready."""
    patience = threading.Timer(30, process.kill)
    patience.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        patience.cancel()
    if "http://" not in line:
        raise AssertionError(f"the emulated org did not start: {line!r}")
    return line.rpartition(" ")[2].strip()
