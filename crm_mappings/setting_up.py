"""The page that says what Salesforce needs for a trigger, and gives it as a package."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.packages import (
    PackageError,
    Wish,
    developer_name,
    steps,
    zipped,
    zipped_source,
)
from deployments.models import Trigger
from deployments.reading import rule_of
from deployments.rules.deciding import paths


@never_cache
@require_GET
@staff_member_required
def show(request: HttpRequest, trigger_pk: int) -> HttpResponse:
    """Say each step with its exact value."""
    trigger, wish = _wish(request, trigger_pk)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Set up Salesforce for “%(trigger)s”") % {"trigger": trigger},
        "trigger": trigger,
    }
    try:
        context["steps"] = steps(wish)
    except PackageError as error:
        context["problem"] = str(error)
    return TemplateResponse(request, "admin/crm_mappings/setting_up.html", context)


@never_cache
@require_GET
@staff_member_required
def package(request: HttpRequest, trigger_pk: int) -> HttpResponse:
    """Give the zip, which holds the secret address of the hook."""
    _trigger, wish = _wish(request, trigger_pk)
    try:
        as_source = request.GET.get("as") == "source"
        body = zipped_source(wish) if as_source else zipped(wish)
    except PackageError as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    name = f"{wish.name}-source" if as_source else wish.name
    return HttpResponse(
        body,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )


def _wish(request: HttpRequest, trigger_pk: int) -> tuple[Trigger, Wish]:
    if not request.user.has_perm("crm_mappings.change_connection"):
        raise PermissionDenied  # the address of the hook is a secret
    triggers = Trigger.objects.select_related("deployment__survey")
    trigger = get_object_or_404(triggers, pk=trigger_pk)
    key = trigger.source.removeprefix("salesforce:")
    connection = get_object_or_404(Connection, key=key)
    schema = connections.known(connection=connection, object=trigger.object)
    rule = rule_of(trigger)
    return trigger, Wish(
        name=developer_name(trigger.deployment.key, trigger.object),
        object=trigger.object,
        endpoint=connections.hook_url(connection),
        username=connection.username,
        fields=paths(rule),
        condition=rule.condition,
        when=trigger.when,
        types={one.name: one.type for one in schema.fields.values()} if schema else {},
    )
