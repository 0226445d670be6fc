"""Invitations, to read: who was asked about what, and how far they came."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from deployments.addresses import normal_address
from deployments.api.pages import NewestFirst
from deployments.models import Invitation


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """Never the token: whoever holds it can answer."""

    id = serializers.UUIDField(source="public_id")
    deployment = serializers.CharField(source="deployment.key")

    class Meta:
        model = Invitation
        fields = [
            "id",
            "deployment",
            "email",
            "name",
            "language",
            "records",
            "variables",
            "event_key",
            "mail",
            "mail_error",
            "message_id",
            "created_at",
            "expires_at",
            "sent_at",
            "opened_at",
            "started_at",
            "completed_at",
            "cancelled_at",
            "expired_at",
        ]
        read_only_fields = fields


@extend_schema(
    operation_id="invitations_list",
    parameters=[
        OpenApiParameter("deployment", str, description="The key of a deployment."),
        OpenApiParameter("email", str, description="One address, in any case."),
    ],
)
class Invitations(ListAPIView[Invitation]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = InvitationSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Invitation]:
        rows = Invitation.objects.select_related("deployment").defer("token")
        wanted: dict[str, Any] = {}
        if key := self.request.query_params.get("deployment"):
            wanted["deployment__key"] = key
        if email := self.request.query_params.get("email"):
            wanted["email"] = normal_address(email)
        # No database takes U+0000, and no key or address holds it.
        if any("\x00" in value for value in wanted.values()):
            return rows.none()
        return rows.filter(**wanted)
