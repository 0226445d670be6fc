"""How many were asked by a deployment, and how far they came."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.models import Deployment
from deployments.statistics import Statistics, statistics
from surveys.sharing import seen


class StatisticsSerializer(serializers.Serializer[Any]):
    deployment = serializers.CharField()
    invited = serializers.IntegerField()
    waiting = serializers.IntegerField()
    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    perhaps_sent = serializers.IntegerField()
    opened = serializers.IntegerField()
    started = serializers.IntegerField()
    completed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    expired = serializers.IntegerField()


class SendStatistics(APIView):
    required_scopes = {"GET": "responses:read"}

    @extend_schema(
        operation_id="getSendStatistics",
        responses=StatisticsSerializer,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(asdict(of(key)))


def of(key: str) -> Statistics:
    rows = seen(Deployment.objects.filter(key=key), "survey")
    deployment = None if "\x00" in key else rows.first()
    if deployment is None:
        raise NotFound
    return statistics(deployment)
