"""What can be done with a mapping over REST: check, preview, activate, pause."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import activation, delivery, samples
from crm_mappings.api.documents import (
    ActivateRequest,
    Findings,
    LiveRevision,
    MappingState,
    PreviewDocument,
    PreviewRequest,
    Refused,
    RevisionDocument,
    RollBackRequest,
)
from crm_mappings.api.mappings import SCOPE, find
from crm_mappings.api.pages import Newest
from crm_mappings.api.problems import SalesforceRefused, listed, refused
from crm_mappings.documents import mapping_document
from crm_mappings.models import Mapping, MappingRevision
from crm_mappings.plan.planner import FileContent, StepRef, Write
from crm_mappings.plan.rules import MappingError
from crm_mappings.salesforce.errors import OrgError
from responses.models import Response as Answered
from surveys.refusals import invalid


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
        request=ActivateRequest,
        responses={200: LiveRevision, 409: Refused},
    )
    def post(self, request: Request, key: str) -> Response:
        asked = ActivateRequest(data=request.data or {})
        asked.is_valid(raise_exception=True)
        note = asked.validated_data.get("note", "")
        try:
            revision = activation.activate(
                mapping=find(key), now=timezone.now(), note=note
            )
        except activation.MappingRefused as error:
            return refused(error.findings)
        return Response(LiveRevision(revision).data)


class MappingRevisions(ListAPIView[MappingRevision]):
    required_scopes = {"GET": SCOPE}
    serializer_class = RevisionDocument
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[MappingRevision]:
        return find(self.kwargs["key"]).revisions.select_related("activated_by")

    @extend_schema(
        operation_id="listMappingRevisions",
        summary="List the revisions of a mapping, newest first",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class MappingRollBack(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="rollBackMapping",
        summary="Let an earlier revision run again, as a new one",
        request=RollBackRequest,
        responses={200: LiveRevision, 409: Refused},
    )
    def post(self, request: Request, key: str) -> Response:
        mapping = find(key)
        asked = RollBackRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["revision"]
        revision = mapping.revisions.filter(number=number).first()
        if revision is None:
            text = _("The mapping has no revision %(number)d.") % {"number": number}
            raise ValidationError({"revision": [text]})
        try:
            made = activation.roll_back(
                revision=revision,
                now=timezone.now(),
                note=asked.validated_data.get("note", ""),
            )
        except activation.MappingRefused as error:
            return refused(error.findings)
        return Response(LiveRevision(made).data)


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
        mapping, now = find(key), timezone.now()
        asked = PreviewRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        responses = answered(mapping, asked.validated_data, now)
        try:
            seen = delivery.previews(
                responses=responses,
                document=mapping_document(mapping),
                connection=mapping.connection,
                now=now,
            )
        except MappingError as error:
            raise invalid(error.problems) from error
        except OrgError as error:
            raise SalesforceRefused(error) from error
        if asked.validated_data.get("latest"):
            return Response({"previews": list(map(as_previewed, seen))})
        return Response(as_previewed(seen[0]))


def answered(mapping: Mapping, asked: dict[str, Any], now: datetime) -> list[Answered]:
    if asked.get("latest"):
        return samples.latest(mapping, asked["latest"])
    if asked.get("made_up"):
        made = samples.made_up(mapping, asked.get("records", {}), now)
        if made is None:
            raise ValidationError({"made_up": [_("The survey is not published yet.")]})
        return [made]
    found = samples.find(mapping, str(asked["response"]))
    if found is None:
        raise ValidationError(
            {"response": [_("There is no such response to the mapping's survey.")]}
        )
    return [found]


def as_previewed(seen: delivery.Preview) -> dict[str, Any]:
    return {
        "response": str(seen.response.key),
        "writes": [as_written(write) for write in seen.plan.writes],
        "skipped": [asdict(skip) for skip in seen.plan.skipped],
        "problems": [asdict(problem) for problem in seen.plan.problems],
        "found": [asdict(one) for one in seen.plan.found],
        "reads": [asdict(call) for call in seen.reads],
        "calls": [asdict(call) for call in seen.writes],
    }


def as_written(write: Write) -> dict[str, Any]:
    return {
        "step": write.step,
        "action": write.action,
        "object": write.object,
        "record_id": write.record_id,
        "key_field": write.key_field,
        "key_value": write.key_value,
        "fields": {name: as_value(value) for name, value in write.fields.items()},
        "previous": write.previous,
        "note": write.note,
    }


def as_value(value: object) -> object:
    if isinstance(value, StepRef):
        return {"step": value.step}
    return {"file": value.upload} if isinstance(value, FileContent) else value
