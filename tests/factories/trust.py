"""A tracking link whose page tells people something before they answer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from deployments.invitations import Invited
from surveys.models import SurveyVersion
from tests.factories.deployments import make_deployment, make_invitation

SECRETS = {"Case": "500D000001AbCdEIAV"}


def told(version: SurveyVersion, **fields: Any) -> Invited:
    """A tracking link of a deployment that says these things."""
    deployment = make_deployment(version.survey, **fields)
    return make_invitation(
        deployment,
        now=timezone.now(),
        records=SECRETS,
        variables={"agent": "E-17"},
        name="Ada",
    )
