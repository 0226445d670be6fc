"""The addresses that are not asked any more."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.pages import NewestFirst
from deployments.models import Suppression


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    since = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Suppression
        fields = ["email", "reason", "since"]
        read_only_fields = fields


class Oldest(NewestFirst):
    ordering = "id"


class UnsubscribedAddresses(ListAPIView[Suppression]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = SuppressionSerializer
    pagination_class = Oldest
    queryset = Suppression.objects.all()

    @extend_schema(
        operation_id="getUnsubscribedAddresses",
        summary="List the addresses that are not asked any more, oldest first",
        parameters=[
            OpenApiParameter("cursor", str, description="From `next` of a page."),
            OpenApiParameter("limit", int, description="1 to 1,000; 100 when unsaid."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
