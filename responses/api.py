"""REST of responses, below /api/v1/: what was answered, to be read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination

from responses.models import Response


class ResponseSerializer(serializers.ModelSerializer[Response]):
    """One response; answers are canonical values by question key."""

    survey = serializers.CharField(source="survey.key", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    deployment = serializers.CharField(
        source="deployment.key", read_only=True, allow_null=True, default=None
    )
    invitation = serializers.UUIDField(
        source="invitation.public_id", read_only=True, allow_null=True, default=None
    )
    email = serializers.EmailField(
        source="invitation.email", read_only=True, allow_null=True, default=None
    )
    answers = serializers.DictField(read_only=True)
    records = serializers.DictField(child=serializers.CharField(), read_only=True)
    variables = serializers.DictField(read_only=True)

    class Meta:
        model = Response
        fields = (
            "key",
            "survey",
            "version",
            "status",
            "language",
            "deployment",
            "invitation",
            "email",
            "answers",
            "records",
            "variables",
            "started_at",
            "updated_at",
            "completed_at",
        )
        read_only_fields = fields


class Filters(serializers.Serializer[Any]):
    """What a list of responses can be narrowed to."""

    survey = serializers.CharField(required=False, max_length=50)
    status = serializers.ChoiceField(required=False, choices=Response.Status.choices)
    completed_after = serializers.DateTimeField(required=False)
    completed_before = serializers.DateTimeField(required=False)


LOOKUPS = {
    "survey": "survey__key",
    "status": "status",
    "completed_after": "completed_at__gt",
    "completed_before": "completed_at__lt",
}


class Newest(CursorPagination):
    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500


def rows() -> QuerySet[Response]:
    return Response.objects.select_related(
        "survey", "version", "deployment", "invitation"
    ).defer("invitation__token", "version__definition")


class ResponseList(ListAPIView[Response]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = ResponseSerializer
    pagination_class = Newest

    @extend_schema(
        operation_id="listResponses",
        summary="List responses, newest first",
        parameters=[
            OpenApiParameter("survey", str, description="Key of the survey."),
            OpenApiParameter("status", str, enum=Response.Status.values),
            OpenApiParameter(
                "completed_after", {"type": "string", "format": "date-time"}
            ),
            OpenApiParameter(
                "completed_before", {"type": "string", "format": "date-time"}
            ),
        ],
    )
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Response]:
        filters = Filters(data=self.request.query_params)
        filters.is_valid(raise_exception=True)
        wanted = {
            LOOKUPS[name]: value for name, value in filters.validated_data.items()
        }
        return rows().filter(**wanted)


class ResponseDetail(RetrieveAPIView[Response]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = ResponseSerializer
    queryset = rows()
    lookup_field = "key"

    @extend_schema(operation_id="getResponse", summary="Read one response")
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


routes: list[URLPattern] = [
    path("responses/", ResponseList.as_view(), name="responses"),
    path("responses/<uuid:key>/", ResponseDetail.as_view(), name="response"),
]
