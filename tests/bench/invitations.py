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
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.demo.processes import free_ports
from tests.bench._scene import scene

BATCH = 200
EVENTS = 20


def run(folder: Path, *, quick: bool) -> dict[str, Any]:
    port = free_ports().smtp
    own = {
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "DEFAULT_FROM_EMAIL": "Tellback <tellback@example.com>",
        "WORKERS": "2",
    }
    with scene(folder, **own) as ours, _sink(port):
        told = ours.ask("invitations", "measure", "1000" if quick else "100000")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with ours.running("manage.py", "workers", **quiet):
            told |= ours.ask("invitations", "idle")
    return dict(told)


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


def measure(count: int) -> dict[str, Any]:
    from django.db import connection as database
    from django.utils import timezone

    from deployments.invitations import invite_many, send_waiting
    from deployments.models import Deployment, Invitation
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
    made = count / (time.perf_counter() - started)
    memory = []
    started = time.perf_counter()
    sent = 0
    while some := send_waiting(now=timezone.now() + timedelta(seconds=1)):
        sent += some
        memory.append(_memory_mb())
    rate = sent / (time.perf_counter() - started)
    left = Invitation.objects.exclude(mail=Invitation.Mail.SENT).count()
    assert (sent, left) == (count, 0), (sent, left)
    floor = _floor(min(count, 2_000))
    return {
        "product": round(rate),
        "floor": round(floor),
        "ratio": round(rate / floor, 2),
        "unit": "mails/s by one worker; floor: the same mails by smtplib",
        "invitations": count,
        "made_per_second": round(made),
        "memory_mb_after_a_tenth": memory[len(memory) // 10],
        "memory_mb_at_the_end": memory[-1],
        "lost": left,
        "database": database.vendor,
    }


def _floor(count: int) -> float:
    """Hand over mails that are built already, by one connection."""
    import smtplib
    from urllib.parse import urlsplit

    from deployments import emails
    from deployments.models import Invitation

    rows = Invitation.objects.select_related("deployment__survey__live_version")
    built = [emails.build(row).message().as_bytes(linesep="\r\n") for row in rows[:100]]
    address = urlsplit(os.environ["EMAIL_URL"])
    link = smtplib.SMTP(address.hostname or "", address.port or 25)
    started = time.perf_counter()
    for number in range(count):
        body = built[number % len(built)]
        link.sendmail("tellback@example.com", [f"p{number}@example.com"], body)
    took = time.perf_counter() - started
    link.quit()
    return count / took


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
    told = measure(int(sys.argv[2])) if sys.argv[1] == "measure" else idle()
    print(json.dumps(told))
