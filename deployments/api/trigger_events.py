"""Trigger events: what happened, from systems that can speak HTTP; and why not."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.addresses import normal_address
from deployments.api.fields import AnyObjectField, IdField
from deployments.api.pages import NewestFirst
from deployments.explaining import seen_decisions, spellings
from deployments.models import TriggerDecision, TriggerEvent
from deployments.rules import Event
from deployments.triggers import UnusableEvent, receive
from surveys.bodies import Body
from surveys.sharing import seen

MOST_EVENTS = 1000


class EventSerializer(Body):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100,
        help_text=_("What the triggers listen to, such as salesforce:production."),
    )
    event_id = IdField(help_text=_("Each id of a source is taken once."))
    object = serializers.CharField(max_length=100)
    record_id = IdField()
    fields = AnyObjectField(required=False)  # type: ignore[assignment]
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class DecisionSerializer(serializers.ModelSerializer[TriggerDecision]):
    deployment = serializers.CharField(source="deployment.key", default=None)
    trigger = serializers.IntegerField(source="trigger_id", allow_null=True)
    cap = serializers.CharField(
        source="cap.name", default=None, help_text=_("The limit that was reached.")
    )
    invitation = serializers.UUIDField(source="invitation.public_id", default=None)

    class Meta:
        model = TriggerDecision
        fields = [
            "deployment",
            "trigger",
            "invited",
            "code",
            "reason",
            "email",
            "cap",
            "draw",
            "invitation",
            "decided_at",
        ]
        read_only_fields = fields


class EventRowSerializer(serializers.ModelSerializer[TriggerEvent]):
    decisions = DecisionSerializer(many=True)

    class Meta:
        model = TriggerEvent
        fields = [
            "source",
            "event_id",
            "object",
            "record_id",
            "occurred_at",
            "received_at",
            "state",
            "error",
            "decisions",
        ]
        read_only_fields = fields


class EventsSerializer(Body):
    # The stubs do not know what `many=True` passes on to the list.
    events = EventSerializer(  # type: ignore[call-arg]
        many=True, allow_empty=False, min_length=1, max_length=MOST_EVENTS
    )


class ReceivedSerializer(serializers.Serializer[Any]):
    stored = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text=_("Events that were there before."))


class TriggerEvents(ListAPIView[TriggerEvent]):
    """What was told, and for each trigger whether it led to an invitation and why."""

    required_scopes = {"GET": "responses:read", "POST": "links:write"}
    serializer_class = EventRowSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[TriggerEvent]:
        decisions = seen_decisions(seen)
        shown = decisions.select_related("deployment", "cap", "invitation")
        rows = TriggerEvent.objects.prefetch_related(
            Prefetch("decisions", shown.defer("invitation__token"))
        )
        wanted = {
            name: value
            for name in ("record_id", "state")
            if (value := self.request.query_params.get(name))
        }
        asked = self.request.query_params
        states = TriggerEvent.State.values
        if wanted.get("state", states[0]) not in states:
            text = gettext("One of: %s.") % ", ".join(states)
            raise serializers.ValidationError({"state": [text]})
        told = [*wanted.values(), asked.get("email", ""), asked.get("record", "")]
        if any("\x00" in value for value in told):
            return rows.none()
        rows = rows.filter(**wanted)
        if email := asked.get("email"):
            about = decisions.filter(email=normal_address(email))
            rows = rows.filter(pk__in=about.values("event"))
        if record := asked.get("record"):
            rows = rows.filter(record_id__in=spellings(record))
        return rows

    @extend_schema(
        operation_id="listTriggerEvents",
        summary="List what happened, newest first, and what came of it",
        parameters=[
            OpenApiParameter("record_id", str, description="The id of one record."),
            OpenApiParameter(
                "record", str, description="The same, of 15 or 18 characters."
            ),
            OpenApiParameter(
                "email", str, description="Whom the decisions are about: one address."
            ),
            OpenApiParameter("state", str, enum=TriggerEvent.State.values),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createTriggerEvents",
        summary="Tell what happened; what becomes of it is decided later",
        request=EventsSerializer,
        responses={201: ReceivedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Store the events and answer; what becomes of them is decided later."""
        told = EventsSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        events = [Event(**event) for event in told.validated_data["events"]]
        try:
            received = receive(events=events, now=timezone.now())
        except UnusableEvent as error:
            raise serializers.ValidationError({"events": [str(error)]}) from error
        answer = {"stored": received.stored, "repeated": received.repeated}
        return Response(answer, status=status.HTTP_201_CREATED)
