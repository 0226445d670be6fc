"""Owns what the admin's first page says: what needs a person, the first steps of a
new installation, and how the last week went.

Each fact is one bounded query, and is asked only for who may see what it links to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from config.health import workers_are_alive
from crm_mappings.models import Connection, Mapping, WriteBack
from deployments.models import Deployment, Invitation, TriggerEvent
from responses.models import Response
from responses.scheduled.models import ScheduledDump
from surveys.models import Survey
from surveys.sharing import seen_by

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that stands still until a person acts. `url` is where to act."""

    words: Words
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    name: Words
    why: Words
    url: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: Words
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    needs: tuple[Need, ...]
    steps: tuple[FirstStep, ...]
    figures: tuple[Figure, ...]


def home_of(user: User | AnonymousUser, *, now: datetime) -> Home:
    """What this user is shown: nothing of what they may not look at."""
    steps = tuple(_first_steps(user))
    return Home(
        needs=tuple(_needs(user, now=now)),
        # Once all is done, the steps have done theirs.
        steps=() if all(step.done for step in steps) else steps,
        figures=tuple(_figures(user, since=now - WEEK)),
    )


def _needs(user: User | AnonymousUser, *, now: datetime) -> Iterator[Need]:
    if _may(user, Connection):
        for one in Connection.objects.filter(status=Connection.Status.PAUSED)[:5]:
            words = _("The connection “{name}” is paused: {problem}")
            yield Need(
                words=format_lazy(words, name=one.name, problem=one.problem),
                url=reverse("admin:crm_mappings_connection_change", args=[one.pk]),
            )
    if _may(user, Mapping):
        active = Mapping.objects.filter(status=Mapping.Status.ACTIVE)
        for mapping in active.exclude(problem="")[:5]:
            words = _("The mapping “{name}” stands still: {problem}")
            yield Need(
                words=format_lazy(words, name=mapping.name, problem=mapping.problem),
                url=reverse("admin:crm_mappings_mapping_change", args=[mapping.pk]),
            )
    if _may(user, ScheduledDump):
        failing = seen_by(user, ScheduledDump.objects.exclude(problem=""), "survey")
        for dump in failing.defer("secret")[:5]:
            words = _("The scheduled dump “{name}” fails: {problem}")
            yield Need(
                words=format_lazy(words, name=dump.name, problem=dump.problem),
                url=reverse("admin:dumps_scheduleddump_change", args=[dump.pk]),
            )
    yield from _counted_needs(user)
    if user.is_superuser and not workers_are_alive(now=now):
        yield Need(
            words=_(
                "No worker has been heard of for five minutes: nothing is mailed or "
                "written. Start “manage.py workers”."
            )
        )


def _counted_needs(user: User | AnonymousUser) -> Iterator[Need]:
    if count := _count(user, WriteBack.objects.filter(state=WriteBack.State.HELD)):
        words = ngettext(
            "%(count)d response is not in Salesforce and waits for a person.",
            "%(count)d responses are not in Salesforce and wait for a person.",
            count,
        )
        yield Need(
            words=words % {"count": count},
            url=_list(WriteBack, state__exact=WriteBack.State.HELD),
        )
    mails = Invitation.Mail
    stuck = Invitation.objects.filter(mail__in=[mails.FAILED, mails.UNKNOWN])
    if count := _count(user, stuck):
        words = ngettext(
            "%(count)d invitation was perhaps not sent.",
            "%(count)d invitations were perhaps not sent.",
            count,
        )
        yield Need(
            words=words % {"count": count},
            url=_list(Invitation, mail__in=f"{mails.FAILED},{mails.UNKNOWN}"),
        )
    failed = TriggerEvent.objects.filter(state=TriggerEvent.State.FAILED)
    if count := _count(user, failed):
        words = ngettext(
            "%(count)d event could not be decided.",
            "%(count)d events could not be decided.",
            count,
        )
        yield Need(
            words=words % {"count": count},
            url=_list(TriggerEvent, state__exact=TriggerEvent.State.FAILED),
        )


def _first_steps(user: User | AnonymousUser) -> Iterator[FirstStep]:
    if _may(user, Survey, "add"):
        live = Survey.objects.filter(status=Survey.Status.LIVE).exists()
        yield FirstStep(
            name=_("Make a survey and publish it"),
            why=_("Begin with a ready-made one, or with an empty page."),
            url=_list(Survey) if live else reverse("admin:surveys_survey_add"),
            done=live,
        )
    if _may(user, Connection, "add"):
        connected = Connection.objects.exclude(status=Connection.Status.NEW).exists()
        yield FirstStep(
            name=_("Connect your Salesforce org"),
            why=_("A guide gives the exact values to paste into Salesforce."),
            url=_first(Connection),
            done=connected,
        )
    if _may(user, Deployment, "add"):
        yield FirstStep(
            name=_("Say who is asked, and when"),
            why=_("When a case is closed, by a mailing, or behind a web link."),
            url=_first(Deployment),
            done=Deployment.objects.filter(status=Deployment.Status.LIVE).exists(),
        )
    if _may(user, Mapping, "add"):
        yield FirstStep(
            name=_("Map the answers to fields of Salesforce"),
            why=_("See the exact record in a preview before anything is written."),
            url=_first(Mapping),
            done=Mapping.objects.filter(status=Mapping.Status.ACTIVE).exists(),
        )


def _figures(user: User | AnonymousUser, *, since: datetime) -> Iterator[Figure]:
    if _may(user, Invitation):
        invited = Invitation.objects.filter(created_at__gte=since).count()
        yield Figure(name=_("invited"), count=invited, url=_list(Invitation))
    if _may(user, Response):
        begun = (
            Response.objects.counted()
            .filter(started_at__gte=since)
            .aggregate(
                started=Count("pk"),
                completed=Count("pk", Q(completed_at__isnull=False)),
            )
        )
        yield Figure(name=_("started"), count=begun["started"], url=_list(Response))
        yield Figure(name=_("completed"), count=begun["completed"], url=_list(Response))
    if _may(user, WriteBack):
        written = WriteBack.objects.filter(
            state=WriteBack.State.WRITTEN, created_at__gte=since
        )
        yield Figure(
            name=_("written to Salesforce"), count=written.count(), url=_list(WriteBack)
        )


def _may(user: User | AnonymousUser, model: type[Model], act: str = "view") -> bool:
    room, name = _label(model)
    return user.has_perm(f"{room}.{act}_{name}")


def _count(user: User | AnonymousUser, rows: QuerySet[Any]) -> int:
    return rows.count() if _may(user, rows.model) else 0


def _list(model: type[Model], **filters: str) -> str:
    room, name = _label(model)
    page = reverse(f"admin:{room}_{name}_changelist")
    query = urlencode(filters, safe=",")
    return f"{page}?{query}" if query else page


def _first(model: type[Any]) -> str:
    """The list where there is something in it, else the form that makes the first."""
    if model.objects.exists():
        return _list(model)
    room, name = _label(model)
    return reverse(f"admin:{room}_{name}_add")


def _label(model: type[Model]) -> tuple[str, str]:
    options = model._meta  # noqa: SLF001 - Django's own name for a public thing
    return options.app_label, str(options.model_name)
