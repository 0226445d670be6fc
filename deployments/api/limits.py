"""Limits over REST: each as the document that git holds. Those of one deployment stand
in the deployment's document."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deployments.api.documents import CapDocument
from deployments.limit_documents import limit_document, save_document
from deployments.models import Cap
from surveys.bodies import with_key
from surveys.pages import ByKey
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import require_right, seen

SCOPE = "deployments:write"


class LimitDocument(CapDocument):
    """How far it looks back is said once: 90 days where nothing is said."""

    key = serializers.SlugField(max_length=50)
    survey = serializers.CharField(
        required=False,
        max_length=50,
        help_text=_("A survey's key; without it, of all."),
    )

    class Meta(CapDocument.Meta):
        fields = ["key", "survey", *CapDocument.Meta.fields]

    def to_representation(self, instance: Cap) -> dict[str, Any]:
        return limit_document(instance)


class LimitList(ListAPIView[Cap]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = LimitDocument
    pagination_class = ByKey

    def get_queryset(self) -> QuerySet[Cap]:
        return rows()

    @extend_schema(operation_id="listLimits", summary="List limits")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createLimit",
        summary="Make a limit from its document",
        request=LimitDocument,
        responses={201: LimitDocument},
    )
    def post(self, request: Request) -> Response:
        require_right("deployments.add_cap")
        with refused():
            made = save_document(document=request.data, only_new=True)
        return Response(limit_document(made), status=status.HTTP_201_CREATED)


class LimitDetail(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE, "DELETE": SCOPE}

    @extend_schema(
        operation_id="getLimit",
        summary="Read a limit as its document",
        responses=LimitDocument,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(limit_document(find(key)))

    @extend_schema(
        operation_id="putLimit",
        summary="Replace what a limit is",
        request=LimitDocument,
        responses=LimitDocument,
    )
    def put(self, request: Request, key: str) -> Response:
        find(key)
        require_right("deployments.change_cap")
        document = with_key(key, request.data)
        row = Cap.objects.filter(key=key)
        with unchanged(request, row, lambda: limit_document(find(key))), refused():
            return Response(limit_document(save_document(document=document)))

    @extend_schema(
        operation_id="deleteLimit",
        summary="Delete a limit",
        responses={204: None},
    )
    def delete(self, _request: Request, key: str) -> Response:
        limit = find(key)
        require_right("deployments.delete_cap")
        limit.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def rows() -> QuerySet[Cap]:
    """Those of the surveys that the call may see, and those of no survey."""
    limits = Cap.objects.filter(deployment=None).select_related("survey")
    return seen(limits, "survey")


def find(key: str) -> Cap:
    return get_object_or_404(rows(), key=key)
