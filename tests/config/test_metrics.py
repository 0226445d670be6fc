"""What monitoring reads at /metrics."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.models import Heartbeat
from crm_mappings.connections import health
from crm_mappings.models import Connection, WriteBack
from deployments.models import TriggerEvent
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import (
    completed,
    connected,
    deliver,
    make_mapping,
    record_step,
    served,
)
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(settings):
    with served() as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield connected(org, key="production")


@pytest.fixture
def read(client):
    """Read all numbers, by name and labels."""
    key = bearer(make_api_key("metrics:read"))

    def numbers():
        answer = client.get("/metrics", headers=key)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (one.name, *one.labels.values()): one.value
            for family in families
            for one in family.samples
        }

    return numbers


def test_without_a_key_there_is_nothing_to_read(client):
    assert client.get("/metrics").status_code == 401
    key = bearer(make_api_key("surveys:read"))
    assert client.get("/metrics", headers=key).status_code == 403


def test_a_monitor_may_accept_what_it_likes(client):
    key = bearer(make_api_key("metrics:read"))
    asked = {**key, "Accept": "application/openmetrics-text;version=1.0.0"}

    assert client.get("/metrics", headers=asked).status_code == 200


def test_the_backlog_and_its_oldest_are_told(connection, read):
    make_mapping(connection, version := publish_survey(), record_step())
    for _ in range(3):
        completed(version)
    WriteBack.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    held = WriteBack.objects.first()
    held.state, held.error_class = "held", "data"
    held.save(update_fields=["state", "error_class"])

    told = read()

    assert told["tellback_write_backs_open", "live", "waiting"] == 2
    assert told["tellback_write_backs_open", "backfill", "waiting"] == 0
    assert 590 < told["tellback_write_back_oldest_seconds", "live"] < 700
    assert told["tellback_write_back_oldest_seconds", "backfill"] == 0
    assert told["tellback_write_backs_held", "data"] == 1


def test_throughput_and_its_cost_are_told(
    connection, read, django_capture_on_commit_callbacks
):
    make_mapping(connection, version := publish_survey(), record_step())
    for _ in range(20):
        completed(version)
    Connection.objects.update(calls_made=0)
    with django_capture_on_commit_callbacks(execute=True):
        deliver()

    told = read()

    name = "tellback_salesforce_"
    assert told[f"{name}records_written_total", "production"] == 20
    calls = told[f"{name}calls_total", "production"]
    assert 0 < calls < 20
    assert told[f"{name}calls_per_1000_records", "production"] == 50 * calls
    assert told[f"{name}up", "production"] == 1
    assert told[f"{name}org_calls_allowed", "production"] == 15_000


def test_errors_are_told_by_kind_for_a_day(connection, read):
    now = timezone.now()
    health.note(connection=connection, kinds={"lock": 2}, now=now)
    health.note(connection=connection, kinds={"lock": 9}, now=now - timedelta(days=2))

    assert read()["tellback_salesforce_errors_24h", "production", "lock"] == 2


def test_events_mails_the_queue_and_the_workers_are_told(read):
    now = timezone.now()
    Heartbeat.objects.create(name="host:1", beaten_at=now - timedelta(seconds=30))
    TriggerEvent.objects.create(
        source="salesforce:x",
        event_id="1",
        object="Case",
        record_id="500000000000001AAA",
        received_at=now - timedelta(minutes=1),
        due_at=now,
    )

    told = read()

    assert told["tellback_trigger_events_waiting",] == 1
    assert 50 < told["tellback_trigger_event_oldest_seconds",] < 120
    assert told["tellback_invitations_to_send",] == 0
    assert told["tellback_invitation_overdue_seconds",] == 0
    assert told["tellback_queue_tasks",] == 0
    assert 25 < told["tellback_worker_silent_seconds", "host:1"] < 120


def test_every_number_is_in_the_documentation(connection, read):
    Heartbeat.objects.create(name="host:1", beaten_at=timezone.now())
    told = Path("docs/monitoring.md").read_text()

    for name, *_labels in read():
        short = name.removeprefix("tellback_salesforce_org_calls")
        assert f"`{name}" in told or f"`…{short}" in told, name
