"""Takes in that mail came back or was complained about, and draws the consequences.

Only what Tellback has mailed can come back: a report about anybody else does nothing.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.bounces.reports import Bounce, Kind, Report
from deployments.invitations import follow_ups
from deployments.models import Invitation, Suppression
from deployments.signals import invitation_changed
from deployments.suppression import suppress

OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.f?\d+)*@")
UNKNOWN = "unknown"


def take(*, report: Report, now: datetime) -> Counter[str]:
    """Note each bounce at its invitation; return how many of each kind there were."""
    taken: Counter[str] = Counter()
    for bounce in report.bounces:
        invitation = find(bounce.email, report.message_ids)
        if invitation is None:
            taken[UNKNOWN] += 1
            continue
        _take(invitation, bounce, now)
        taken[bounce.kind] += 1
    return taken


@transaction.atomic
def _take(invitation: Invitation, bounce: Bounce, now: datetime) -> None:
    final = bounce.kind is not Kind.SOFT
    row = Invitation.objects.filter(pk=invitation.pk)
    if final:
        first = row.filter(bounced_at=None).update(bounced_at=now)
        _suppress(invitation, bounce, now)
        follow_ups.stop(invitation=invitation, reason=_("The mail came back."))
    else:
        first = row.filter(bounce="").count()
    # A soft bounce that comes late does not hide that the address is no good.
    noted = row if final else row.filter(bounced_at=None)
    noted.update(
        bounce=bounce.kind, bounce_said=f"{bounce.status} {bounce.said}".strip()
    )
    if first:
        milestone = "complained" if bounce.kind is Kind.COMPLAINT else "bounced"
        invitation_changed.send(Invitation, invitation=invitation, milestone=milestone)


def _suppress(invitation: Invitation, bounce: Bounce, now: datetime) -> None:
    if invitation.is_test:
        return  # the mail was not to this person
    complained = bounce.kind is Kind.COMPLAINT
    reason = Suppression.Reason.COMPLAINED if complained else Suppression.Reason.BOUNCED
    suppress(email=invitation.email, reason=reason, note=bounce.said, now=now)


def find(email: str, message_ids: Sequence[str]) -> Invitation | None:
    """By the id of the mail that came back, else by the address we mailed last."""
    ids = [uuid.UUID(found[1]) for each in message_ids if (found := OURS.match(each))]
    rows = (
        Invitation.objects.exclude(email="")
        .defer("token")
        .select_related("deployment__survey")
    )
    # A worker may have died, or not have come to note that it had sent the mail.
    handed_over = rows.exclude(message_id="")
    by_id = handed_over.filter(public_id__in=ids).first() if ids else None
    if by_id or not email:
        return by_id
    mailed = rows.exclude(sent_at=None).filter(email=email)
    return mailed.order_by("-sent_at").first()
