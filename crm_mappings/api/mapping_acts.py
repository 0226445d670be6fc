"""What can be done with a mapping over REST: check, preview, activate, pause."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import activation, delivery
from crm_mappings.api.documents import (
    Findings,
    LiveRevision,
    MappingState,
    PreviewDocument,
    PreviewRequest,
    Refused,
)
from crm_mappings.api.mappings import SCOPE, find
from crm_mappings.api.problems import SalesforceRefused, invalid, listed, refused
from crm_mappings.documents import mapping_document
from crm_mappings.models import Mapping
from crm_mappings.plan.planner import StepRef, Write
from crm_mappings.plan.rules import MappingError
from crm_mappings.salesforce.errors import OrgError
from responses.models import Response as Answered


class MappingCheck(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="checkMapping",
        summary="Prove the draft against the org and the published survey",
        request=None,
        responses={200: Findings, 409: Refused},
    )
    def post(self, _request: Request, key: str) -> Response:
        findings = activation.check(mapping=find(key), now=timezone.now())
        if any(map(activation.will_fail, findings)):
            return refused(findings)
        return Response({"findings": listed(findings)})


class MappingActivate(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="activateMapping",
        summary="Put the draft live as a new revision",
        request=None,
        responses={200: LiveRevision, 409: Refused},
    )
    def post(self, _request: Request, key: str) -> Response:
        try:
            revision = activation.activate(mapping=find(key), now=timezone.now())
        except activation.MappingRefused as error:
            return refused(error.findings)
        return Response(LiveRevision(revision).data)


class MappingPause(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="pauseMapping",
        summary="Stop writing responses that are completed from now on",
        request=None,
        responses=MappingState,
    )
    def post(self, _request: Request, key: str) -> Response:
        activation.pause(mapping=find(key))
        return Response(MappingState(find(key)).data)


class MappingPreview(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="previewMapping",
        summary="See what the draft would write for a response; writes nothing",
        request=PreviewRequest,
        responses=PreviewDocument,
    )
    def post(self, request: Request, key: str) -> Response:
        mapping = find(key)
        try:
            seen = delivery.preview(
                response=answered(mapping, request.data),
                document=mapping_document(mapping),
                connection=mapping.connection,
                now=timezone.now(),
            )
        except MappingError as error:
            raise invalid(error) from error
        except OrgError as error:
            raise SalesforceRefused(error) from error
        return Response(
            {
                "writes": [as_written(write) for write in seen.plan.writes],
                "skipped": [asdict(skip) for skip in seen.plan.skipped],
                "problems": [asdict(problem) for problem in seen.plan.problems],
            }
        )


def answered(mapping: Mapping, body: object) -> Answered:
    asked = PreviewRequest(data=body)
    asked.is_valid(raise_exception=True)
    rows = Answered.objects.filter(
        survey=mapping.survey, key=asked.validated_data["response"]
    )
    found = rows.select_related("version", "deployment").first()
    if found is None:
        raise ValidationError(
            {"response": [_("There is no such response to the mapping's survey.")]}
        )
    return found


def as_written(write: Write) -> dict[str, Any]:
    return {
        "step": write.step,
        "action": write.action,
        "object": write.object,
        "record_id": write.record_id,
        "key_field": write.key_field,
        "key_value": write.key_value,
        "fields": {
            name: {"step": value.step} if isinstance(value, StepRef) else value
            for name, value in write.fields.items()
        },
        "previous": write.previous,
        "note": write.note,
    }
