"""Connections over REST: which there are, and whether they work. No secrets."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import connections
from crm_mappings.api.pages import ByKey
from crm_mappings.models import Connection

SCOPE = "mappings:write"


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    class Meta:
        model = Connection
        fields = (
            *("key", "name", "login", "login_url", "client_id", "status", "problem"),
            *("instance_url", "org_id", "org_name", "is_sandbox", "username"),
            *("checked_at", "calls_used", "calls_allowed"),
        )
        read_only_fields = fields


class CheckSerializer(serializers.Serializer[Any]):
    group = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=["pass", "fail", "not_needed"])
    passed = serializers.BooleanField()
    detail = serializers.CharField()
    todo = serializers.CharField(allow_blank=True)
    who = serializers.CharField(allow_blank=True)


class ChecksSerializer(serializers.Serializer[Any]):
    passed = serializers.BooleanField()
    checks = CheckSerializer(many=True)


class ConnectionList(ListAPIView[Connection]):
    required_scopes = {"GET": SCOPE}
    serializer_class = ConnectionSerializer
    pagination_class = ByKey
    queryset = Connection.objects.all()

    @extend_schema(operation_id="listConnections", summary="List connections")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ConnectionCheck(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="checkConnection",
        summary="Test each thing that the connection needs",
        request=None,
        responses=ChecksSerializer,
    )
    def post(self, _request: Request, key: str) -> Response:
        connection = get_object_or_404(Connection, key=key)
        results = connections.check(connection=connection, now=timezone.now())
        passed = all(result.passed for result in results)
        body = {"passed": passed, "checks": CheckSerializer(results, many=True).data}
        return Response(body)
