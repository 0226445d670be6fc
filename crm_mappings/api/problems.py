"""The problems that this room's API answers with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from crm_mappings.plan.check import Finding
from crm_mappings.plan.rules import MappingError
from crm_mappings.salesforce.errors import OrgError


class Conflict(APIException):
    """The request is well-formed but does not fit the state of things."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class SalesforceRefused(APIException):
    """The org did not do what it was asked."""

    status_code = status.HTTP_502_BAD_GATEWAY
    default_code = "salesforce-refused"

    def __init__(self, error: OrgError) -> None:
        super().__init__(f"{error.refusal.code}: {error.refusal.message}")


def invalid(error: MappingError) -> ValidationError:
    """Return all that is wrong in a document, each at its place."""
    problems: dict[str, list[str]] = {}
    for problem in error.problems:
        problems.setdefault(problem.path or "document", []).append(problem.message)
    return ValidationError(problems)


def listed(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]


def refused(findings: tuple[Finding, ...]) -> Response:
    """Answer that Salesforce would refuse the mapping, with every finding."""
    failing = [finding for finding in findings if finding.grade == "will_fail"]
    body = {
        "type": "urn:tellback:problem:mapping-refused",
        "title": _("Salesforce would refuse this mapping."),
        "status": status.HTTP_409_CONFLICT,
        "detail": " ".join(finding.message for finding in failing),
        "findings": listed(findings),
    }
    return Response(
        body,
        status=status.HTTP_409_CONFLICT,
        content_type="application/problem+json",
    )
