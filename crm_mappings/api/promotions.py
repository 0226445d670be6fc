"""The way of a mapping from a sandbox to production over REST: the difference, what the
other org says of it, and the draft there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import promoting
from crm_mappings.api.documents import FindingDocument
from crm_mappings.api.mappings import SCOPE, find
from crm_mappings.api.problems import listed
from crm_mappings.models import Connection
from crm_mappings.plan.rules import MappingError
from crm_mappings.promoting import CannotPromote
from surveys.refusals import Conflict, invalid


class PromoteRequest(serializers.Serializer[Any]):
    connection = serializers.CharField(help_text="The key of the target's connection.")
    dry_run = serializers.BooleanField(
        required=False, help_text="Only show it; nothing is saved."
    )


class DifferenceDocument(serializers.Serializer[Any]):
    step = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    what = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class PromotionDocument(serializers.Serializer[Any]):
    mapping = serializers.CharField(help_text="The key of the mapping at the target.")
    created = serializers.BooleanField(help_text="It is new there.")
    saved = serializers.BooleanField(help_text="It is kept as the draft there.")
    will_fail = serializers.BooleanField(help_text="It could not be activated there.")
    draft_differs = serializers.BooleanField(
        help_text="What runs was taken; the draft here is ahead of it."
    )
    changes = DifferenceDocument(many=True)
    findings = FindingDocument(many=True)
    document = serializers.DictField()


class MappingPromote(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="promoteMapping",
        summary="Carry what runs to another org as a draft, compared and checked there",
        description="Matched by API names. What runs there goes on as it is; activate "
        "the draft when its findings are good.",
        request=PromoteRequest,
        responses=PromotionDocument,
    )
    def post(self, request: Request, key: str) -> Response:
        mapping, now = find(key), timezone.now()
        asked = PromoteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        target = Connection.objects.filter(key=asked.validated_data["connection"])
        connection = target.first()
        if connection is None:
            raise ValidationError({"connection": [_("There is no such connection.")]})
        dry_run = bool(asked.validated_data.get("dry_run"))
        try:
            promotion = promoting.propose(
                mapping=mapping, connection=connection, now=now
            )
            if not dry_run:
                promoting.promote(mapping=mapping, connection=connection, now=now)
        except CannotPromote as error:
            raise Conflict(str(error)) from error
        except MappingError as error:
            raise invalid(error.problems) from error
        return Response(
            {
                "mapping": promotion.document["key"],
                "created": promotion.target is None,
                "saved": not dry_run,
                "will_fail": promotion.will_fail,
                "draft_differs": promotion.draft_differs,
                "changes": [asdict(one) for one in promotion.changes],
                "findings": listed(promotion.findings),
                "document": promotion.document,
            }
        )
