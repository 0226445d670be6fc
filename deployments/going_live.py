"""Sets a deployment live when nothing is missing, and pauses it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from deployments import sources
from deployments.addresses import is_address
from deployments.models import Deployment, SenderDomain, Trigger
from deployments.senders import domain_of_sender
from surveys.conditions import ConditionError, parse
from surveys.models import Survey

# Whose mails Tellback sends by itself.
MAILED = frozenset(
    {
        Deployment.Channel.TRIGGER,
        Deployment.Channel.MAILING,
        Deployment.Channel.RECURRING,
    }
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be right before it goes live."""

    about: str
    problems: tuple[str, ...]  # none: it is right


def missing(deployment: Deployment) -> list[str]:
    """Return what a person must do before the deployment can go live."""
    return [problem for check in checklist(deployment) for problem in check.problems]


def checklist(deployment: Deployment) -> list[Check]:
    """Return everything that its kind needs, and what of it is still to do."""
    asked = [(_("Survey"), _about_the_survey(deployment.survey))]
    if deployment.channel in MAILED:
        asked.append((_("Sender"), _about_the_sender(deployment)))
    if deployment.channel == Deployment.Channel.TRIGGER:
        asked.append((_("Triggers"), _about_the_triggers(deployment)))
    if deployment.channel == Deployment.Channel.LINKS and deployment.triggers.exists():
        asked.append((_("Triggers"), _wrong_triggers(deployment)))
    if deployment.channel == Deployment.Channel.RECURRING:
        asked.append((_("Lists of people"), _about_the_lists(deployment)))
    if deployment.channel == Deployment.Channel.MAILING:
        asked.append((_("Lists of people"), _wrong_lists(deployment)))
    if deployment.send_days or deployment.send_from or deployment.send_until:
        asked.append((_("When mails go out"), _about_the_window(deployment)))
    if deployment.test_mode and deployment.channel != Deployment.Channel.WEB:
        asked.append((_("Test mode"), _about_the_test(deployment)))
    return [Check(about=about, problems=tuple(found)) for about, found in asked]


def advice(deployment: Deployment) -> list[str]:
    """Return what does not keep it from going live, and should be looked at."""
    return [*_about_the_address(), *_about_the_domain(deployment)]


def trigger_problems(trigger: Trigger) -> list[str]:
    """Return why this trigger cannot invite anybody."""
    problems = []
    if not trigger.email_field:
        problems.append(_("Say in which field the e-mail address is."))
    if problem := source_problem(trigger.source):
        problems.append(problem)
    try:
        if trigger.condition is not None:
            parse(trigger.condition)
    except ConditionError as error:
        problems.append(
            _("Its condition cannot be read: %(why)s") % {"why": error.message}
        )
    return problems


def source_problem(source: str) -> str:
    """Return why nothing comes from a source, in words."""
    if not source:
        return _("Choose its source: the org or system that tells what happens.")
    if source not in dict(sources.all_choices()):
        return _("Its source is not connected any more: choose another.")
    return sources.get(source).problem(source)


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


def _about_the_test(deployment: Deployment) -> Iterator[str]:
    if not is_address(deployment.test_address):
        yield _("Say where the mails of a test go: give a safe address.")


def _about_the_window(deployment: Deployment) -> Iterator[str]:
    window = deployment.window
    if window.closes and window.closes <= window.opens:
        yield _("The hours in which mails go out close before they open.")


def _about_the_lists(deployment: Deployment) -> Iterator[str]:
    if not deployment.lists.filter(is_active=True).exists():
        yield _("Add a list of people: who is asked again and again?")
    yield from _wrong_lists(deployment)


def _wrong_lists(deployment: Deployment) -> Iterator[str]:
    for people in deployment.lists.filter(is_active=True).order_by("pk"):
        if problem := source_problem(people.source):
            yield _("List “%(name)s”: %(problem)s") % {
                "name": people.name,
                "problem": problem,
            }


def _about_the_address() -> Iterator[str]:
    if urlsplit(settings.BASE_URL).hostname in {"127.0.0.1", "localhost"}:
        yield _(
            "BASE_URL is %(address)s: the links in mails work on this machine alone."
        ) % {"address": settings.BASE_URL}


def _about_the_domain(deployment: Deployment) -> Iterator[str]:
    if deployment.channel not in MAILED:
        return
    domain = domain_of_sender(deployment.sender_email)
    row = SenderDomain.objects.filter(domain=domain).first()
    if row is None:
        return
    lacks = [
        one["record"] for one in row.findings if one["state"] in {"missing", "wrong"}
    ]
    if lacks:
        yield _(
            "Mail of %(domain)s may be taken for spam: its DNS lacks %(records)s. The "
            "lines to add are at the sender's domain."
        ) % {"domain": domain, "records": ", ".join(lacks)}


def _about_the_triggers(deployment: Deployment) -> Iterator[str]:
    if not deployment.triggers.filter(is_active=True).exists():
        yield _("Add a trigger: what must happen for somebody to be asked?")
    yield from _wrong_triggers(deployment)


def _wrong_triggers(deployment: Deployment) -> Iterator[str]:
    for trigger in deployment.triggers.filter(is_active=True).order_by("pk"):
        for problem in trigger_problems(trigger):
            yield _("Trigger on %(object)s: %(problem)s") % {
                "object": trigger.object,
                "problem": problem,
            }
