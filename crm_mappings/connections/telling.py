"""Owns who hears of a connection's trouble, and the mail that says it: once for each
problem, whoever finds it, and again only when there is a new one."""

from __future__ import annotations

import logging
from datetime import datetime

from anymail.exceptions import AnymailError
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from crm_mappings.models import Connection, SchemaChange, WriteBack

log = logging.getLogger(__name__)


def recipients(connection: Connection) -> list[str]:
    """Return who is told: those named, or everybody who may change connections."""
    named = [address.strip() for address in connection.tell.split(",")]
    if any(named):
        return sorted({address for address in named if address})
    rights = Q(user_permissions__codename="change_connection") | Q(
        groups__permissions__codename="change_connection"
    )
    people = get_user_model().objects.filter(
        Q(is_superuser=True) | rights, is_active=True, is_staff=True
    )
    found = people.exclude(email="").values_list("email", flat=True)
    return sorted(set(found))


def tell_of_problems(*, now: datetime) -> int:
    """Mail each problem that nobody has been told of; return how many."""
    told = 0
    untold = Connection.objects.filter(told_at=None).exclude(problem="")
    for connection in untold.order_by("pk"):
        told += _tell(connection, now)
    return told


def _tell(connection: Connection, now: datetime) -> bool:
    # The claim comes first: of two workers, one mails.
    mine = Connection.objects.filter(
        pk=connection.pk, told_at=None, problem=connection.problem
    )
    if not mine.update(told_at=now):
        return False
    subject, body = _words(connection)
    if _mail(recipients(connection), subject, body):
        return True
    Connection.objects.filter(pk=connection.pk, told_at=now).update(told_at=None)
    return False


def _words(connection: Connection) -> tuple[str, str]:
    values = {
        "name": connection.name,
        "problem": connection.problem,
        "waiting": _waiting(connection),
        "link": admin_link(connection),
        "other": connection.stand_by.name if connection.stand_by else "",
    }
    if connection.stands_in:
        subject = _("Salesforce connection “%(name)s”: the stand-by has taken over")
        body = _(
            "The log-in of the connection “%(name)s” does not work any more:\n\n"
            "  %(problem)s\n\n"
            "“%(other)s” stands in, so nothing waits. Put the log-in right when you "
            "can, and resume it here:\n\n  %(link)s\n"
        )
    else:
        subject = _("Salesforce connection “%(name)s” is paused and needs you")
        body = _(
            "The connection “%(name)s” does not work any more:\n\n"
            "  %(problem)s\n\n"
            "Nothing is lost: %(waiting)s responses wait to be written, and go on by "
            "themselves. Put it right and resume it here:\n\n  %(link)s\n"
        )
    return subject % values, body % values


def _waiting(connection: Connection) -> int:
    return WriteBack.objects.filter(
        mapping__connection=connection,
        state__in=[WriteBack.State.WAITING, WriteBack.State.SENDING],
    ).count()


def admin_link(connection: Connection) -> str:
    path = reverse("admin:crm_mappings_connection_change", args=[connection.pk])
    return f"{settings.BASE_URL}{path}"


def tell_of_changes(*, now: datetime) -> int:
    """Mail one digest a connection of what changed in its org; return how many."""
    told = 0
    rows = SchemaChange.objects.filter(told_at=None)
    for key in rows.values_list("connection", flat=True).distinct().order_by():
        told += _digest(Connection.objects.get(pk=key), now)
    return told


def _digest(connection: Connection, now: datetime) -> bool:
    untold = connection.schema_changes.filter(told_at=None)
    changes = list(untold.order_by("object", "field", "pk"))
    if not untold.filter(pk__in=[row.pk for row in changes]).update(told_at=now):
        return False
    used = [row for row in changes if row.touches]
    if not used:
        return False
    lines = []
    for row in used:
        names = ", ".join(str(touch["name"]) for touch in row.touches)
        lines += [f"- {row}: {row.text}", "  " + _("Used by: %s") % names]
    subject = _("Salesforce “%(name)s” has changed: %(count)s things that you use")
    intro = _("What changed in “%(name)s” since the last look, and what uses it:")
    values = {"name": connection.name, "count": len(used)}
    body = "\n".join([intro % values, "", *lines, "", admin_link(connection), ""])
    if _mail(recipients(connection), subject % values, body):
        return True
    keys = [row.pk for row in changes]
    SchemaChange.objects.filter(pk__in=keys).update(told_at=None)
    return False


def _mail(to: list[str], subject: str, body: str) -> bool:
    if not to:
        log.warning("Nobody is there to be told: %s", subject)
        return True
    try:
        send_mail(" ".join(subject.split()), body, None, to)
    except (OSError, ValueError, AnymailError) as error:
        log.warning("A mail could not be sent: %s", type(error).__name__)
        return False
    return True
