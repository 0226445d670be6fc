"""Invitations made and mailed to a local SMTP sink that takes everything, beside the
same mails handed over by smtplib alone, in the same run; what it holds in memory, and
how soon an event is a mail while the workers have nothing else to do.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.demo.processes import free_ports
from tests.bench._scene import Scene, scene

BATCH = 200
EVENTS = 20
WORKERS = 2


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    port = free_ports().smtp
    own = {
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "DEFAULT_FROM_EMAIL": "Tellback <tellback@example.com>",
        "WORKERS": f"{WORKERS}",
    }
    count = 1_000 if quick else 100_000
    with scene(folder, **own) as ours, _sink(port):
        told = ours.ask("invitations", "make", f"{count}")
        mailed = _together(ours, "mail")
        bare = _together(ours, "floor", f"{min(count, 2_000)}")
        told |= ours.ask("invitations", "count", f"{count}")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with ours.running("manage.py", "workers", **quiet):
            told |= ours.ask("invitations", "idle")
    product, floor = _rate(mailed), _rate(bare)
    return {
        "product": round(product),
        "floor": round(floor),
        "ratio": round(product / floor, 2),
        "unit": f"mails/s by {WORKERS} workers; floor: the same mails by smtplib, too",
        "memory_mb_at_the_start": max(one["memory_at_the_start"] for one in mailed),
        "memory_mb_at_the_end": max(one["memory_at_the_end"] for one in mailed),
        **told,
    }


def _together(ours: Scene, *words: str) -> list[dict[str, Any]]:
    """Let as many processes as there are workers do the same at the same time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        runs = [pool.submit(ours.ask, "invitations", *words) for _ in range(WORKERS)]
        return [one.result() for one in runs]


def _rate(runs: list[dict[str, Any]]) -> float:
    took = max(one["ended"] for one in runs) - min(one["began"] for one in runs)
    return float(sum(one["mails"] for one in runs) / took)


@contextmanager
def _sink(port: int) -> Any:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"),
            *("-c", "aiosmtpd.handlers.Sink"),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as link:
                if link.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def make(count: int) -> dict[str, Any]:
    from django.db import connection as database
    from django.utils import timezone

    from deployments.invitations import invite_many
    from deployments.models import Deployment
    from deployments.rules import Invitee
    from tests.factories.deployments import make_deployment
    from tests.factories.surveys import publish_survey

    deployment = make_deployment(
        publish_survey().survey, channel=Deployment.Channel.MAILING
    )
    started = time.perf_counter()
    for start in range(0, count, BATCH):
        people = [
            Invitee(
                email=f"p{number}@example.com",
                event_key="bench",
                record_key=f"{number}",
            )
            for number in range(start, min(start + BATCH, count))
        ]
        invite_many(
            deployment=deployment,
            invitees=people,
            now=timezone.now(),
            send=True,
            wake=False,
        )
    took = time.perf_counter() - started
    return {
        "invitations": count,
        "made_per_second": round(count / took),
        "database": database.vendor,
    }


def mail() -> dict[str, Any]:
    """Mail until nothing waits any more, as a worker does."""
    from django.utils import timezone

    from deployments.invitations import send_waiting
    from deployments.models import Invitation

    waiting = Invitation.objects.filter(mail=Invitation.Mail.WAITING)
    memory = []
    began, sent = time.time(), 0
    while not memory or waiting.exists():
        sent += send_waiting(now=timezone.now() + timedelta(seconds=1))
        memory.append(_memory_mb())
    return {
        "mails": sent,
        "began": began,
        "ended": time.time(),
        "memory_at_the_start": memory[0],
        "memory_at_the_end": memory[-1],
    }


def floor(count: int) -> dict[str, Any]:
    """Hand over mails that are built already, by one connection."""
    import smtplib
    from urllib.parse import urlsplit

    from deployments import emails
    from deployments.models import Invitation

    rows = Invitation.objects.select_related("deployment__survey__live_version")
    built = [emails.build(row).message().as_bytes(linesep="\r\n") for row in rows[:100]]
    address = urlsplit(os.environ["EMAIL_URL"])
    link = smtplib.SMTP(address.hostname or "", address.port or 25)
    began = time.time()
    for number in range(count):
        body = built[number % len(built)]
        link.sendmail("tellback@example.com", [f"p{number}@example.com"], body)
    ended = time.time()
    link.quit()
    return {"mails": count, "began": began, "ended": ended}


def left(count: int) -> dict[str, Any]:
    from deployments.models import Invitation

    sent = Invitation.objects.filter(mail=Invitation.Mail.SENT).count()
    assert sent == count, sent
    return {"lost": count - sent}


def _memory_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def idle() -> dict[str, Any]:
    """Tell of one event after another; return how long each took to be a mail."""
    from django.utils import timezone

    from deployments.models import Deployment, Invitation
    from deployments.rules import Event
    from deployments.triggers import receive
    from tests.factories.deployments import make_deployment, make_trigger

    survey = Deployment.objects.get().survey
    make_trigger(
        make_deployment(survey, key="idle"),
        source="api:crm",
        object="Order",
        email_field="email",
        name_field="",
    )
    time.sleep(10)  # until the workers are up
    waits = []
    for number in range(EVENTS):
        told = Event(
            source="api:crm",
            event_id=f"{number}",
            object="Order",
            record_id=f"{number}",
            fields={"email": f"idle{number}@example.com"},
        )
        before = time.perf_counter()
        receive(events=[told], now=timezone.now())
        mine = Invitation.objects.filter(email=f"idle{number}@example.com")
        while not mine.filter(mail="sent").exists():
            assert time.perf_counter() - before < 120, "no mail came"
            time.sleep(0.02)
        waits.append(time.perf_counter() - before)
        time.sleep(0.3)
    waits.sort()
    return {
        "event_to_mail_p50_s": round(waits[len(waits) // 2], 2),
        "event_to_mail_p95_s": round(waits[int(len(waits) * 0.95) - 1], 2),
    }


if __name__ == "__main__":
    import django

    django.setup()
    act, *numbers = sys.argv[1:]
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        "make": make,
        "mail": mail,
        "floor": floor,
        "count": left,
        "idle": idle,
    }
    print(json.dumps(acts[act](*map(int, numbers))))
