"""Deployments and invitations with honest defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from deployments.invitations import Invited, invite
from deployments.models import Deployment, Trigger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
numbers = count(1)


def make_deployment(survey: Any, **fields: Any) -> Deployment:
    """A live deployment of `survey`, by trigger unless told otherwise."""
    number = next(numbers)
    defaults = {
        "key": f"case-closed-{number}",
        "name": f"After a closed case {number}",
        "channel": Deployment.Channel.TRIGGER,
        "status": Deployment.Status.LIVE,
        "sender_name": "Ada's Support",
        "sender_email": "support@example.com",
    }
    return Deployment.objects.create(survey=survey, **defaults | fields)


def make_trigger(deployment: Deployment, **fields: Any) -> Trigger:
    """Every closed case of the production org, to the address on the case."""
    defaults = {
        "source": "salesforce:production",
        "object": "Case",
        "email_field": "ContactEmail",
        "name_field": "ContactName",
        "records": {"Case": "Id"},
    }
    return Trigger.objects.create(deployment=deployment, **defaults | fields)


def make_invitation(
    deployment: Deployment,
    *,
    email: str = "ada@example.com",
    now: datetime = NOW,
    send: bool = False,
    **fields: Any,
) -> Invited:
    """One invitation with its token: `.invitation`, `.token`, `.url`."""
    return invite(deployment=deployment, email=email, now=now, send=send, **fields)
