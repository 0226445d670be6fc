"""The addresses that are not asked any more."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.fields import AddressField
from deployments.api.pages import NewestFirst
from deployments.models import Suppression
from deployments.suppression import suppress
from surveys.bodies import Body


class SuppressionSerializer(serializers.ModelSerializer[Suppression]):
    since = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Suppression
        fields = ["email", "reason", "since"]
        read_only_fields = fields


class OptOutSerializer(Body):
    email = AddressField(max_length=254)
    reason = serializers.ChoiceField(
        choices=["opted_out", "bounced", "complained", "added"], default="opted_out"
    )
    note = serializers.CharField(max_length=200, required=False, default="")


class Oldest(NewestFirst):
    ordering = "pk"


class UnsubscribedAddresses(ListAPIView[Suppression]):
    required_scopes = {"GET": "responses:read", "POST": "links:write"}
    serializer_class = SuppressionSerializer
    pagination_class = Oldest
    queryset = Suppression.objects.each_address()

    @extend_schema(operation_id="getUnsubscribedAddresses")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="addUnsubscribedAddress",
        summary="Ask an address never again",
        description=(
            "An address that is there already stays as it was, unless the person "
            "only now opts out or complains."
        ),
        request=OptOutSerializer,
        responses={201: SuppressionSerializer},
    )
    def post(self, request: Request) -> Response:
        told = OptOutSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        row = suppress(**told.validated_data, now=timezone.now())
        answer = SuppressionSerializer(row).data
        return Response(answer, status=status.HTTP_201_CREATED)
