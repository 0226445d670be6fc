"""The page that answers: why was, or wasn't, this person asked?"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from deployments.admin.showing import badge, change_link
from deployments.explaining import Entry, as_it_is_now, explain
from deployments.models import TriggerEvent
from deployments.triggers.foretelling import Foretold
from surveys.sharing import seen_by


def why_page(request: HttpRequest, outcomes: dict[str, Any]) -> HttpResponse:
    """Show every decision about an address or a record."""
    if not request.user.has_perm("deployments.view_triggerevent"):
        raise PermissionDenied
    asked = request.GET.get("q", "")[:254]
    see = partial(seen_by, request.user)
    found = explain(asked, see) if asked.strip() else None
    looks = found and "now" in request.GET
    told = as_it_is_now(asked, timezone.now(), see) if looks else []
    context = {
        **admin.site.each_context(request),
        "title": _("Why was, or wasn't, this person asked?"),
        "opts": TriggerEvent._meta,  # noqa: SLF001 - what the admin's pages expect
        "asked": asked,
        "found": found,
        "rows": [_row(entry, outcomes) for entry in found.entries] if found else [],
        "is_record": found and "@" not in asked,
        "looks": looks,
        "foretold": [_foretold(one, outcomes) for one in told],
    }
    return TemplateResponse(request, "admin/deployments/why.html", context)


def _row(entry: Entry, outcomes: dict[str, Any]) -> dict[str, Any]:
    decision, invitation = entry.decision, entry.invitation
    deployment = decision.deployment if decision else None
    if invitation and deployment is None:
        deployment = invitation.deployment
    code = decision.code if decision else "link"
    return {
        "at": entry.at,
        "deployment": change_link(deployment),
        "outcome": badge(
            "sent" if invitation and (decision is None or decision.invited) else code,
            outcomes.get(code, _("Invited by a link or a mailing")),
        ),
        "reason": decision.reason if decision else "",
        "event": change_link(decision.event) if decision and decision.event else "",
        "mailing": change_link(decision.mailing)
        if decision and decision.mailing
        else "",
        "rule": change_link(decision.trigger) if decision and decision.trigger else "",
        "cap": change_link(decision.cap) if decision and decision.cap else "",
        "draw": decision.draw if decision else None,
        "invitation": change_link(invitation) if invitation else "",
        "mail": invitation.get_mail_display() if invitation else "",
        "mail_error": invitation.mail_error if invitation else "",
    }


def _foretold(one: Foretold, outcomes: dict[str, Any]) -> dict[str, Any]:
    label = _("Would be invited") if one.invite else outcomes.get(one.code, one.code)
    return {
        "outcome": badge("sent" if one.invite else one.code, label),
        "deployment": change_link(one.trigger.deployment),
        "rule": change_link(one.trigger),
        "reason": "" if one.invite else one.reason,
    }
