"""The dump: all completed responses of a survey, streamed, from any place on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from responses.api.responses import SURVEY, SurveyFilter
from responses.dump import cursors, writing
from responses.dump.formats import Lines
from responses.dump.positions import number_all
from responses.dump.reading import Part
from responses.dump.words import Wording
from responses.models import Response

ENDED = tuple(str(status) for status in Response.ENDED)


class Ndjson(JSONRenderer):
    """Errors are JSON in every format; the stream itself is not rendered by these."""

    format = "ndjson"
    media_type = "application/x-ndjson"


class Csv(JSONRenderer):
    format = "csv"
    media_type = "text/csv"


class Json(JSONRenderer):
    format = "json"


class Xml(JSONRenderer):
    format = "xml"
    media_type = "application/xml"


class Negotiation(DefaultContentNegotiation):
    """Says which formats there are, where an unknown one is asked for."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            text = _("There is no format “%(format)s”; there is: %(known)s.")
            known = ", ".join(renderer.format for renderer in renderers)
            names = {"format": format[:50], "known": known}
            raise ValidationError({"format": [text % names]})
        return found


class Filters(SurveyFilter):
    """Which part of a survey's responses, and how."""

    after = serializers.CharField(required=False, allow_blank=True, default="")
    changes = serializers.BooleanField(required=False, default=False)
    tests = serializers.BooleanField(required=False, default=False)
    completed_after = serializers.DateTimeField(required=False, default=None)
    limit = serializers.IntegerField(required=False, min_value=1, default=None)
    status = serializers.ChoiceField(
        required=False, choices=[*ENDED, "all"], default=ENDED[0]
    )
    bom = serializers.BooleanField(required=False, default=False)
    labels = serializers.BooleanField(required=False, default=False)
    language = serializers.CharField(required=False, max_length=16, default="")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `fields` is a name of the serializer's own.
        return {**super().get_fields(), "fields": serializers.CharField(default="")}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = tuple(filter(None, attrs["fields"].replace(" ", "").split(",")))
        if unknown := writing.unknown_fields(attrs["survey"], names):
            text = _("The dump has no column “%(name)s”.") % {"name": unknown[0][:60]}
            raise ValidationError({"fields": [text]})
        statuses = ENDED if attrs["status"] == "all" else (attrs["status"],)
        return {**attrs, "fields": names, "statuses": statuses}

    def validate_after(self, text: str) -> int:
        try:
            return cursors.read(text)
        except cursors.NoCursor as error:
            raise ValidationError(str(error)) from error


PARAMETERS = [
    OpenApiParameter("survey", str, required=True, description=SURVEY),
    OpenApiParameter(
        "after", str, description="The last cursor that you saw; without it, all."
    ),
    OpenApiParameter(
        "format", str, enum=["ndjson", "csv", "json", "xml"], description="Or Accept."
    ),
    OpenApiParameter(
        "changes",
        bool,
        description=(
            "True: with a line for each response that was erased, edited, reopened "
            "or deleted, in order."
        ),
    ),
    OpenApiParameter("tests", bool, description="True: answers of tests as well."),
    OpenApiParameter("completed_after", OpenApiTypes.DATETIME),
    OpenApiParameter(
        "status", str, enum=[*ENDED, "all"], description="Completed, when unsaid."
    ),
    OpenApiParameter(
        "fields",
        str,
        description=(
            "Only these columns, such as `key,email,answer.csat`; `answers` and "
            "`variables` are all of them."
        ),
    ),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1},
        description="At most so many lines.",
    ),
    OpenApiParameter("bom", bool, description="CSV: begin with a byte order mark."),
    OpenApiParameter(
        "labels",
        bool,
        description="Choices in words, not keys; in CSV the questions as well.",
    ),
    OpenApiParameter("language", str, description="Of the words."),
]


@method_decorator(gzip_page, name="dispatch")
class Dump(APIView):
    required_scopes = {"GET": "responses:read"}
    renderer_classes = [Ndjson, Csv, Json, Xml]
    content_negotiation_class = Negotiation

    @extend_schema(
        operation_id="dumpResponses",
        parameters=PARAMETERS,
        responses={
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiResponse(
                {"type": "array", "items": {"type": "object"}}, "The same, as one list."
            ),
            (200, "application/xml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = Filters(data=only_asked(request.query_params))
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        renderer = request.accepted_renderer
        part = Part(
            survey_id=values["survey"].pk,
            after=values["after"],
            until=number_all(),
            completed_after=values["completed_after"],
            statuses=values["statuses"],
            changes=values["changes"],
            tests=values["tests"],
            limit=values["limit"],
        )
        looks = writing.Looks(
            format=renderer.format,
            bom=values["bom"],
            wording=Wording(labels=values["labels"], language=values["language"]),
            fields=values["fields"],
        )
        pieces = writing.pieces(part, survey=values["survey"], looks=looks)
        return stream(pieces, f"{renderer.media_type}; charset=utf-8")


def only_asked(query: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given; an HTML form's idea of a missing one is False."""
    return {name: query[name] for name in query}


def stream(pieces: Iterable[Lines], content_type: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(blocks(pieces), content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def blocks(pieces: Iterable[Lines], size: int = 65_536) -> Iterator[bytes]:
    """Gather the pieces, since each block costs a write of its own."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece.data)
        length += len(piece.data)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)
