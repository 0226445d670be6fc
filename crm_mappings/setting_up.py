"""The page that says what Salesforce needs for a trigger, and gives it as a package."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm_mappings import provisioning
from crm_mappings.models import Connection
from crm_mappings.packages import PackageError, Wish, steps, zipped, zipped_source
from crm_mappings.provisioning import CannotStart
from crm_mappings.provisioning.messages import wish as wish_of
from deployments.models import Trigger
from surveys.sharing import seen_by, signed_in


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


@never_cache
@require_POST
@staff_member_required
def deploy(request: HttpRequest, trigger_pk: int) -> HttpResponse:
    """Deploy the package from here, and lead to the page that follows it."""
    trigger, connection = _trigger(request, trigger_pk)
    if not request.user.has_perm("crm_mappings.add_provisioning"):
        raise PermissionDenied
    try:
        row = provisioning.start_messages(
            trigger=trigger,
            connection=connection,
            now=timezone.now(),
            check_only="validate" in request.POST,
            user=signed_in(request.user),
        )
    except (CannotStart, PackageError) as error:
        messages.error(request, str(error))
        return redirect("salesforce-setup", trigger_pk)
    return redirect("admin:crm_mappings_provisioning_change", row.pk)


def _wish(request: HttpRequest, trigger_pk: int) -> tuple[Trigger, Wish]:
    trigger, connection = _trigger(request, trigger_pk)
    return trigger, wish_of(trigger, connection)


def _trigger(request: HttpRequest, trigger_pk: int) -> tuple[Trigger, Connection]:
    if not request.user.has_perm("crm_mappings.change_connection"):
        raise PermissionDenied  # the address of the hook is a secret
    triggers = seen_by(request.user, Trigger.objects.all(), "deployment__survey")
    trigger = get_object_or_404(
        triggers.select_related("deployment__survey"), pk=trigger_pk
    )
    key = trigger.source.removeprefix("salesforce:")
    return trigger, get_object_or_404(Connection, key=key)
