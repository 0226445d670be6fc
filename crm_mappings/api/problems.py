"""The problems that this room's API answers with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from crm_mappings.plan.check import Finding
from crm_mappings.salesforce.errors import OrgError


class SalesforceRefused(APIException):
    """The org did not do what it was asked."""

    status_code = status.HTTP_502_BAD_GATEWAY
    default_code = "salesforce-refused"

    def __init__(self, error: OrgError) -> None:
        super().__init__(f"{error.refusal.code}: {error.refusal.message}")


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
