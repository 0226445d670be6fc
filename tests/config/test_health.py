"""/healthz and /readyz."""

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config.models import Heartbeat


def test_healthz_needs_nothing(client):
    assert client.get("/healthz").text == "ok"


@pytest.mark.django_db
def test_readyz_says_that_the_workers_are_silent(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["workers"] == "silent"


@pytest.mark.django_db
def test_readyz_says_that_the_workers_are_alive(client):
    Heartbeat.objects.create(name="group", beaten_at=timezone.now())

    assert client.get("/readyz").json()["workers"] == "alive"


@pytest.mark.django_db
def test_readyz_is_503_while_a_migration_is_missing(client):
    MigrationRecorder.Migration.objects.filter(app="surveys").delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] is False
