"""Milestones over REST: what records hear of the invitations of a deployment."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings.milestones import NAMES
from crm_mappings.milestones.documents import milestones_document, save_document
from deployments.models import Deployment
from surveys.bodies import with_key
from surveys.preconditions import unchanged
from surveys.refusals import refused
from surveys.sharing import require_right, seen

SCOPE = "mappings:write"


class RuleDocument(serializers.Serializer[Any]):
    connection = serializers.CharField(
        max_length=50, help_text=_("A connection's key.")
    )
    object = serializers.CharField(
        max_length=80, help_text=_("Such as Case or Contact.")
    )
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(),
        required=False,
        help_text=f"What is told to the field that hears it; of {', '.join(NAMES)}.",
    )
    is_active = serializers.BooleanField(required=False)


class MilestonesDocument(serializers.Serializer[Any]):
    key = serializers.SlugField(
        max_length=50, required=False, help_text=_("That of the deployment.")
    )
    rules = RuleDocument(many=True, required=False)


class Milestones(APIView):
    required_scopes = {"GET": SCOPE, "PUT": SCOPE}

    @extend_schema(
        operation_id="getMilestones",
        summary="Read what records hear of the invitations of a deployment",
        responses=MilestonesDocument,
    )
    def get(self, _request: Request, key: str) -> Response:
        return Response(shown(key))

    @extend_schema(
        operation_id="putMilestones",
        summary="Replace what records hear of the invitations of a deployment",
        description="A rule that is left out goes.",
        request=MilestonesDocument,
        responses=MilestonesDocument,
    )
    def put(self, request: Request, key: str) -> Response:
        shown(key)
        for act in ("add", "change", "delete"):  # rules come, stay and go by it
            require_right(f"crm_mappings.{act}_milestonerule")
        document = with_key(key, request.data)
        row = Deployment.objects.filter(key=key)
        with unchanged(request, row, lambda: shown(key)), refused():
            return Response(milestones_document(save_document(document=document)))


def shown(key: str) -> dict[str, Any]:
    """As the document, of a deployment that the call may see."""
    deployments = seen(Deployment.objects.all(), "survey")
    return milestones_document(get_object_or_404(deployments, key=key))
