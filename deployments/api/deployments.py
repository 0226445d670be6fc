"""Deployments over REST: the list, each as the document that git holds, and its acts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.api.documents import DeploymentDocument, DeploymentSummary
from deployments.api.pages import NewestFirst
from deployments.documents import (
    NOT_SAID,
    deployment_document,
    save_document,
)
from deployments.going_live import NotReady, go_live, pause
from deployments.models import Deployment
from surveys.bodies import with_key
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import seen

SCOPE = "deployments:write"


class NotReadyYet(APIException):
    """Something is missing before the deployment can go live; the title says what."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "deployment-not-ready"


class Filters(serializers.Serializer[Any]):
    """What the list of deployments can be narrowed to."""

    survey = serializers.SlugField(required=False, max_length=50)
    channel = serializers.ChoiceField(
        required=False, choices=Deployment.Channel.choices
    )
    status = serializers.ChoiceField(required=False, choices=Deployment.Status.choices)


class DeploymentList(ListAPIView[Deployment]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = DeploymentSummary
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Deployment]:
        filters = Filters(data=self.request.query_params.dict())
        filters.is_valid(raise_exception=True)
        wanted = dict(filters.validated_data)
        if key := wanted.pop("survey", None):
            wanted["survey__key"] = key
        return rows().filter(**wanted)

    @extend_schema(
        operation_id="listDeployments",
        summary="List deployments, newest first",
        parameters=[
            OpenApiParameter("survey", str, description="Key of a survey."),
            OpenApiParameter("channel", str, enum=Deployment.Channel.values),
            OpenApiParameter("status", str, enum=Deployment.Status.values),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createDeployment",
        summary="Make a deployment from its document",
        description="It is a draft, and asks nobody before it is activated.",
        request=DeploymentDocument,
        responses={201: DeploymentDocument},
    )
    def post(self, request: Request) -> Response:
        made = saved(settable(request.data), only_new=True)
        return Response(shown(made), status=status.HTTP_201_CREATED)


class DeploymentDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE}

    @extend_schema(
        operation_id="getDeployment",
        summary="Read a deployment as its document",
        responses=DeploymentDocument,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(shown(find(key)))

    @extend_schema(
        operation_id="putDeployment",
        summary="Replace what a deployment is",
        description=(
            "What is left out is as it is by default; triggers, follow-ups, lists and "
            "limits are kept by their places. Whether it is live stays as it was."
        ),
        request=DeploymentDocument,
        responses=DeploymentDocument,
    )
    def put(self, request: Request, key: str) -> Response:
        find(key)
        document = with_key(key, settable(request.data))
        row = Deployment.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(find(key))):
            return Response(shown(saved(document)))


class DeploymentActivate(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="activateDeployment",
        summary="Set a deployment live",
        description="Refused with all that is missing, in words.",
        request=None,
        responses=DeploymentDocument,
    )
    def post(self, _request: Request, key: str) -> Response:
        deployment = find(key)
        try:
            go_live(deployment=deployment)
        except NotReady as error:
            raise NotReadyYet(str(error)) from error
        return Response(shown(deployment))


class DeploymentPause(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="pauseDeployment",
        summary="Ask nobody new; links that are out there still work",
        request=None,
        responses=DeploymentDocument,
    )
    def post(self, _request: Request, key: str) -> Response:
        deployment = find(key)
        pause(deployment=deployment)
        return Response(shown(deployment))


def rows() -> QuerySet[Deployment]:
    """Those of the surveys that the call may see."""
    related = Deployment.objects.select_related("survey__live_version")
    return seen(related, "survey")


def find(key: str) -> Deployment:
    deployment = rows().filter(key=key).first()
    if deployment is None:
        raise NotFound
    return deployment


def settable(body: object) -> dict[str, Any]:
    """A body without what is only said: what was read can be sent back."""
    if not isinstance(body, dict):
        raise ValidationError([_("Send the deployment as a JSON object.")])
    return {name: value for name, value in body.items() if name not in NOT_SAID}


def saved(document: dict[str, Any], *, only_new: bool = False) -> Deployment:
    with refused():
        return save_document(document=document, only_new=only_new)


def shown(deployment: Deployment) -> dict[str, Any]:
    return {**deployment_document(deployment), "status": deployment.status}
