"""`manage.py demo`: the whole loop on this machine, with nothing to install.

Without options it runs until Ctrl-C and prints the addresses and a log-in. With
`--once` it goes through the loop by itself and ends in one line of JSON.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.loop import Loop
from config.demo.processes import (
    DemoFailed,
    Ports,
    Running,
    check_ports,
    free_ports,
    prepare,
    set_up,
)


class Interrupted(Exception):
    """Somebody wants the demo to end."""


def interrupt(*_args: object) -> None:
    raise Interrupted


class Command(BaseCommand):
    help = "Runs the whole loop here: org, mailbox, web server and workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="go through the loop once, leave no server behind, print JSON",
        )
        for name, port in (("web", 8000), ("org", 8090), ("smtp", 8025)):
            parser.add_argument(f"--{name}-port", type=int, default=port)
        parser.add_argument("--mail-port", type=int, default=8026)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, interrupt)
        signal.signal(signal.SIGINT, interrupt)
        try:
            if options["once"]:
                self.once()
            else:
                self.stay(chosen_ports(options))
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        except Interrupted:
            self.stdout.write("Stopped.")

    def once(self) -> None:
        started = time.monotonic()
        ports, login = free_ports(), new_login()
        with tempfile.TemporaryDirectory(prefix="tellback-demo-") as folder:
            running = prepared(Path(folder), ports)
            try:
                self.set_up(running, ports, login)
                case = Loop(ports=ports, org_login=login, say=self.say).run()
            except (DemoFailed, OSError) as error:
                self.say(running.log.read_text(errors="replace")[-4000:])
                self.say(json.dumps({"ok": False, "error": str(error)}))
                raise DemoFailed(str(error)) from error
            finally:
                running.stop()
        case.pop("attributes", None)
        seconds = round(time.monotonic() - started, 2)
        result = {"ok": True, "case": case, "seconds": seconds}
        self.say(json.dumps(result, ensure_ascii=False))

    def stay(self, ports: Ports) -> None:
        check_ports(ports)
        folder = settings.ROOT / "var"
        folder.mkdir(exist_ok=True)
        running = prepared(folder, ports)
        try:
            made = self.set_up(running, ports, new_login())
            self.say(greeting(ports, made))
            while True:
                running.check_alive()
                time.sleep(0.5)
        finally:
            self.say("Stopping …")
            running.stop()

    def set_up(
        self, running: Running, ports: Ports, login: dict[str, str]
    ) -> dict[str, Any]:
        started = time.monotonic()
        made = set_up(running, ports, login)
        self.say(f"{time.monotonic() - started:7.2f} s  Set up and started everything")
        return made

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def prepared(folder: Path, ports: Ports) -> Running:
    """The database that DATABASE_URL names, or a file in `folder`."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'demo.sqlite3'}"
    return prepare(folder, ports, database_url=url)


def new_login() -> dict[str, str]:
    """What Tellback logs in to the org with, made for this start."""
    return {
        "client_id": f"demo-{secrets.token_hex(8)}",
        "client_secret": secrets.token_urlsafe(24),
    }


def chosen_ports(options: dict[str, Any]) -> Ports:
    names = ("web", "org", "smtp", "mail")
    return Ports(**{name: options[f"{name}_port"] for name in names})


def greeting(ports: Ports, made: dict[str, Any]) -> str:
    return f"""
Tellback is running.

  Admin        {ports.base_url}/admin/      user {made["username"]}, password {made["password"]}
  The org      {ports.org_url}/            an emulated Salesforce: close a case here
  Mailbox      {ports.mail_url}/            the mail that Tellback sent
  API          {ports.base_url}/api/v1/docs/   key {made["api_key"]}

Close the case of Ada Lovelace in the org, open her invitation in the mailbox,
answer it, and look at the case again. Ctrl-C stops everything.
"""
