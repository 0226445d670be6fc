"""Write-backs over REST: what reached Salesforce, what did not, and again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import delivery
from crm_mappings.api.pages import Newest
from crm_mappings.api.problems import Conflict
from crm_mappings.models import Attempt, WriteBack, WrittenRecord

SCOPE = "write_backs:write"


class RecordSerializer(serializers.ModelSerializer[WrittenRecord]):
    class Meta:
        model = WrittenRecord
        fields = (
            "step",
            "object",
            "record_id",
            "created",
            "fields",
            "previous",
            "written_at",
        )
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ("number", "at", "outcome", "error_code", "message")
        read_only_fields = fields


class WriteBackSerializer(serializers.ModelSerializer[WriteBack]):
    response = serializers.UUIDField(source="response.key", read_only=True)
    survey = serializers.CharField(source="mapping.survey.key", read_only=True)
    mapping = serializers.CharField(source="mapping.key", read_only=True)
    revision = serializers.IntegerField(source="revision.number", read_only=True)
    rule = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="The rule that wrote the refused field.",
    )
    records = RecordSerializer(many=True, read_only=True)

    class Meta:
        model = WriteBack
        fields: tuple[str, ...] = (
            *("id", "response", "survey", "mapping", "revision", "state"),
            *("attempts", "due_at", "error_class", "error_code", "reason", "rule"),
            *("outcome_unknown", "created_at", "settled_at", "records"),
        )
        read_only_fields = fields


class WriteBackDetailSerializer(WriteBackSerializer):
    log = AttemptSerializer(many=True, read_only=True)

    class Meta(WriteBackSerializer.Meta):
        fields = (*WriteBackSerializer.Meta.fields, "log")
        read_only_fields = fields


class Filters(serializers.Serializer[Any]):
    """What a list of write-backs can be narrowed to."""

    state = serializers.ChoiceField(required=False, choices=WriteBack.State.choices)
    mapping = serializers.SlugField(required=False, max_length=50)


def rows() -> QuerySet[WriteBack]:
    return WriteBack.objects.select_related(
        "response", "mapping__survey", "revision"
    ).prefetch_related("records")


class WriteBackList(ListAPIView[WriteBack]):
    required_scopes = {"GET": SCOPE}
    serializer_class = WriteBackSerializer
    pagination_class = Newest
    queryset = WriteBack.objects.none()

    @extend_schema(
        operation_id="listWriteBacks",
        summary="List write-backs, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=WriteBack.State.values),
            OpenApiParameter("mapping", str, description="Key of the mapping."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[WriteBack]:
        asked = Filters(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        if "mapping" in wanted:
            wanted["mapping__key"] = wanted.pop("mapping")
        return rows().filter(**wanted)


class WriteBackDetail(RetrieveAPIView[WriteBack]):
    required_scopes = {"GET": SCOPE}
    serializer_class = WriteBackDetailSerializer

    def get_queryset(self) -> QuerySet[WriteBack]:
        return rows().prefetch_related("log")

    @extend_schema(operation_id="getWriteBack", summary="Read one write-back")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class WriteBackRetry(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="retryWriteBack",
        summary="Send a held or skipped write-back again",
        request=None,
        responses=WriteBackSerializer,
    )
    def post(self, _request: Request, pk: int) -> Response:
        one = WriteBack.objects.filter(pk=pk)
        row = get_object_or_404(one)
        if not delivery.send_again(write_backs=one, now=timezone.now()):
            text = _("It is %(state)s: only held and skipped ones are sent again.")
            raise Conflict(text % {"state": row.state})
        return Response(WriteBackSerializer(rows().get(pk=pk)).data)
