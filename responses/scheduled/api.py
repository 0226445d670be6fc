"""REST of scheduled dumps, below /api/v1/: each a document, its acts and its runs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response as Answer
from rest_framework.views import APIView

from responses.dump import cursors
from responses.scheduled import keeping
from responses.scheduled.documents import COLUMNS, dump_document, save_document
from responses.scheduled.models import DumpRun, ScheduledDump
from surveys.bodies import with_key
from surveys.pages import Pages
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import seen
from surveys.texts import storable

SCOPE = "dumps:write"
SAID = frozenset({"problem", "failing_since", "next_at", "has_secret"})


class ScheduledDumpDocument(serializers.ModelSerializer[ScheduledDump]):
    """A scheduled dump as a document. Its secret is only ever written."""

    survey = serializers.CharField(help_text=gettext_lazy("A survey's key."))
    secret = serializers.CharField(
        required=False,
        write_only=True,
        help_text=gettext_lazy(
            "SFTP: password or private key; S3: the secret of the access key. Left "
            "out, it stays, unless it would be shown to another place."
        ),
    )
    has_secret = serializers.BooleanField(read_only=True)
    next_at = serializers.DateTimeField(read_only=True, allow_null=True)
    problem = serializers.CharField(read_only=True)
    failing_since = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = ScheduledDump
        fields = (
            *("key", "survey", *(one.name for one in COLUMNS if one.name != "key")),
            *("secret", "has_secret", "next_at", "problem", "failing_since"),
        )


class DumpFile(serializers.Serializer[Any]):
    name = serializers.CharField()
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    after = serializers.CharField()
    cursor = serializers.CharField()


class DumpRunSerializer(serializers.ModelSerializer[DumpRun]):
    after = serializers.SerializerMethodField()
    cursor = serializers.SerializerMethodField(
        help_text=gettext_lazy("It holds everything up to here.")
    )
    files = DumpFile(source="parts", many=True, read_only=True)
    folder = serializers.CharField(source="name", read_only=True)
    bytes = serializers.IntegerField(source="size", read_only=True)

    class Meta:
        model = DumpRun
        fields = (
            *("id", "state", "asked_at", "started_at", "finished_at", "after"),
            *("cursor", "rows", "bytes", "folder", "files", "problem", "removed_at"),
        )
        read_only_fields = fields

    def get_after(self, run: DumpRun) -> str:
        return cursors.write(run.after)

    def get_cursor(self, run: DumpRun) -> str | None:
        return None if run.until is None else cursors.write(run.until)


class NewestRuns(Pages):
    max_page_size = 200


class DumpsByKey(NewestRuns):
    ordering = "key"


class ScheduledDumpList(ListAPIView[ScheduledDump]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = ScheduledDumpDocument
    pagination_class = DumpsByKey

    def get_queryset(self) -> QuerySet[ScheduledDump]:
        return rows()

    @extend_schema(operation_id="listScheduledDumps", summary="List scheduled dumps")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([shown(dump) for dump in page or []])

    @extend_schema(
        operation_id="createScheduledDump",
        summary="Make a scheduled dump",
        request=ScheduledDumpDocument,
        responses={201: ScheduledDumpDocument},
    )
    def post(self, request: Request) -> Answer:
        document, secret = settable(request.data)
        dump = saved(request, document, secret, only_new=True)
        return Answer(shown(dump), status=status.HTTP_201_CREATED)


class ScheduledDumpDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE, "DELETE": SCOPE}

    @extend_schema(
        operation_id="getScheduledDump",
        summary="Read a scheduled dump",
        responses=ScheduledDumpDocument,
    )
    def get(self, _request: Request, key: str) -> Answer:
        return Answer(shown(find(key)))

    @extend_schema(
        operation_id="putScheduledDump",
        summary="Replace what a scheduled dump is",
        description="What it has put somewhere, and how far it is, stays.",
        request=ScheduledDumpDocument,
        responses=ScheduledDumpDocument,
    )
    def put(self, request: Request, key: str) -> Answer:
        find(key)
        document, secret = settable(request.data)
        document = with_key(key, document)
        row = ScheduledDump.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(find(key))):
            return Answer(shown(saved(request, document, secret)))

    @extend_schema(
        operation_id="deleteScheduledDump",
        summary="Delete a scheduled dump",
        description="What it has put somewhere stays there.",
        responses={204: None},
    )
    def delete(self, _request: Request, key: str) -> Answer:
        find(key).delete()
        return Answer(status=status.HTTP_204_NO_CONTENT)


class ScheduledDumpRun(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="runScheduledDump",
        summary="Dump now",
        request=None,
        responses={202: DumpRunSerializer},
    )
    def post(self, request: Request, key: str) -> Answer:
        name = getattr(request.auth, "name", "")
        run = keeping.dump_now(dump=find(key), by=name, now=timezone.now())
        return Answer(DumpRunSerializer(run).data, status=202)


class ScheduledDumpTry(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="tryScheduledDump",
        summary="Write a small file to its place, and take it away again",
        request=None,
        responses=inline_serializer(
            "Tried",
            {"well": serializers.BooleanField(), "problem": serializers.CharField()},
        ),
    )
    def post(self, _request: Request, key: str) -> Answer:
        problem = keeping.try_place(dump=find(key))
        return Answer({"well": not problem, "problem": problem})


class DumpRunList(ListAPIView[DumpRun]):
    required_scopes = {"GET": SCOPE}
    serializer_class = DumpRunSerializer
    pagination_class = NewestRuns

    def get_queryset(self) -> QuerySet[DumpRun]:
        return DumpRun.objects.filter(dump=find(self.kwargs["key"]))

    @extend_schema(
        operation_id="listDumpRuns",
        summary="List what became of each run, newest first",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        return super().get(request, *args, **kwargs)


def rows() -> QuerySet[ScheduledDump]:
    return seen(ScheduledDump.objects.select_related("survey"), "survey")


def find(key: str) -> ScheduledDump:
    dump = rows().filter(key=key).first()
    if dump is None:
        raise Http404
    return dump


def settable(body: object) -> tuple[dict[str, Any], str]:
    """A body without what is only said, and its secret apart."""
    if not isinstance(body, dict):
        raise ValidationError([_("Send the scheduled dump as a JSON object.")])
    document = {name: value for name, value in body.items() if name not in SAID}
    secret = document.pop("secret", "")
    if not isinstance(secret, str):
        raise ValidationError({"secret": [_("Use a text here (in quotation marks).")]})
    if not storable(secret):
        raise ValidationError({"secret": [_("It has control characters in it.")]})
    return document, secret


def saved(
    request: Request, document: dict[str, Any], secret: str, *, only_new: bool = False
) -> ScheduledDump:
    made_by = getattr(request.auth, "created_by_id", None)
    with refused():
        return save_document(
            document=document, secret=secret, made_by=made_by, only_new=only_new
        )


def shown(dump: ScheduledDump) -> dict[str, Any]:
    return {
        **dump_document(dump),
        "has_secret": bool(dump.secret),
        "next_at": dump.next_at,
        "problem": dump.problem,
        "failing_since": dump.failing_since,
    }


def _route(address: str, view: type[APIView], name: str) -> URLPattern:
    return path(f"scheduled-dumps/{address}", view.as_view(), name=name)


routes: list[URLPattern] = [
    _route("", ScheduledDumpList, "scheduled-dumps"),
    _route("<slug:key>/", ScheduledDumpDetail, "scheduled-dump"),
    _route("<slug:key>/run/", ScheduledDumpRun, "scheduled-dump-run"),
    _route("<slug:key>/try/", ScheduledDumpTry, "scheduled-dump-try"),
    _route("<slug:key>/runs/", DumpRunList, "scheduled-dump-runs"),
]
