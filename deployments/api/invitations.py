"""Invitations: who was asked about what, how far they came; and asking by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.addresses import normal_address
from deployments.api.links import LinkSerializer, ask_one
from deployments.api.pages import NewestFirst
from deployments.invitations import NoReminder, remind
from deployments.models import Invitation
from surveys.sharing import seen


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
            "segment",
            "records",
            "variables",
            "event_key",
            "mail",
            "mail_error",
            "message_id",
            "created_at",
            "expires_at",
            "sent_at",
            "delivered_at",
            "read_at",
            "bounced_at",
            "opened_at",
            "started_at",
            "completed_at",
            "opted_out_at",
            "cancelled_at",
            "expired_at",
        ]
        read_only_fields = fields


class InvitationRequest(LinkSerializer):
    deployment = serializers.CharField(
        max_length=50, help_text=_("The key of a live deployment.")
    )


class InvitationSentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    created = serializers.BooleanField(
        help_text=_("False: this person was invited for this event before.")
    )
    mail = serializers.ChoiceField(choices=Invitation.Mail.choices)


class ReminderRefused(APIException):
    """This invitation is not mailed again."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "reminder-refused"


class Invitations(ListAPIView[Invitation]):
    required_scopes = {"GET": "responses:read", "POST": "links:write"}
    serializer_class = InvitationSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Invitation]:
        found = rows()
        wanted: dict[str, Any] = {}
        if key := self.request.query_params.get("deployment"):
            wanted["deployment__key"] = key
        if email := self.request.query_params.get("email"):
            wanted["email"] = normal_address(email)
        # No database takes U+0000, and no key or address holds it.
        if any("\x00" in value for value in wanted.values()):
            return found.none()
        return found.filter(**wanted)

    @extend_schema(
        operation_id="listInvitations",
        summary="List invitations, newest first",
        parameters=[
            OpenApiParameter("deployment", str, description="The key of a deployment."),
            OpenApiParameter("email", str, description="One address, in any case."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="sendInvitation",
        request=InvitationRequest,
        responses={201: InvitationSentSerializer},
    )
    def post(self, request: Request) -> Response:
        answer = send(request.data, now=timezone.now())
        return Response(answer, status=status.HTTP_201_CREATED)


class InvitationDetail(RetrieveAPIView[Invitation]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = InvitationSerializer
    lookup_field, lookup_url_kwarg = "public_id", "key"

    def get_queryset(self) -> QuerySet[Invitation]:
        return rows()

    @extend_schema(
        operation_id="getInvitation", summary="Read one invitation: how far it came"
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class Reminder(APIView):
    required_scopes = {"POST": "links:write"}

    @extend_schema(
        operation_id="sendReminder",
        request=None,
        responses={202: InvitationSentSerializer},
    )
    def post(self, _request: Request, key: UUID) -> Response:
        answer = remind_of(key, now=timezone.now())
        return Response(answer, status=status.HTTP_202_ACCEPTED)


def rows() -> QuerySet[Invitation]:
    """Those of the surveys that the call may see."""
    related = Invitation.objects.select_related("deployment").defer("token")
    return seen(related, "deployment__survey")


def send(data: Any, *, now: datetime) -> dict[str, Any]:
    """Invite as a body says and mail the link; tell what became of it."""
    _email, invited = ask_one(data, now=now, send=True)
    return as_sent(invited.invitation, created=invited.created)


def remind_of(key: UUID, *, now: datetime) -> dict[str, Any]:
    invitation = rows().filter(public_id=key).first()
    if invitation is None:
        raise NotFound
    try:
        remind(invitation=invitation, now=now)
    except NoReminder as error:
        raise ReminderRefused(str(error)) from error
    return {
        **as_sent(invitation, created=False),
        "mail": Invitation.Mail.WAITING.value,
    }


def as_sent(invitation: Invitation, *, created: bool) -> dict[str, Any]:
    return {
        "id": str(invitation.public_id),
        "email": invitation.email,
        "created": created,
        "mail": str(invitation.mail),
    }
