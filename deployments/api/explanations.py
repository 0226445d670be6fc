"""Why somebody was, or was not, asked: every decision about an address or a record."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.explaining import Entry, as_it_is_now, explain
from deployments.models import Invitation
from deployments.triggers.foretelling import Foretold
from surveys.sharing import seen

LONGEST = 254
LINK = "link"


class Filters(serializers.Serializer[Any]):
    now = serializers.BooleanField(required=False, default=False)


class EntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    deployment = serializers.CharField(allow_null=True)
    invited = serializers.BooleanField()
    code = serializers.CharField(
        help_text=_("`link`: invited by a link, a file or a list.")
    )
    reason = serializers.CharField()
    trigger = serializers.IntegerField(allow_null=True)
    cap = serializers.CharField(
        allow_null=True, help_text=_("The limit that was reached.")
    )
    draw = serializers.FloatField(allow_null=True)
    event = serializers.CharField(allow_null=True, help_text=_("Its event id."))
    mailing = serializers.CharField(allow_null=True)
    invitation = serializers.UUIDField(allow_null=True)
    mail = serializers.ChoiceField(choices=Invitation.Mail.choices, allow_null=True)


class ForetoldSerializer(serializers.Serializer[Any]):
    deployment = serializers.CharField()
    trigger = serializers.IntegerField()
    invite = serializers.BooleanField()
    code = serializers.CharField()
    reason = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    of = serializers.CharField()
    suppressed = serializers.CharField(
        help_text=_("Why the address is not to be asked at all; or empty.")
    )
    entries = EntrySerializer(many=True)
    now = ForetoldSerializer(many=True, allow_null=True)


class Explanations(APIView):
    """What was decided about a person or a record, with rule, limit and time."""

    required_scopes = {"GET": "responses:read"}

    @extend_schema(
        operation_id="explain",
        summary="Say why somebody was, or was not, asked",
        parameters=[
            OpenApiParameter(
                "of", str, required=True, description="An address, or a record's id."
            ),
            OpenApiParameter(
                "now",
                bool,
                description=(
                    "True: read the record now, and say what each trigger would decide."
                ),
            ),
        ],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("of", "").strip()
        if not asked or len(asked) > LONGEST or "\x00" in asked:
            text = gettext("Send an e-mail address, or the id of a record.")
            raise serializers.ValidationError({"of": [text]})
        filters = Filters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        found = explain(asked, seen)
        looks = filters.validated_data["now"]
        told = as_it_is_now(asked, timezone.now(), seen) if looks else None
        document = {
            "of": asked,
            "suppressed": found.suppressed,
            "entries": [_entry(one) for one in found.entries],
            "now": None if told is None else [_foretold(one) for one in told],
        }
        return Response(ExplanationSerializer(document).data)


def _entry(entry: Entry) -> dict[str, Any]:
    decision, invitation = entry.decision, entry.invitation
    about = decision or invitation
    deployment = about.deployment if about else None
    return {
        "at": entry.at,
        "deployment": deployment.key if deployment else None,
        "invited": decision.invited if decision else True,
        "code": decision.code if decision else LINK,
        "reason": decision.reason if decision else "",
        "trigger": decision.trigger_id if decision else None,
        "cap": decision.cap.name if decision and decision.cap else None,
        "draw": decision.draw if decision else None,
        "event": decision.event.event_id if decision and decision.event else None,
        "mailing": decision.mailing.name if decision and decision.mailing else None,
        "invitation": invitation.public_id if invitation else None,
        "mail": invitation.mail if invitation else None,
    }


def _foretold(one: Foretold) -> dict[str, Any]:
    return {
        "deployment": one.trigger.deployment.key,
        "trigger": one.trigger.pk,
        "invite": one.invite,
        "code": one.code,
        "reason": one.reason,
    }
