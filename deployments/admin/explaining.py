"""The page that answers: why was, or wasn't, this person asked?"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from deployments.admin.showing import badge, change_link
from deployments.explaining import Entry, explain
from deployments.models import TriggerEvent


def why_page(request: HttpRequest, outcomes: dict[str, Any]) -> HttpResponse:
    """Show every decision about an address or a record."""
    if not request.user.has_perm("deployments.view_triggerevent"):
        raise PermissionDenied
    asked = request.GET.get("q", "")[:254]
    found = explain(asked) if asked.strip() else None
    context = {
        **admin.site.each_context(request),
        "title": _("Why was, or wasn't, this person asked?"),
        "opts": TriggerEvent._meta,  # noqa: SLF001 - what the admin's pages expect
        "asked": asked,
        "found": found,
        "rows": [_row(entry, outcomes) for entry in found.entries] if found else [],
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
        "event": change_link(decision.event) if decision else "",
        "rule": change_link(decision.trigger) if decision and decision.trigger else "",
        "cap": change_link(decision.cap) if decision and decision.cap else "",
        "draw": decision.draw if decision else None,
        "invitation": change_link(invitation) if invitation else "",
        "mail": invitation.get_mail_display() if invitation else "",
        "mail_error": invitation.mail_error if invitation else "",
    }
