"""What a drill of asking does inside a process with Django set up."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402

from deployments import tasks  # noqa: E402
from deployments.models import Invitation, TriggerEvent  # noqa: E402
from deployments.rules import Event  # noqa: E402
from deployments.triggers import receive  # noqa: E402
from tests.factories.deployments import make_deployment, make_trigger  # noqa: E402
from tests.factories.surveys import publish_survey  # noqa: E402

Mail = Invitation.Mail
HELD = (Mail.FAILED, Mail.UNKNOWN)


def prepare(*, rows: int, told: bool) -> int:
    deployment = make_deployment(publish_survey().survey, key="drill")
    make_trigger(
        deployment,
        source="api:crm",
        object="Order",
        email_field="email",
        name_field="",
        records={},
    )
    return tell(rows=rows) if told else 0


def tell(*, rows: int) -> int:
    events = [
        Event(
            source="api:crm",
            event_id=f"{number}",
            object="Order",
            record_id=f"order-{number}",
            fields={"email": f"p{number}@example.com"},
        )
        for number in range(rows)
    ]
    return receive(events=events, now=timezone.now()).stored


def tell_and_hang(*, rows: int) -> int:
    """Store, and be killed before the sender hears of it."""
    stored = tell(rows=rows)
    time.sleep(600)
    return stored


def decide_and_hang() -> bool:
    while TriggerEvent.objects.filter(state="waiting").exists():
        tasks.decide_events()
    time.sleep(600)
    return True


def work() -> bool:
    """Be a worker: what the queue would call, until nothing is due."""
    for _turn in range(200):
        before = _waiting()
        tasks.decide_events()
        tasks.send_invitations()
        if _waiting() == before:
            return True
    return False


def _waiting() -> tuple[int, int]:
    now = timezone.now()
    due = Invitation.objects.filter(mail=Mail.WAITING, mail_due_at__lte=now)
    return TriggerEvent.objects.filter(state="waiting").count(), due.count()


def hurry() -> bool:
    """Let leases and pauses end."""
    now = timezone.now()
    TriggerEvent.objects.filter(state="waiting").update(due_at=now)
    open_ = Invitation.objects.filter(mail__in=[Mail.WAITING, Mail.SENDING])
    open_.update(mail_due_at=now)
    return True


def settle() -> dict[str, int]:
    """Bring everything to its end, and count."""
    for _turn in range(4):
        hurry()
        work()
    return count()


def count() -> dict[str, int]:
    by_record = Invitation.objects.values("record_key").annotate(times=Count("pk"))
    return {
        "events": TriggerEvent.objects.count(),
        "invited": Invitation.objects.count(),
        "sent": Invitation.objects.filter(mail=Mail.SENT).count(),
        "held": Invitation.objects.filter(mail__in=HELD).exclude(mail_error="").count(),
        "asked_twice": by_record.filter(times__gt=1).count(),
    }


ACTS: dict[str, Callable[..., Any]] = {
    act.__name__: act
    for act in (prepare, tell, tell_and_hang, decide_and_hang, work, settle)
}

if __name__ == "__main__":
    print(json.dumps(ACTS[sys.argv[1]](**json.loads(sys.argv[2]))))
