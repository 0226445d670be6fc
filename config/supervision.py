"""Owns the workers' life: django-q2 in a process group of its own, watched.

django-q2 stalls without a word when an idle worker is killed, and leaves orphans
when one of its own processes dies. So its whole group is killed and started again
whenever one of its processes dies, when it exits, or when it no longer does the
small task that it is asked to do every few seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

from django.conf import settings
from django.db import Error, close_old_connections
from django_q.brokers import get_broker

from config.models import Heartbeat
from config.parent_death import die_with_parent, end_with_parent
from config.tasks import GROUP_NAME
from deployments.doorbell import ring

log = logging.getLogger(__name__)

TICK = 0.5
BEAT_EVERY = 10.0
SWEEP_EVERY = 60.0
SILENT_AFTER = 180.0
# A stop waits for the tasks at hand: their time limit and a little more.
GRACE = settings.TASK_TIMEOUT + 10.0
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0
FULL_QUEUE = 200


class DeathWatch(logging.Handler):
    """Kills the whole group when django-q2 reports that a process of it died."""

    def emit(self, record: logging.LogRecord) -> None:
        if "death" in record.getMessage():
            os.killpg(os.getpgrp(), signal.SIGKILL)


def watch_from_inside() -> None:
    """Set up a supervised worker process; called when Django is ready."""
    from django_q.signals import post_spawn

    logging.getLogger("django-q").addHandler(DeathWatch(level=logging.CRITICAL))
    post_spawn.connect(lambda **_kwargs: die_with_parent(), weak=False)


class Supervisor:
    """Runs one group of workers until it is told to stop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.clock = clock
        self.stopping = False
        self.child: subprocess.Popen[bytes] | None = None
        self.last_beat_seen: object = None

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        pause = 1.0
        while not self.stopping:
            started = self.clock()
            self.start()
            reason = self.watch()
            self.end_group()
            if reason:
                healthy = self.clock() - started > HEALTHY_AFTER
                pause = 1.0 if healthy else min(pause * 2, LONGEST_PAUSE)
                log.error("The workers %s; again in %.0f s.", reason, pause)
                self.sleep(pause)
        self.forget()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self) -> None:
        environment = {**os.environ, GROUP_NAME: self.name}
        # Our own code as a child process: no shell, fixed arguments.
        self.child = subprocess.Popen(  # noqa: S603
            [sys.executable, str(settings.ROOT / "manage.py"), "qcluster"],
            env=environment,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - one prctl call
        )
        log.info("Workers started (process group %s).", self.child.pid)

    def watch(self) -> str:
        """Ring and listen until the group must stop; return why it failed, or ""."""
        assert self.child is not None  # noqa: S101 - start() ran
        beat_at = sweep_at = heard_at = self.clock()
        self.last_beat_seen = self.last_beat()
        while not self.stopping:
            if self.child.poll() is not None:
                return f"ended with exit code {self.child.returncode}"
            now = self.clock()
            if now >= sweep_at:
                self.ring_all(settings.SWEEP_TASKS)
                sweep_at = now + SWEEP_EVERY
            if now >= beat_at:
                self.ring_all(["config.tasks.beat"])
                beat_at = now + BEAT_EVERY
                seen = self.last_beat()
                if seen != self.last_beat_seen:
                    self.last_beat_seen, heard_at = seen, now
            if now - heard_at > SILENT_AFTER:
                return f"did nothing for {SILENT_AFTER:.0f} s"
            time.sleep(TICK)
        return ""

    def ring_all(self, tasks: list[str]) -> None:
        try:
            close_old_connections()
            if get_broker().queue_size() < FULL_QUEUE:
                for task in tasks:
                    ring(task)
        except Exception as error:  # noqa: BLE001 - each broker has errors of its own
            log.warning("Cannot reach the queue: %s", error)

    def last_beat(self) -> object:
        try:
            beat = Heartbeat.objects.filter(name=self.name).first()
        except Error:
            return self.last_beat_seen
        return beat and beat.beaten_at

    def end_group(self) -> None:
        """Ask the group to finish, then kill whatever is left of it."""
        assert self.child is not None  # noqa: S101 - start() ran
        if self.child.poll() is None and self.stopping:
            self.child.terminate()
            try:
                self.child.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                log.warning("The workers did not finish in %.0f s.", GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def sleep(self, seconds: float) -> None:
        until = self.clock() + seconds
        while not self.stopping and self.clock() < until:
            time.sleep(TICK)

    def forget(self) -> None:
        try:
            Heartbeat.objects.filter(name=self.name).delete()
        except Error:
            log.warning("The last beat stays in the database.")
