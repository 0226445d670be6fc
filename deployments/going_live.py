"""Sets a deployment live when nothing is missing, and pauses it again."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _

from deployments import sources
from deployments.addresses import is_address
from deployments.models import Deployment, Trigger
from surveys.conditions import ConditionError, parse
from surveys.models import Survey


class NotReady(Exception):
    """Something is missing; `problems` says what, in words."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def go_live(*, deployment: Deployment) -> bool:
    """Set it live; False when it was; raises `NotReady` when something is missing."""
    if problems := missing(deployment):
        raise NotReady(problems)
    return _become(deployment, Deployment.Status.LIVE)


def pause(*, deployment: Deployment) -> bool:
    """Ask nobody new and hold mails back; links that are out there still work."""
    return _become(deployment, Deployment.Status.PAUSED)


def missing(deployment: Deployment) -> list[str]:
    """Return what a person must do before the deployment can go live."""
    problems = list(_about_the_survey(deployment.survey))
    if deployment.test_mode and not is_address(deployment.test_address):
        problems.append(_("Say where the mails of a test go: give a safe address."))
    if deployment.channel == Deployment.Channel.TRIGGER:
        problems += _about_the_sender(deployment)
        problems += _about_the_triggers(deployment)
    if deployment.channel == Deployment.Channel.MAILING:
        problems += _about_the_sender(deployment)
    return problems


def trigger_problems(trigger: Trigger) -> list[str]:
    """Return why this trigger cannot invite anybody."""
    problems = []
    if not trigger.email_field:
        problems.append(_("Say in which field the e-mail address is."))
    if trigger.source not in dict(sources.all_choices()):
        problems.append(_("Its source is not connected any more: choose another."))
    try:
        if trigger.condition is not None:
            parse(trigger.condition)
    except ConditionError as error:
        problems.append(
            _("Its condition cannot be read: %(why)s") % {"why": error.message}
        )
    return problems


def _become(deployment: Deployment, status: Deployment.Status) -> bool:
    changed = (
        Deployment.objects.filter(pk=deployment.pk)
        .exclude(status=status)
        .update(status=status)
    )
    deployment.status = status
    return bool(changed)


def _about_the_survey(survey: Survey) -> Iterator[str]:
    if survey.live_version_id is None:
        yield _("Publish the survey “%(survey)s”.") % {"survey": survey}
    elif survey.status != Survey.Status.LIVE:
        yield _("Open the survey “%(survey)s” again; it is closed.") % {
            "survey": survey
        }


def _about_the_sender(deployment: Deployment) -> Iterator[str]:
    own = deployment.sender_email.strip()
    if own and not is_address(own):
        yield _("Correct the sender's address: “%(address)s”.") % {"address": own}
    elif not own and parseaddr(settings.DEFAULT_FROM_EMAIL)[1].endswith("@localhost"):
        yield _("Give the sender's address from which the mails come.")


def _about_the_triggers(deployment: Deployment) -> Iterator[str]:
    triggers = list(deployment.triggers.filter(is_active=True).order_by("pk"))
    if not triggers:
        yield _("Add a trigger: what must happen for somebody to be asked?")
    for trigger in triggers:
        for problem in trigger_problems(trigger):
            yield _("Trigger on %(object)s: %(problem)s") % {
                "object": trigger.object,
                "problem": problem,
            }
