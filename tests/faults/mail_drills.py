"""Drills of asking: real worker processes, a mail server in this one, and one thing
that goes wrong. Each counts the mails that were attempted, taken, held, lost and taken
twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller

from tests.factories.org import ROOT
from tests.factories.servers import fresh_database
from tests.faults.scene import Drill, Told, migrate

PATIENCE = 300.0


@dataclass
class Server:
    """A mail server that does what a drill tells it."""

    port: int
    answer: Callable[[int], str] = lambda _number: "250 Taken"
    # What happens with the text of a mail in hand, before it is answered.
    meanwhile: Callable[[int], None] = lambda _number: None
    taken: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        self.seen += 1
        number = self.seen
        self.meanwhile(number)
        answer = self.answer(number)
        if answer == "close":
            server.transport.close()
            return "250 Nobody hears this"
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content)
            self.taken[mail["Message-ID"]] += 1
        return answer


@dataclass(slots=True, kw_only=True)
class MailScene:
    """A database, a mail server, and the workers between them."""

    server: Server
    env: dict[str, str]
    rows: int
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, act: str, **values: Any) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.mail_acts", act, json.dumps(values)],
            cwd=ROOT,
            env=self.env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, act: str = "work", **values: Any) -> subprocess.Popen[bytes]:
        made = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mail_acts", act, json.dumps(values)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.workers.append(made)
        return made

    def work(self) -> None:
        self.start().wait(timeout=PATIENCE)

    def rows_in(self, table: str) -> int:
        """Count by a connection of our own: a look must be quick."""
        url = self.env["DATABASE_URL"]
        query = f"SELECT count(*) FROM deployments_{table}"
        if url.startswith("postgres"):
            with psycopg.connect(url) as database:
                found = database.execute(query).fetchone()
        else:
            path = url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=20)) as database:
                found = database.execute(query).fetchone()
        return int(found[0]) if found else 0

    def until(self, look: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if look():
                return
            time.sleep(0.05)
        raise AssertionError("It did not come to that")

    def finish(self, *, struck: int) -> Told:
        """Let everything come to its end, and count."""
        told = self.ask("settle")
        taken, twice = len(self.server.taken), self.server.taken.total()
        return Told(
            attempted=self.rows,
            written=told["sent"],
            held=told["held"],
            lost=self.rows - told["sent"] - told["held"],
            # What is held as perhaps sent may be among those taken: never sent again.
            twice=twice - taken + told["asked_twice"],
            struck=struck,
        )

    def stop(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGKILL)
            worker.wait(timeout=10)


@contextmanager
def mail_scene(
    folder: Path, rows: int, *, up: bool = True, told: bool = True
) -> Iterator[MailScene]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(port)
    with fresh_database(folder) as url:
        env = {
            **os.environ,
            "DATABASE_URL": url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        migrate(folder, env)
        made = MailScene(server=server, env=env, rows=rows)
        made.ask("prepare", rows=rows, told=told)
        controller = listening(server) if up else None
        try:
            yield made
        finally:
            made.stop()
            if controller:
                controller.stop()
            for left in folder.glob("journey.sqlite3*"):
                left.unlink()


def listening(server: Server) -> Controller:
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    return controller


# -- a worker is killed


def told_five_times_at_once(folder: Path, rows: int) -> Told:
    """The same messages by five senders at a time, one of whom dies before the answer."""
    with mail_scene(folder, rows, told=False) as here:
        senders = [here.start("tell", rows=rows) for _number in range(5)]
        time.sleep(0.6)
        senders[0].send_signal(signal.SIGKILL)
        for sender in senders:
            sender.wait(timeout=PATIENCE)
        here.ask("tell", rows=rows)
        return here.finish(struck=1)


def kill_between_storing_and_acknowledging(folder: Path, rows: int) -> Told:
    """The rows are there and nobody was told so: the sender sends it all again."""
    with mail_scene(folder, rows, told=False) as here:
        sender = here.start("tell_and_hang", rows=rows)
        here.until(lambda: here.rows_in("triggerevent") == rows)
        sender.send_signal(signal.SIGKILL)
        here.ask("tell", rows=rows)
        return here.finish(struck=rows)


def kill_between_deciding_and_sending(folder: Path, rows: int) -> Told:
    with mail_scene(folder, rows) as here:
        worker = here.start("decide_and_hang")
        here.until(lambda: here.rows_in("invitation") == rows)
        worker.send_signal(signal.SIGKILL)
        return here.finish(struck=1)


def kill_between_sending_and_recording(folder: Path, rows: int) -> Told:
    """The server holds the text of the mail when its worker dies."""
    with mail_scene(folder, rows) as here:

        def strike(number: int) -> None:
            if number == max(2, rows // 3):
                here.workers[-1].send_signal(signal.SIGKILL)

        here.server.meanwhile = strike
        here.work()
        return here.finish(struck=1)


# -- the mail server does not do as it should


def server_down(folder: Path, rows: int) -> Told:
    with mail_scene(folder, rows, up=False) as here:
        here.work()
        controller = listening(here.server)
        told = here.finish(struck=rows)
        controller.stop()
        return told


def server_slow(folder: Path, rows: int) -> Told:
    with mail_scene(folder, rows) as here:
        here.server.meanwhile = lambda _number: time.sleep(0.2)
        here.work()
        return here.finish(struck=here.server.seen)


def refuses_one_in_ten(folder: Path, rows: int) -> Told:
    """For good, or for now: what is only put off goes out in the end."""

    def answer(number: int) -> str:
        if number % 10 == 0:
            return "550 Not wanted"
        return "451 Not now" if number % 10 == 5 else "250 Taken"

    with mail_scene(folder, rows) as here:
        here.server.answer = answer
        here.work()
        return here.finish(struck=here.server.seen // 5)


def closes_mid_data(folder: Path, rows: int) -> Told:
    with mail_scene(folder, rows) as here:
        here.server.answer = lambda number: "close" if number % 10 == 3 else "250 Taken"
        here.work()
        return here.finish(struck=here.server.seen // 10)


MAIL_DRILLS: dict[str, Drill] = {
    function.__name__: function
    for function in (
        told_five_times_at_once,
        kill_between_storing_and_acknowledging,
        kill_between_deciding_and_sending,
        kill_between_sending_and_recording,
        server_down,
        server_slow,
        refuses_one_in_ten,
        closes_mid_data,
    )
}
