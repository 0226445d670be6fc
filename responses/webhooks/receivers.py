"""Hears what happens to responses and invitations, and puts it into the outbox.

It runs inside the transaction of what happened: one row for each webhook that wants
it, and a ring.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from deployments.api.invitations import InvitationSerializer
from deployments.models import Invitation
from responses.api.documents import ResponseSerializer, rows
from responses.models import Response
from responses.webhooks import events
from responses.webhooks.outbox import News, publish, wants

RESPONSE_EVENTS = {
    "completed": _("was completed"),
    "screened_out": _("was screened out"),
    "erased": _("was erased"),
}
INVITATION_EVENTS = {
    "invited": _("was made"),
    "sent": _("was mailed"),
    "reminded": _("was mailed again"),
    "opened": _("was opened"),
    "started": _("was begun to be answered"),
    "completed": _("was answered"),
    "thanked": _("was thanked for"),
    "cancelled": _("was taken back"),
    "expired": _("ended unanswered"),
    "bounced": _("could not be mailed"),
    "complained": _("was called spam"),
}


def tell_completed(*, response: Response, **_signal: Any) -> None:
    _publish_response(response, "completed", response.completed_at or timezone.now())


def tell_screened_out(*, response: Response, **_signal: Any) -> None:
    _publish_response(response, "screened_out", response.completed_at or timezone.now())


def tell_erased(*, response: Response, now: datetime, **_signal: Any) -> None:
    _publish_response(response, "erased", now)


def wants_milestone(milestone: str) -> bool:
    return wants(f"invitation.{milestone}")


def tell_milestone(*, invitation: Invitation, milestone: str, **_signal: Any) -> None:
    at = getattr(invitation, f"{milestone}_at", None)
    if milestone == "invited":
        at = invitation.created_at
    news = News(
        event=f"invitation.{milestone}",
        subject=str(invitation.public_id),
        survey_id=invitation.deployment.survey_id,
        at=at or timezone.now(),
        facts={"deployment": invitation.deployment.key},
    )
    publish([news])


def _publish_response(response: Response, name: str, at: datetime) -> None:
    if not wants(f"response.{name}"):
        return
    publish(
        [
            News(
                event=f"response.{name}",
                subject=str(response.key),
                survey_id=response.survey_id,
                at=at,
                thread=thread(response),
                facts={"survey": response.survey.key},
            )
        ]
    )


def thread(response: Response) -> str:
    """What a response has in common with the invitation that it answers."""
    invitation = response.invitation
    return str(invitation.public_id if invitation else response.key)


def register_events() -> None:
    events.register(
        events.Subject(
            name="response", events=RESPONSE_EVENTS, describe=_describe_response
        )
    )
    events.register(
        events.Subject(
            name="invitation", events=INVITATION_EVENTS, describe=_describe_invitation
        )
    )


def _describe_response(key: str) -> dict[str, Any] | None:
    row = rows().filter(key=UUID(key)).first()
    return dict(ResponseSerializer(row).data) if row else None


def _describe_invitation(key: str) -> dict[str, Any] | None:
    invitations = Invitation.objects.select_related("deployment").defer("token")
    row = invitations.filter(public_id=UUID(key)).first()
    return dict(InvitationSerializer(row).data) if row else None
