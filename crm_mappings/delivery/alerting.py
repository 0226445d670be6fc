"""Owns who is told that write-backs stand still: one message for all that is new."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_mappings.models import Connection, Watch, WriteBack
from crm_mappings.salesforce.errors import words
from responses.models import Response
from responses.scheduled.models import ScheduledDump
from responses.webhooks.models import Webhook
from responses.webhooks.posting import post

CHECK_EVERY = timedelta(minutes=5)
# A kind of failure that comes back after this is told again.
FORGET = timedelta(days=1)
PATIENCE = timedelta(minutes=10)
SIGNATURE = "Tellback-Signature"
State = WriteBack.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    # The same trouble has the same key, and is told once while it lasts.
    key: str
    text: str
    url: str


def check(*, now: datetime) -> int:
    """Look after every watch that is due; return how many messages went out."""
    due = Q(checked_at=None) | Q(checked_at__lte=now - CHECK_EVERY)
    sent = 0
    for watch in Watch.objects.filter(due, active=True):
        mine = Watch.objects.filter(pk=watch.pk, checked_at=watch.checked_at)
        if mine.update(checked_at=now) == 1:
            sent += _look(watch, now)
    return sent


def alerts(watch: Watch, now: datetime) -> list[Alert]:
    """Return all that is wrong at this moment."""
    return [
        *_failures(now),
        *_backlog(watch, now),
        *_quiet(watch, now),
        *_stopped(),
        *_silenced(),
        *_undumped(now),
    ]


def _look(watch: Watch, now: datetime) -> bool:
    """Tell what is new, by each way for itself: one that fails repeats nothing of the
    other."""
    current = alerts(watch, now)
    ways = _ways(watch)
    lasting = {_mark(way, alert) for way in ways for alert in current}
    told = {
        mark: at
        for mark, at in watch.told.items()
        if now - datetime.fromisoformat(at) < FORGET or mark in lasting
    }
    problems: list[str] = []
    for way, send in ways.items():
        fresh = [alert for alert in current if _mark(way, alert) not in told]
        if not fresh:
            continue
        problems.append(send(watch, fresh))
        if not problems[-1]:
            told |= {_mark(way, alert): now.isoformat() for alert in fresh}
    if problems:
        watch.problem = " ".join(filter(None, problems))
    watch.told = told
    watch.save(update_fields=["told", "problem"])
    return "" in problems


def _ways(watch: Watch) -> dict[str, Callable[[Watch, list[Alert]], str]]:
    ways: dict[str, Callable[[Watch, list[Alert]], str]] = {}
    if watch.emails.strip():
        ways["mail"] = _mail
    if watch.webhook_url:
        ways["webhook"] = _call
    return ways


def _mark(way: str, alert: Alert) -> str:
    return f"{way}: {alert.key}"


def _failures(now: datetime) -> Iterator[Alert]:
    rows = WriteBack.objects.filter(state=State.HELD, settled_at__gte=now - FORGET)
    kinds = rows.values_list("mapping__key", "error_class", "error_code").distinct()
    for mapping, kind, code in kinds.order_by():
        count = rows.filter(mapping__key=mapping, error_code=code).count()
        known = words(kind)
        text = ngettext(
            "%(count)d write-back of “%(mapping)s” is held: %(why)s (%(code)s).",
            "%(count)d write-backs of “%(mapping)s” are held: %(why)s (%(code)s).",
            count,
        ) % {
            "count": count,
            "mapping": mapping,
            "why": _(known.title) if known else _("a person must act"),
            "code": code,
        }
        query = f"?state__exact=held&error_code__exact={code}"
        yield Alert(key=f"held {mapping} {code}", text=text, url=_list(query))


def _backlog(watch: Watch, now: datetime) -> Iterator[Alert]:
    if not watch.backlog_minutes:
        return
    waiting = WriteBack.objects.filter(
        state__in=[State.WAITING, State.SENDING], priority=WriteBack.Priority.LIVE
    )
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    if oldest and now - oldest > timedelta(minutes=watch.backlog_minutes):
        minutes = int((now - oldest).total_seconds() // 60)
        text = ngettext(
            "Write-backs have been waiting for %(minutes)d minute.",
            "Write-backs have been waiting for %(minutes)d minutes.",
            minutes,
        )
        yield Alert(
            key="backlog",
            text=text % {"minutes": minutes},
            url=_list("?state__exact=waiting"),
        )


def _quiet(watch: Watch, now: datetime) -> Iterator[Alert]:
    if not watch.quiet_hours:
        return
    since = now - timedelta(hours=watch.quiet_hours)
    done = Response.objects.written_back().filter(status=Response.Status.COMPLETED)
    if done.exists() and not done.filter(completed_at__gte=since).exists():
        text = ngettext(
            "No response has come for %(hours)d hour.",
            "No response has come for %(hours)d hours.",
            watch.quiet_hours,
        )
        url = f"{settings.BASE_URL}{reverse('admin:responses_response_changelist')}"
        yield Alert(key="quiet", text=text % {"hours": watch.quiet_hours}, url=url)


def _stopped() -> Iterator[Alert]:
    for connection in Connection.objects.filter(status=Connection.Status.PAUSED):
        text = _("The connection “%(name)s” stands still: %(problem)s")
        path = reverse("admin:crm_mappings_connection_change", args=[connection.pk])
        yield Alert(
            key=f"connection {connection.key}",
            text=text % {"name": connection.name, "problem": connection.problem},
            url=f"{settings.BASE_URL}{path}",
        )


def _silenced() -> Iterator[Alert]:
    for hook in Webhook.unread().filter(status=Webhook.Status.DISABLED):
        text = _("The webhook “%(name)s” was switched off: %(problem)s")
        path = reverse("admin:webhooks_webhook_change", args=[hook.pk])
        yield Alert(
            key=f"webhook {hook.key}",
            text=text % {"name": hook.name, "problem": hook.problem},
            url=f"{settings.BASE_URL}{path}",
        )


def _undumped(now: datetime) -> Iterator[Alert]:
    # What heals by itself within some minutes is no news.
    lasting = Q(failing_since=None) | Q(failing_since__lte=now - PATIENCE)
    failing = ScheduledDump.objects.filter(lasting).exclude(problem="")
    for dump in failing.defer("secret").order_by("key"):
        text = _("The scheduled dump “%(name)s” fails: %(problem)s")
        path = reverse("admin:dumps_scheduleddump_change", args=[dump.pk])
        yield Alert(
            key=f"dump {dump.key}",
            text=text % {"name": dump.name, "problem": dump.problem},
            url=f"{settings.BASE_URL}{path}",
        )


def _list(query: str) -> str:
    path = reverse("admin:crm_mappings_writeback_changelist")
    return f"{settings.BASE_URL}{path}{query}"


def _mail(watch: Watch, fresh: list[Alert]) -> str:
    """Send one mail for all that is new; return what went wrong."""
    count = len(fresh)
    subject = ngettext(
        "Tellback: %(count)d alert", "Tellback: %(count)d alerts", count
    ) % {"count": count}
    body = "\n\n".join(f"{alert.text}\n{alert.url}" for alert in fresh)
    try:
        EmailMessage(subject=subject, body=body, to=watch.emails.split()).send()
    except (OSError, ValueError, AnymailError) as error:
        return _("The mail could not be sent: %(why)s.") % {"why": type(error).__name__}
    return ""


def _call(watch: Watch, fresh: list[Alert]) -> str:
    body = json.dumps({"alerts": [asdict(alert) for alert in fresh]}).encode()
    headers = {"Content-Type": "application/json"}
    if watch.webhook_secret:
        digest = hmac.new(watch.webhook_secret.encode(), body, hashlib.sha256)
        headers[SIGNATURE] = f"sha256={digest.hexdigest()}"
    answer = post(watch.webhook_url, body=body, headers=headers)
    if answer.status is None:
        return _("The webhook was not reached: %(why)s") % {"why": answer.problem}
    if not answer.well:
        return _("The webhook answered %(status)d.") % {"status": answer.status}
    return ""
