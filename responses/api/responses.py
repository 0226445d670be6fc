"""Responses, to be read one by one, counted and erased."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response as Answer
from rest_framework.views import APIView

from responses.api.documents import ResponseSerializer, rows
from responses.erasure import erase
from responses.models import Response
from responses.quality import Flag
from surveys.models import Survey
from surveys.pages import Pages
from surveys.sharing import seen

SURVEY = "Key of the survey."
UNKNOWN_SURVEY = _("There is no survey with the key “%(key)s”.")


GOOD = "good"


class Filters(serializers.Serializer[Any]):
    """What a list of responses can be narrowed to."""

    survey = serializers.CharField(required=False, max_length=50)
    status = serializers.ChoiceField(required=False, choices=Response.Status.choices)
    completed_after = serializers.DateTimeField(required=False)
    completed_before = serializers.DateTimeField(required=False)
    quality = serializers.ChoiceField(required=False, choices=[GOOD, *Flag])


LOOKUPS = {
    "status": "status",
    "completed_after": "completed_at__gt",
    "completed_before": "completed_at__lt",
}
DATES = frozenset({"completed_after", "completed_before"})


class SurveyFilter(serializers.Serializer[Any]):
    # Not a related field: that one would ask the database for U+0000.
    survey = serializers.CharField(max_length=50)

    def validate_survey(self, key: str) -> Survey:
        survey = seen(Survey.objects.filter(key=key)).first()
        if survey is None:
            raise serializers.ValidationError(UNKNOWN_SURVEY % {"key": key})
        return survey


class CountSerializer(serializers.Serializer[Any]):
    survey = serializers.CharField()
    completed = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    screened_out = serializers.IntegerField()
    total = serializers.IntegerField()


class ByIds(Pages):
    """Finds the ids of a page first, which an index has in order: otherwise the
    database may go back through all that is newer than a survey that has ended. Asked
    for by date, they come by date: an index has no other order for these."""

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...]:
        del queryset, view
        return ("-completed_at", "-pk") if is_dated(request) else ("-pk",)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        # No more than the index has, so that the rows need not be looked at.
        needed = ("pk", "completed_at") if is_dated(request) else ("pk",)
        bare = queryset.select_related(None).only(*needed)
        found: list[Any] = super().paginate_queryset(bare, request, view) or []
        whole = queryset.in_bulk([row.pk for row in found])
        return [whole[row.pk] for row in found if row.pk in whole]


def is_dated(request: Request) -> bool:
    return not DATES.isdisjoint(request.query_params)


class ResponseList(ListAPIView[Response]):
    required_scopes = {"GET": "responses:read"}
    serializer_class = ResponseSerializer
    pagination_class = ByIds

    @extend_schema(
        operation_id="listResponses",
        summary="List responses, newest first",
        description="Narrowed to a time, by when they were completed.",
        parameters=[
            OpenApiParameter("survey", str, description="Key of the survey."),
            OpenApiParameter("status", str, enum=Response.Status.values),
            OpenApiParameter(
                "quality",
                str,
                enum=[GOOD, *Flag],
                description="Without any sign of carelessness, or with this one.",
            ),
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
        filters = Filters(data=self.request.query_params.dict())
        filters.is_valid(raise_exception=True)
        given = dict(filters.validated_data)
        flag, key = given.pop("quality", ""), given.pop("survey", None)
        found = rows().filter(**{LOOKUPS[name]: value for name, value in given.items()})
        if key is not None:
            # By its id, not its key: so the database finds the newest by an index.
            pk = Survey.objects.filter(key=key).values_list("pk", flat=True).first()
            found = found.filter(survey=pk) if pk else found.none()
        if flag == GOOD:
            return found.filter(quality="")
        return found.filter(quality__contains=flag) if flag else found


class ResponseDetail(RetrieveAPIView[Response]):
    required_scopes = {"GET": "responses:read", "DELETE": "responses:erase"}
    serializer_class = ResponseSerializer
    lookup_field = "key"

    def get_queryset(self) -> QuerySet[Response]:
        return rows()

    @extend_schema(operation_id="getResponse")
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="deleteResponse",
        responses={204: None},
    )
    def delete(self, _request: Request, *_args: Any, **_kwargs: Any) -> Answer:
        erase(response=self.get_object(), now=timezone.now())
        return Answer(status=status.HTTP_204_NO_CONTENT)


class ResponseCount(APIView):
    required_scopes = {"GET": "responses:read"}

    @extend_schema(
        operation_id="getResponseCount",
        parameters=[
            OpenApiParameter("survey", str, required=True, description=SURVEY),
        ],
        responses=CountSerializer,
    )
    def get(self, request: Request) -> Answer:
        asked = SurveyFilter(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return Answer(counted(asked.validated_data["survey"]))


def counted(survey: Survey) -> dict[str, Any]:
    """How many there are of each status; what was erased is not counted."""
    numbers = dict(
        Response.objects.filter(survey=survey)
        .order_by()
        .values_list("status")
        .annotate(number=Count("pk"))
    )
    counted = {
        str(status): numbers.get(status, 0)
        for status in Response.Status
        if status != Response.Status.ERASED
    }
    return {"survey": survey.key, **counted, "total": sum(counted.values())}
