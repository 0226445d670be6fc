"""Managed mappings over REST: proposed, written as a package, validated, deployed,
followed until all is verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm_mappings import provisioning
from crm_mappings.api.managed_documents import (
    Asked,
    DeployRequest,
    PackageRequest,
    ProposalDocument,
    SetUp,
)
from crm_mappings.api.mappings import SCOPE
from crm_mappings.api.pages import Newest
from crm_mappings.api.problems import SalesforceRefused
from crm_mappings.models import Connection, Provisioning
from crm_mappings.provisioning import CannotPropose, CannotStart
from crm_mappings.salesforce.errors import OrgError
from surveys.models import Survey
from surveys.refusals import Conflict
from surveys.sharing import seen


class ManagedProposal(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="proposeManagedMapping",
        summary="See what a survey needs in an org, and what of it is there",
        description="Only reads.",
        request=Asked,
        responses=ProposalDocument,
    )
    def post(self, request: Request) -> Response:
        told = read(Asked(data=request.data))
        with explained():
            proposal = provisioning.propose(**about(told), now=timezone.now())
        return Response(ProposalDocument(proposal).data)


class ManagedPackage(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="packageManagedMapping",
        summary="Take the same as a package for an administrator to deploy",
        request=PackageRequest,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponse:
        told = read(PackageRequest(data=request.data))
        with explained():
            proposal = provisioning.propose(**about(told), now=timezone.now())
        source = bool(told.get("source"))
        name = f"tellback-{proposal.survey}-{'source' if source else 'package'}.zip"
        return HttpResponse(
            provisioning.package(proposal, source=source),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class ManagedMappingList(ListAPIView[Provisioning]):
    required_scopes = {"GET": SCOPE, "POST": SCOPE}
    serializer_class = SetUp
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Provisioning]:
        return set_ups()

    @extend_schema(operation_id="listSetUps", summary="List set-ups of orgs")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="deployManagedMapping",
        summary="Create what a survey needs in an org, and the mapping that fills it",
        description="Answers at once; the workers carry it. Follow it until "
        "`under_way` is false. What is there already is left alone.",
        request=DeployRequest,
        responses={202: SetUp},
    )
    def post(self, request: Request) -> Response:
        told = read(DeployRequest(data=request.data))
        with explained():
            row = provisioning.start(
                **about(told),
                now=timezone.now(),
                check_only=bool(told.get("validate_only")),
            )
        return Response(SetUp(row).data, status=status.HTTP_202_ACCEPTED)


class ManagedMappingDetail(APIView):
    required_scopes = {"GET": SCOPE}

    @extend_schema(
        operation_id="followSetUp",
        summary="See how far a set-up is, and what came of it",
        responses=SetUp,
    )
    def get(self, _request: Request, pk: int) -> Response:
        row = find(pk)
        provisioning.watch(row=row, now=timezone.now())
        return Response(SetUp(row).data)


class ManagedMappingCancel(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="cancelSetUp",
        summary="Stop a set-up that has not done its work",
        request=None,
        responses=SetUp,
    )
    def post(self, _request: Request, pk: int) -> Response:
        if not provisioning.cancel(row=find(pk), now=timezone.now()):
            raise Conflict(_("It was too late to cancel it."))
        return Response(SetUp(find(pk)).data)


class ManagedMappingGoOn(APIView):
    required_scopes = {"POST": SCOPE}

    @extend_schema(
        operation_id="goOnWithSetUp",
        summary="Take up a set-up that failed, after putting right what was wrong",
        request=None,
        responses=SetUp,
    )
    def post(self, _request: Request, pk: int) -> Response:
        if not provisioning.go_on(row=find(pk), now=timezone.now()):
            raise Conflict(
                _("It has not failed, or another one for the same is under way.")
            )
        return Response(SetUp(find(pk)).data)


def set_ups() -> QuerySet[Provisioning]:
    rows = Provisioning.objects.filter(survey__isnull=False)
    return seen(rows.select_related("survey", "connection", "mapping"), "survey")


def find(pk: int) -> Provisioning:
    return get_object_or_404(set_ups(), pk=pk)


def read(asked: Any) -> dict[str, Any]:
    asked.is_valid(raise_exception=True)
    told: dict[str, Any] = asked.validated_data
    return told


def about(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is named, found; without records what is usual for the survey."""
    survey = seen(Survey.objects.all()).filter(key=told["survey"]).first()
    connection = Connection.objects.filter(key=told["connection"]).first()
    missing = {
        name: [_("There is no such %(what)s.") % {"what": name}]
        for name, row in (("survey", survey), ("connection", connection))
        if row is None
    }
    if survey is None or connection is None:
        raise ValidationError(missing)
    records = told.get("records")
    if records is None:
        records = provisioning.record_choices(survey)[1]
    return {"survey": survey, "connection": connection, "records": records}


@contextmanager
def explained() -> Iterator[None]:
    """What keeps it from being done is the caller's to know."""
    try:
        yield
    except (CannotPropose, CannotStart) as error:
        raise Conflict(str(error)) from error
    except OrgError as error:
        raise SalesforceRefused(error) from error
