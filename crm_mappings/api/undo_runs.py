"""Undoing whole runs over REST: looked at, begun, followed, paused and cancelled."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings.api.pages import Newest
from crm_mappings.api.write_backs import SCOPE, UndoSerializer
from crm_mappings.delivery.beginning import CannotBegin
from crm_mappings.delivery.undoing import Fate, runs, sentence
from crm_mappings.models import Mapping, UndoFinding, UndoRun
from surveys.bodies import Body
from surveys.refusals import Conflict
from surveys.sharing import seen

COUNTS = "Fate of a record → how many."


class UndoRunRequest(Body):
    mapping = serializers.SlugField(max_length=50, help_text="Key of the mapping.")
    backfill = serializers.IntegerField(
        required=False, allow_null=True, help_text="Only what this backfill wrote."
    )
    since = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Written from then on."
    )
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Written before then; none: by now."
    )


class UndoRunDocument(serializers.ModelSerializer[UndoRun]):
    mapping = serializers.CharField(source="mapping.key")
    progress = serializers.SerializerMethodField(
        help_text="Records looked at, or done, of `total`."
    )
    seen = serializers.DictField(child=serializers.IntegerField(), help_text=COUNTS)
    done = serializers.DictField(child=serializers.IntegerField(), help_text=COUNTS)

    class Meta:
        model = UndoRun
        fields = (
            *("id", "mapping", "backfill", "since", "until", "status"),
            *("delete_created", "total", "progress", "seen", "done", "problem"),
            *("created_at", "ended_at"),
        )
        read_only_fields = fields

    def get_progress(self, run: UndoRun) -> int:
        return runs.progress(run)


class UndoFindingDocument(serializers.ModelSerializer[UndoFinding]):
    fate = serializers.ChoiceField(choices=[(fate.value, fate.value) for fate in Fate])
    changed = serializers.ListField(
        child=serializers.CharField(),
        source="names",
        help_text="Fields that somebody else has changed since.",
    )
    message = serializers.SerializerMethodField()

    class Meta:
        model = UndoFinding
        fields = ("write_back", "object", "record_id", "fate", "changed", "message")
        read_only_fields = fields

    def get_message(self, finding: UndoFinding) -> str:
        return sentence(Fate(finding.fate), finding.names, finding.message)


def visible() -> QuerySet[UndoRun]:
    """Those of the surveys that the call may see."""
    return seen(UndoRun.objects.select_related("mapping"), "mapping__survey")


def find(pk: int) -> UndoRun:
    return get_object_or_404(visible(), pk=pk)


class UndoRunList(ListAPIView[UndoRun]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = UndoRunDocument
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[UndoRun]:
        return visible()

    @extend_schema(operation_id="listUndoRuns", summary="List undos of whole runs")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="lookAtUndoRun",
        summary="Look at what undoing a run would do; changes nothing",
        description="Answers at once; the workers look at every record. Follow it "
        "until its `status` is `ready`, read `seen` and the findings, then begin it.",
        request=UndoRunRequest,
        responses={202: UndoRunDocument},
    )
    def post(self, request: Request) -> Response:
        asked = UndoRunRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            run = runs.look_over(now=timezone.now(), **_about(asked.validated_data))
        except CannotBegin as error:
            if error.field in {"since", "backfill"}:
                raise ValidationError({error.field: [str(error)]}) from error
            raise Conflict(str(error)) from error
        return Response(UndoRunDocument(run).data, status=status.HTTP_202_ACCEPTED)


def _about(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is named, found."""
    missing = _("There is no such %(what)s.")
    mappings = seen(Mapping.objects.all(), "survey")
    mapping = mappings.filter(key=told["mapping"]).first()
    if mapping is None:
        raise ValidationError({"mapping": [missing % {"what": "mapping"}]})
    backfill = None
    if (number := told.get("backfill")) is not None:
        backfill = mapping.backfills.filter(pk=number).first()
        if backfill is None:
            raise ValidationError({"backfill": [missing % {"what": "backfill"}]})
    return {**told, "mapping": mapping, "backfill": backfill}


class UndoRunDetail(APIView):
    required_scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="followUndoRun",
        summary="See how far an undo is, and what came of it",
        responses=UndoRunDocument,
    )
    def get(self, _request: Request, pk: int) -> Response:
        return Response(UndoRunDocument(find(pk)).data)


class UndoRunFindings(ListAPIView[UndoFinding]):
    required_scopes = {"GET": SCOPE}
    serializer_class = UndoFindingDocument
    pagination_class = Newest
    queryset = UndoFinding.objects.none()

    def get_queryset(self) -> QuerySet[UndoFinding]:
        return find(self.kwargs["pk"]).findings.all()

    @extend_schema(
        operation_id="listUndoRunFindings",
        summary="List the records that are not put back, and why",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class UndoRunBegin(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="beginUndoRun",
        summary="Put back what was looked at",
        description="Fields that somebody else has changed since are left as they are.",
        request=UndoSerializer,
        responses={202: UndoRunDocument},
    )
    def post(self, request: Request, pk: int) -> Response:
        run = find(pk)
        asked = UndoSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _changed(
            run, runs.begin(run=run, now=timezone.now(), **asked.validated_data)
        )


class UndoRunPause(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="pauseUndoRun",
        summary="Let an undo stand",
        request=None,
        responses={202: UndoRunDocument},
    )
    def post(self, _request: Request, pk: int) -> Response:
        run = find(pk)
        return _changed(run, runs.pause(run=run))


class UndoRunResume(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="resumeUndoRun",
        summary="Let a paused undo go on",
        request=None,
        responses={202: UndoRunDocument},
    )
    def post(self, _request: Request, pk: int) -> Response:
        run = find(pk)
        return _changed(run, runs.resume(run=run, now=timezone.now()))


class UndoRunCancel(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="cancelUndoRun",
        summary="End an undo where it is",
        description="What was put back stays so; the rest stays as it was written.",
        request=None,
        responses={202: UndoRunDocument},
    )
    def post(self, _request: Request, pk: int) -> Response:
        run = find(pk)
        return _changed(run, runs.cancel(run=run, now=timezone.now()))


def _changed(run: UndoRun, done: bool) -> Response:
    run.refresh_from_db()
    if not done:
        text = _("It is %(state)s: that cannot be done now.")
        raise Conflict(text % {"state": run.status})
    return Response(UndoRunDocument(run).data, status=status.HTTP_202_ACCEPTED)
