"""Hears that a response was completed, and puts it into the outbox; or was erased,
and forgets it.

It runs inside the respondent's transaction: rows and a ring, nothing that can fail
for a reason of the CRM's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm_mappings.delivery import forgetting, outbox
from deployments.doorbell import ring
from responses.models import Response

DELIVER = "crm_mappings.tasks.deliver"


def put_into_outbox(*, response: Response, **_signal: Any) -> None:
    assert response.completed_at is not None  # noqa: S101 - the database says so too
    if outbox.enqueue(response=response, now=response.completed_at):
        ring(DELIVER)


def forget_erased(*, response: Response, now: datetime, **_signal: Any) -> None:
    forgetting.forget(response=response, now=now)
