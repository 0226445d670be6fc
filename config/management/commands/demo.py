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
    environment,
    free_ports,
    manage,
    start_servers,
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
        with tempfile.TemporaryDirectory(prefix="tellback-demo-") as folder:
            running, ports, login, made = self.prepare(free_ports(), Path(folder))
            try:
                self.set_up(running, ports, login, made)
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
        running, ports, login, made = self.prepare(ports, folder)
        try:
            self.set_up(running, ports, login, made)
            self.say(greeting(ports, made))
            while True:
                running.check_alive()
                time.sleep(0.5)
        finally:
            self.say("Stopping …")
            running.stop()

    def prepare(
        self, ports: Ports, folder: Path
    ) -> tuple[Running, Ports, dict[str, str], dict[str, Any]]:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'demo.sqlite3'}"
        login = {
            "client_id": f"demo-{secrets.token_hex(8)}",
            "client_secret": secrets.token_urlsafe(24),
        }
        log = folder / "demo.log"
        log.write_bytes(b"")
        running = Running(env=environment(ports, database_url=url), log=log)
        return running, ports, login, {}

    def set_up(
        self,
        running: Running,
        ports: Ports,
        login: dict[str, str],
        made: dict[str, Any],
    ) -> None:
        """Migrate, start the servers, and put the sample content in place."""
        started = time.monotonic()
        manage(running.env, "migrate", "--verbosity", "0")
        start_servers(running, ports, login)
        made |= json.loads(
            manage(
                {**running.env, "DEMO_CLIENT_SECRET": login["client_secret"]},
                "demo_content",
                *("--org-url", ports.org_url, "--client-id", login["client_id"]),
            )
        )
        self.say(f"{time.monotonic() - started:7.2f} s  Set up and started everything")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


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
