"""Tells webhooks what became of write-backs, in the transaction that settled them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from crm_mappings.models import WriteBack
from responses.webhooks import outbox

EVENTS = {
    "written": _("was written to Salesforce"),
    "held": _("is held: a person must act"),
    "skipped": _("was skipped, with the reason"),
    "undone": _("was put back"),
}


def tell(keys: Sequence[int], *, now: datetime) -> int:
    """Tell of the write-backs with these ids, each as its state is by now."""
    if not keys or not any(outbox.wants(f"write_back.{name}") for name in EVENTS):
        return 0
    rows = WriteBack.objects.filter(pk__in=keys, state__in=EVENTS).order_by("pk")
    related = ("response__invitation", "mapping")
    return outbox.publish(
        _news(row, now)
        for row in rows.select_related(*related).defer("response__invitation__token")
    )


def _news(row: WriteBack, now: datetime) -> outbox.News:
    invitation = row.response.invitation
    return outbox.News(
        event=f"write_back.{row.state}",
        subject=str(row.pk),
        survey_id=row.response.survey_id,
        at=now,
        thread=str(invitation.public_id if invitation else row.response.key),
        facts={"mapping": row.mapping.key, "response": str(row.response.key)},
    )
