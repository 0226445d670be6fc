"""Mailings of a deployment: asked for by a call, carried out by workers, followed."""

from __future__ import annotations

from itertools import compress
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.deployments import find
from deployments.api.links import refuse_unless_live
from deployments.api.pages import NewestFirst
from deployments.mailings import ask_for
from deployments.mailings.sheets import EMAIL
from deployments.models import Mailing
from surveys.bodies import Body
from surveys.texts import tidy


class MailingRequest(Body):
    name = serializers.CharField(
        max_length=100,
        help_text=_(
            "A mailing of the same name again asks only who was not asked by it."
        ),
    )


class NotInvited(serializers.Serializer[Any]):
    email = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class MailingSummary(serializers.ModelSerializer[Mailing]):
    state = serializers.ChoiceField(
        choices=Mailing.State.choices,
        read_only=True,
        help_text=_("It is carried out while the deployment is live."),
    )
    invited_before = serializers.IntegerField(source="again", read_only=True)

    class Meta:
        model = Mailing
        fields = ["id", "name", "state", "created_at", "invited", "invited_before"]
        read_only_fields = fields


class MailingSerializer(MailingSummary):
    not_invited = serializers.SerializerMethodField()

    class Meta(MailingSummary.Meta):
        fields = [*MailingSummary.Meta.fields, "not_invited"]
        read_only_fields = fields

    @extend_schema_field(NotInvited(many=True))
    def get_not_invited(self, mailing: Mailing) -> list[dict[str, str]]:
        named = [column.strip().lower() in EMAIL for column in mailing.columns]
        return [
            {
                "email": next(compress(row["cells"], named), ""),
                "reason": row["reason"],
            }
            for row in mailing.bad
        ]


class MailingList(ListAPIView[Mailing]):
    required_scopes = {"GET": "responses:read", "POST": "links:write"}
    serializer_class = MailingSummary
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Mailing]:
        return rows(self.kwargs["key"]).defer("bad")

    @extend_schema(
        operation_id="listMailings",
        summary="List mailings of a deployment, newest first",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createMailing",
        summary="Ask the contacts of a deployment, each once",
        description=(
            "Answers at once; workers carry it out. Follow it until `state` is `done`. "
            "Limits and opt-outs hold; who is not asked is told, with why."
        ),
        request=MailingRequest,
        responses={202: MailingSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        deployment = find(key)
        asked = MailingRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        refuse_unless_live(deployment)
        name = tidy(asked.validated_data["name"])
        mailing = ask_for(deployment=deployment, name=name, now=timezone.now())
        answer = MailingSerializer(mailing).data
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class MailingDetail(RetrieveAPIView[Mailing]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = MailingSerializer

    def get_queryset(self) -> QuerySet[Mailing]:
        return rows(self.kwargs["key"])

    @extend_schema(
        operation_id="getMailing",
        summary="See how far a mailing is, and who was left out",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


def rows(key: str) -> QuerySet[Mailing]:
    return Mailing.objects.filter(deployment=find(key))
