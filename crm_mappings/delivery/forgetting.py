"""Takes the copies of an erased response out of the outbox and its log.

What was written to Salesforce stays there; which records that were stays known, so
that somebody can see to them.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from crm_mappings.models import Attempt, WriteBack, WrittenRecord
from responses.models import Response

ERASED = "RESPONSE_ERASED"


def forget(*, response: Response, now: datetime) -> None:
    """Stop what was not written yet; a worker that is sending cannot settle it."""
    rows = WriteBack.objects.filter(response=response)
    rows.exclude(state=WriteBack.State.WRITTEN).update(
        state=WriteBack.State.SKIPPED,
        error_class="",
        error_code=ERASED,
        lease_token=None,
        settled_at=now,
    )
    rows.update(before={}, rule=None, reason="")
    rows.filter(error_code=ERASED).update(reason=_("The response was erased."))
    WrittenRecord.objects.filter(write_back__response=response).update(
        fields={}, previous=None
    )
    Attempt.objects.filter(write_back__response=response).update(
        message="", exchange=[]
    )
