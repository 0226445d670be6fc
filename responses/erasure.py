"""Owns the erasure of a response: what was answered and by whom is gone for good.

The row stays as a gravestone, so that nothing that refers to it breaks, and the dump's
changes tell those who copied it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from deployments import invitations
from responses import once, uploads
from responses.models import Change, Response
from responses.signals import response_erased


def erase(*, response: Response, now: datetime) -> bool:
    """Erase the response; True for the one caller who did.

    Answers, variables, record references and the invitation's person go. A link that
    was begun at an open door still leads here, to say so.
    Who listens to `response_erased` forgets its copies in the same transaction.
    """
    with transaction.atomic():
        erased = (
            Response.objects.filter(pk=response.pk)
            .exclude(status=Response.Status.ERASED)
            .update(
                status=Response.Status.ERASED,
                answers={},
                records={},
                variables={},
                last_page="",
                quality="",
                fingerprint="",
                updated_at=now,
            )
        )
        if not erased:
            return False
        uploads.forget_all(response)
        invitation = response.invitation or response.asked
        if invitation is not None:
            once.forget(invitation)
            invitations.forget(invitation=invitation, now=now)
        Change.objects.create(
            survey_id=response.survey_id,
            response_key=response.key,
            kind=Change.Kind.ERASED,
            at=now,
        )
        response_erased.send(Response, response=response, now=now)
    return True
