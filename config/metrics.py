"""Owns /metrics: what monitoring reads, in the text format of Prometheus.

Every number is counted when it is asked for, so that it is the same whichever web
process answers. An API key with the scope `metrics:read` opens it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django_q.brokers import get_broker
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

import crm_mappings.metrics
import deployments.metrics
from config.models import Heartbeat


class Numbers(Collector):
    """Counts everything once, at one moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield from crm_mappings.metrics.families(now=self.now)
        yield from deployments.metrics.families(now=self.now)
        yield from _queue()
        yield _workers(self.now)


def _queue() -> Iterator[Metric]:
    try:
        size = get_broker().queue_size()
    except OSError:
        return  # the store of the queue is away; what is missing is noticed
    yield GaugeMetricFamily(
        "tellback_queue_tasks", "Tasks that no worker has taken up.", value=size
    )


def _workers(now: datetime) -> Metric:
    silence = GaugeMetricFamily(
        "tellback_worker_silent_seconds",
        "For how long each group of workers has not been heard of.",
        labels=["group"],
    )
    for row in Heartbeat.objects.order_by("name"):
        silence.add_metric([row.name], (now - row.beaten_at).total_seconds())
    return silence


class OneFormat(DefaultContentNegotiation):
    """Takes whatever a monitor says that it accepts."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        del request, format_suffix
        first = next(iter(renderers))
        return first, str(first.media_type)


class Metrics(APIView):
    required_scopes = {"GET": "metrics:read"}

    content_negotiation_class = OneFormat

    @extend_schema(exclude=True)
    def get(self, _request: Request) -> HttpResponse:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Numbers(timezone.now()))
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
