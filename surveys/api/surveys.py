"""Surveys over REST: drafts as documents, and publishing."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from surveys import documents, drafting, keeping, picture_store, publishing, sharing
from surveys.bodies import Body
from surveys.definition import DefinitionError
from surveys.models import Level, Survey, SurveyVersion
from surveys.pages import Pages
from surveys.preconditions import unchanged
from surveys.refusals import Conflict, invalid

# What a survey is answered with beyond its document; taken and left aside, so that
# what was read can be sent back.
READ_ONLY = ("status", "version")


class Filters(serializers.Serializer[Any]):
    """What the list of surveys can be narrowed to."""

    status = serializers.ChoiceField(required=False, choices=Survey.Status.choices)


class Confirmation(Body):
    """What whoever publishes has seen and lets go."""

    confirmed = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="Questions that may go although live mappings read them.",
    )


# Of views that the schema does not know for lists.
PAGING = [
    OpenApiParameter("cursor", str, description="From `next` of a page."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": Pages.max_page_size},
        description="1 to 500; 50 when unsaid.",
    ),
]


class SurveyList(APIView):
    required_scopes = {"GET": "surveys:read", "POST": "surveys:write"}

    @extend_schema(
        operation_id="listSurveys",
        parameters=[
            OpenApiParameter("status", str, enum=Survey.Status.values),
            *PAGING,
        ],
        responses=documents.SurveyPage,
    )
    def get(self, request: Request) -> Response:
        filters = Filters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        rows = sharing.seen(Survey.objects.select_related("live_version"))
        rows = rows.filter(**filters.validated_data)
        paginator = Pages()
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([summary(survey) for survey in page])

    @extend_schema(
        operation_id="createSurvey",
        summary="Make the draft of a new survey from its document",
        description="The draft is not live before it is published.",
        request=documents.KeptSurvey,
        responses={201: documents.SurveyDetail},
    )
    def post(self, request: Request) -> Response:
        survey = save(request.data, only_new=True)
        return Response(detail(survey), status=status.HTTP_201_CREATED)


class SurveyDetail(APIView):
    required_scopes = {"GET": "surveys:read", "PUT": "surveys:write"}

    @extend_schema(
        operation_id="getSurvey",
        responses=documents.SurveyDetail,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(detail(find(key)))

    @extend_schema(
        operation_id="replaceSurvey",
        summary="Replace the draft of a survey by a document",
        description=(
            "Questions and choices whose keys stay are kept. Published versions do "
            "not change; publish to make the next one."
        ),
        request=documents.KeptSurvey,
        responses=documents.SurveyDetail,
    )
    def put(self, request: Request, key: str) -> Response:
        sharing.require(find(key), Level.EDIT)
        said = request.data.get("key") if isinstance(request.data, dict) else None
        if said is not None and said != key:
            raise ValidationError(
                {"key": [_("This address is of “%(key)s”.") % {"key": key}]}
            )
        row = Survey.objects.filter(key=key)
        with unchanged(request, row, lambda: detail(find(key))):
            return Response(detail(save(request.data)))


class Publication(APIView):
    required_scopes = {"POST": "surveys:write"}

    @extend_schema(
        operation_id="publishSurvey",
        summary="Publish the draft as the next version",
        description=(
            "An unchanged draft gives the live version again. A draft without a "
            "question that a live mapping reads is refused until that is confirmed."
        ),
        request=Confirmation,
        responses=documents.Version,
    )
    def post(self, request: Request, key: str) -> Response:
        confirmation = Confirmation(data=request.data or {})
        confirmation.is_valid(raise_exception=True)
        survey = find(key)
        sharing.require(survey, Level.PUBLISH)
        try:
            version = publishing.publish(
                survey=survey,
                user=sharing.acting(),
                now=timezone.now(),
                confirmed=confirmation.validated_data.get("confirmed", ()),
            )
        except DefinitionError as error:
            raise invalid(error.problems) from error
        except publishing.PublishingError as error:
            raise Conflict(str(error)) from error
        return Response(published(version))


class VersionList(APIView):
    required_scopes = {"GET": "surveys:read"}

    @extend_schema(
        operation_id="listSurveyVersions",
        summary="List the published versions of a survey, newest first",
        parameters=PAGING,
        responses=documents.VersionPage,
    )
    def get(self, request: Request, key: str) -> Response:
        paginator = Pages()
        versions = find(key).versions.all()
        page = paginator.paginate_queryset(versions, request, view=self) or []
        return paginator.get_paginated_response([published(one) for one in page])


def find(key: str) -> Survey:
    rows = sharing.seen(Survey.objects.select_related("live_version", "theme"))
    survey = rows.filter(key=key).first()
    if survey is None:
        raise Http404
    return survey


def save(data: Any, *, only_new: bool = False) -> Survey:
    if isinstance(data, dict):
        data = {name: part for name, part in data.items() if name not in READ_ONLY}
    try:
        return keeping.save_document(
            document=data, user=sharing.acting(), only_new=only_new
        )
    except DefinitionError as error:
        raise invalid(error.problems) from error
    except drafting.SurveyExists as error:
        raise Conflict(
            _("There is a survey “%(key)s” already. PUT to its address to replace it.")
            % {"key": error}
        ) from error


def summary(survey: Survey) -> dict[str, Any]:
    return {"key": survey.key, "title": survey.title, **state(survey)}


def detail(survey: Survey) -> dict[str, Any]:
    theme = {"theme": survey.theme.key} if survey.theme else {}
    document = picture_store.give_out(drafting.draft_document(survey))
    return {**document, **theme, **state(survey)}


def state(survey: Survey) -> dict[str, Any]:
    version = survey.live_version
    return {"status": survey.status, "version": version.number if version else None}


def published(version: SurveyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": version.published_at,
        "definition": version.definition,
    }
