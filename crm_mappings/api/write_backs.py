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
from crm_mappings.api.problems import SalesforceRefused
from crm_mappings.delivery.undoing import Fate, Finding, words
from crm_mappings.models import Attempt, WriteBack, WrittenRecord
from crm_mappings.salesforce.errors import OrgError
from surveys.bodies import Body
from surveys.refusals import Conflict
from surveys.sharing import seen

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
        fields = ("number", "at", "outcome", "error_code", "message", "exchange")
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
    created_before = serializers.DateTimeField(required=False)


LOOKUPS = {
    "state": "state",
    "mapping": "mapping__key",
    "created_before": "created_at__lt",
}


def rows() -> QuerySet[WriteBack]:
    return WriteBack.objects.select_related(
        "response", "mapping__survey", "revision"
    ).prefetch_related("records")


def visible() -> QuerySet[WriteBack]:
    """Those of the surveys that the call may see."""
    return seen(rows(), "response__survey")


def describe(key: str) -> dict[str, Any] | None:
    """What a webhook is told of a write-back."""
    row = rows().filter(pk=int(key)).first()
    return dict(WriteBackSerializer(row).data) if row else None


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
            OpenApiParameter(
                "mapping",
                {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,50}$"},
                description="Key of the mapping.",
            ),
            OpenApiParameter(
                "created_before",
                {"type": "string", "format": "date-time"},
                description="Those that are older.",
            ),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[WriteBack]:
        asked = Filters(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data.items()
        return visible().filter(**{LOOKUPS[name]: value for name, value in wanted})


class WriteBackDetail(RetrieveAPIView[WriteBack]):
    required_scopes = {"GET": SCOPE}
    serializer_class = WriteBackDetailSerializer

    def get_queryset(self) -> QuerySet[WriteBack]:
        return visible().prefetch_related("log")

    @extend_schema(operation_id="getWriteBack", summary="Read one write-back")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class UndoQuery(serializers.Serializer[Any]):
    delete_created = serializers.BooleanField(
        default=False,
        help_text="Delete records that Tellback made; without it they stay.",
    )


class UndoSerializer(UndoQuery, Body):
    """The same in a body, where the types are those of JSON."""


class UndoneFieldSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    wrote = serializers.JSONField(allow_null=True)
    holds = serializers.JSONField(allow_null=True, help_text="What is there now.")
    changed = serializers.BooleanField(help_text="By somebody else, since.")


class UndoneRecordSerializer(serializers.Serializer[Any]):
    object = serializers.CharField(source="record.object")
    record_id = serializers.CharField(source="record.record_id")
    fate = serializers.ChoiceField(choices=[(fate.value, fate.value) for fate in Fate])
    message = serializers.SerializerMethodField()
    # The word that every field of the document has.
    values = UndoneFieldSerializer(many=True, source="fields")

    def get_message(self, finding: Finding) -> str:
        return words(finding)


class UndoneSerializer(serializers.Serializer[Any]):
    undone = serializers.BooleanField(help_text="All of it is put back.")
    records = UndoneRecordSerializer(many=True)


class WriteBackUndo(APIView):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}

    @extend_schema(
        operation_id="previewUndoOfWriteBack",
        summary="Show what putting back would do; changes nothing",
        parameters=[OpenApiParameter("delete_created", bool)],
        responses=UndoneSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        get_object_or_404(visible(), pk=pk)
        one = WriteBack.objects.filter(pk=pk)
        asked = UndoQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        try:
            found = delivery.look(
                write_backs=one, now=timezone.now(), **asked.validated_data
            )
        except OrgError as error:
            raise SalesforceRefused(error) from error
        return Response(UndoneSerializer({"undone": False, "records": found}).data)

    @extend_schema(
        operation_id="undoWriteBack",
        summary="Put back what one write-back wrote",
        description="Fields that somebody else has changed since are left as they are.",
        request=UndoSerializer,
        responses=UndoneSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        get_object_or_404(visible(), pk=pk)
        one = WriteBack.objects.filter(pk=pk)
        asked = UndoSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            done = delivery.undo(
                write_backs=one, now=timezone.now(), **asked.validated_data
            )
        except OrgError as error:
            raise SalesforceRefused(error) from error
        if not done.findings:
            raise Conflict(_("There is nothing to put back."))
        told = {"undone": bool(done.undone), "records": done.findings}
        return Response(UndoneSerializer(told).data)


class WriteBackRetry(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="retryWriteBack",
        summary="Send a held or skipped write-back again",
        request=None,
        responses=WriteBackSerializer,
    )
    def post(self, _request: Request, pk: int) -> Response:
        row = get_object_or_404(visible(), pk=pk)
        one = WriteBack.objects.filter(pk=pk)
        if not delivery.send_again(write_backs=one, now=timezone.now()):
            text = _("It is %(state)s: only held and skipped ones are sent again.")
            raise Conflict(text % {"state": row.state})
        return Response(WriteBackSerializer(rows().get(pk=pk)).data)
