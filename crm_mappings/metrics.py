"""Owns what monitoring is told of write-backs and connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Sum
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from crm_mappings.models import Connection, Trouble, WriteBack

State = WriteBack.State
OPEN = (State.WAITING, State.SENDING)
DAY = timedelta(days=1)


def families(*, now: datetime) -> Iterator[Metric]:
    yield from _backlog(now)
    yield _held()
    yield from _connections()
    yield _errors(now)


def _backlog(now: datetime) -> Iterator[Metric]:
    size = GaugeMetricFamily(
        "tellback_write_backs_open",
        "Responses that are not in Salesforce yet, by kind and state.",
        labels=["kind", "state"],
    )
    age = GaugeMetricFamily(
        "tellback_write_back_oldest_seconds",
        "Age of the oldest response that waits; 0: none waits.",
        labels=["kind"],
    )
    rows = WriteBack.objects.filter(state__in=OPEN).values("priority", "state")
    found = {
        (row["priority"], row["state"]): row
        for row in rows.annotate(count=Count("pk"), oldest=Min("created_at"))
    }
    for priority in WriteBack.Priority:
        kind = priority.name.lower()
        oldest = now
        for state in OPEN:
            row = found.get((priority.value, state.value))
            size.add_metric([kind, state.value], row["count"] if row else 0)
            oldest = min(oldest, row["oldest"]) if row else oldest
        age.add_metric([kind], (now - oldest).total_seconds())
    yield from (size, age)


def _held() -> Metric:
    held = GaugeMetricFamily(
        "tellback_write_backs_held",
        "Responses that a person must see to, by kind of error.",
        labels=["error"],
    )
    rows = WriteBack.objects.filter(state=State.HELD).values("error_class")
    for row in rows.annotate(count=Count("pk")).order_by("error_class"):
        held.add_metric([row["error_class"]], row["count"])
    return held


def _connections() -> Iterator[Metric]:
    up = _gauge("up", "1: the connection works; 0: it is paused or not logged in.")
    used = _gauge("org_calls_used", "API calls of the whole organisation, 24 hours.")
    allowed = _gauge("org_calls_allowed", "API calls that the organisation may make.")
    calls = _counter("calls", "API calls that Tellback has made.")
    written = _counter("records_written", "Records that Tellback has written.")
    per_thousand = _gauge(
        "calls_per_1000_records", "API calls for 1,000 written records, ever."
    )
    for row in Connection.objects.order_by("key"):
        label = [row.key]
        up.add_metric(label, row.status == Connection.Status.CONNECTED)
        calls.add_metric(label, row.calls_made)
        written.add_metric(label, row.records_written)
        if row.calls_used is not None and row.calls_allowed is not None:
            used.add_metric(label, row.calls_used)
            allowed.add_metric(label, row.calls_allowed)
        if row.records_written:
            cost = 1000 * row.calls_made / row.records_written
            per_thousand.add_metric(label, cost)
    yield from (up, used, allowed, calls, written, per_thousand)


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tellback_salesforce_{name}", text, labels=["connection"])


def _counter(name: str, text: str) -> CounterMetricFamily:
    full = f"tellback_salesforce_{name}"
    return CounterMetricFamily(full, text, labels=["connection"])


def _errors(now: datetime) -> Metric:
    errors = GaugeMetricFamily(
        "tellback_salesforce_errors_24h",
        "Errors of the last 24 hours, by connection and kind.",
        labels=["connection", "error"],
    )
    rows = Trouble.objects.filter(hour__gte=now - DAY).values("connection__key", "kind")
    for row in rows.annotate(sum=Sum("count")).order_by("connection__key", "kind"):
        errors.add_metric([row["connection__key"], row["kind"]], row["sum"])
    return errors
