"""Drills of asking: real worker processes, a mail server in this one, and one thing
that goes wrong. Each counts the mails that were attempted, taken, held, lost and taken
twice."""

from __future__ import annotations

import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any, ClassVar

from aiosmtpd.controller import Controller

from tests.faults.stage import PATIENCE, Drill, Stage, Told, migrated


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


@dataclass(kw_only=True)
class MailScene(Stage):
    """A database, a mail server, and the workers between them."""

    acts: ClassVar[str] = "tests.faults.mail_acts"

    server: Server

    def work(self) -> None:
        self.start("work").wait(timeout=PATIENCE)

    def rows_in(self, table: str) -> int:
        return self.count(f"deployments_{table}")

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


@contextmanager
def mail_scene(
    folder: Path, rows: int, *, up: bool = True, told: bool = True
) -> Iterator[MailScene]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(port)
    with migrated(folder, EMAIL_URL=f"smtp://127.0.0.1:{port}") as env:
        made = MailScene(server=server, env=env, rows=rows)
        made.ask("prepare", rows=rows, told=told)
        controller = listening(server) if up else None
        try:
            yield made
        finally:
            made.stop()
            if controller:
                controller.stop()


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
