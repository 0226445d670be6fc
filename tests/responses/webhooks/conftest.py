"""A webhook to a server of the test, and one round of the worker."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from responses.webhooks import delivering
from responses.webhooks.models import Webhook
from tests.factories.wire import json_answer, scripted_server

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def receiver(settings):
    with scripted_server(json_answer({})) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        yield server


@pytest.fixture
def make_hook(db, receiver) -> Callable[..., Webhook]:
    def make(*events: str, **fields: object) -> Webhook:
        number = Webhook.objects.count() + 1
        values = {"key": f"hook-{number}", "name": f"Hook {number}"}
        values |= {"url": f"{receiver.origin}/hook", **fields}
        return Webhook.objects.create(
            events=list(events or ["response.completed"]), **values
        )

    return make


@pytest.fixture
def work() -> Callable[..., int]:
    def work(now: datetime = NOW) -> int:
        rng = random.Random(1)
        # In this thread's own time: SQLite of the tests has one writer.
        return delivering.deliver_due(clock=lambda: now, rng=rng)

    return work
