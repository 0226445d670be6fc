"""Owns that a person answers a deployment once, however often they are invited.

What is kept is a hash that only this installation can make, beside no response.
"""

from __future__ import annotations

import secrets

from django.utils.crypto import salted_hmac

from deployments.models import Deployment, Invitation
from responses.models import AnsweredOnce, Response

SALT = "responses.once"


class AnsweredAlready(Exception):
    """The person has answered by another invitation."""


def has_answered(deployment: Deployment, invitation: Invitation | None) -> bool:
    if not deployment.once_per_person or not _is_person(invitation):
        return False
    return AnsweredOnce.objects.filter(
        deployment=deployment, person=_person(invitation)
    ).exists()


def note(response: Response) -> None:
    """Keep that this person answers, in the completing transaction."""
    deployment = response.deployment
    invitation = response.invitation or response.asked
    if deployment is None or not deployment.once_per_person:
        return
    if response.is_test or not _is_person(invitation):
        return
    _row, made = AnsweredOnce.objects.get_or_create(
        deployment=deployment,
        person=_person(invitation),
        # By chance: beside rows in the order of the answers, whose is whose would show.
        defaults={"pk": secrets.randbits(62)},
    )
    if not made:
        raise AnsweredAlready


def forget(invitation: Invitation) -> None:
    """Of who asks to be erased nothing is known any more: not even this."""
    if _is_person(invitation):
        AnsweredOnce.objects.filter(
            deployment=invitation.deployment_id, person=_person(invitation)
        ).delete()


def _is_person(invitation: Invitation | None) -> bool:
    return invitation is not None and bool(invitation.email)


def _person(invitation: Invitation | None) -> str:
    address = invitation.email.lower() if invitation else ""
    return salted_hmac(SALT, address, algorithm="sha256").hexdigest()
