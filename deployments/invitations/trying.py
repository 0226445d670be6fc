"""Shows how a mail reads, and sends one as a test: to a person who asks for it, with
a link that works and whose answers are marked."""

from __future__ import annotations

from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from deployments import emails
from deployments.handover import Counter, HandoverError
from deployments.links import hash_token, new_token
from deployments.models import Deployment, FollowUp, FollowUpMail, Invitation

SAMPLE = "sample"  # stands where the secret part of a link will be


class NotTried(Exception):
    """The test mail did not go out; the text says why."""


def languages_of(deployment: Deployment) -> list[str]:
    """The languages in which somebody may be written to, the survey's own first."""
    survey = deployment.survey
    version = survey.live_version
    spoken = (version.definition.get("languages") if version else None) or []
    written = [*deployment.subject, *deployment.body]
    first = survey.default_language
    return list(dict.fromkeys([first, *spoken, *written]))


def sample(
    *,
    deployment: Deployment,
    language: str,
    follow_up: FollowUp | None,
    now: datetime,
    name: str = "Ada Lovelace",
) -> EmailMultiAlternatives:
    """A mail as somebody would get it; nothing is stored and nothing is sent."""
    invitation = _row(deployment, "ada@example.com", name, language, SAMPLE, now)
    invitation.is_test = False
    return _mail(invitation, follow_up)


def send(
    *,
    deployment: Deployment,
    email: str,
    name: str,
    language: str,
    follow_up: FollowUp | None,
    now: datetime,
) -> Invitation:
    """Mail one to an address, now; raises `NotTried` with the provider's words."""
    if deployment.survey.live_version is None:
        raise NotTried(_("Publish the survey first: the link must lead somewhere."))
    invitation = _row(deployment, email, name, language, new_token(), now)
    invitation.save()
    message = _mail(invitation, follow_up)
    message.to = [email]
    counter = Counter()
    try:
        counter.hand_over(message)
    except HandoverError as error:
        raise NotTried(
            _("The mail was not taken: %(error)s") % {"error": error}
        ) from error
    finally:
        counter.close()
    return invitation


def _row(
    deployment: Deployment,
    email: str,
    name: str,
    language: str,
    token: str,
    now: datetime,
) -> Invitation:
    """It waits for no mail: what tries it out is handed over at once."""
    return Invitation(
        deployment=deployment,
        token=token,
        token_hash=hash_token(token),
        email=email,
        name=name,
        language=language,
        is_test=True,
        created_at=now,
    )


def _mail(invitation: Invitation, follow_up: FollowUp | None) -> EmailMultiAlternatives:
    if follow_up is None:
        return emails.build(invitation)
    row = FollowUpMail(pk=0, invitation=invitation, follow_up=follow_up)
    return emails.build(invitation, emails.follow_up_draft(row))
