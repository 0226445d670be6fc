"""The page that says what another system sends, for a trigger that listens to REST."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from deployments.models import Trigger
from deployments.reading import rule_of
from deployments.rules.deciding import paths
from surveys.sharing import seen_by


def rest_setup(request: HttpRequest, pk: int) -> HttpResponse:
    """Say the call with the values of the trigger."""
    if not request.user.has_perm("deployments.view_trigger"):
        raise PermissionDenied
    rows = seen_by(request.user, Trigger.objects.all(), "deployment__survey")
    trigger = get_object_or_404(rows.select_related("deployment__survey"), pk=pk)
    url = f"{settings.BASE_URL}/api/v1/trigger-events/"
    context = {
        **admin.site.each_context(request),
        "title": _("What the other system sends"),
        "trigger": trigger,
        "url": url,
        "call": _call(trigger, url),
    }
    return TemplateResponse(request, "admin/deployments/rest_setup.html", context)


def _call(trigger: Trigger, url: str) -> str:
    event = {
        "source": trigger.source,
        "event_id": "0001",
        "object": trigger.object,
        "record_id": "4711",
        "occurred_at": "2026-11-22T09:00:00Z",
        "fields": dict.fromkeys(paths(rule_of(trigger)), "…"),
    }
    body = json.dumps({"events": [event]}, indent=2, ensure_ascii=False)
    return (
        f"curl {url} \\\n  -H 'Authorization: Bearer …' \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{body}'"
    )
