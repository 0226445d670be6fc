"""The admin of promoting a mapping: choose the other org, see what would change and
what it says of it, and save it there as a draft."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm_mappings import promoting
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan.rules import MappingError
from crm_mappings.salesforce.errors import OrgError

TEMPLATE = "admin/crm_mappings/mapping/promote.html"


class Promoting(admin.ModelAdmin):  # type: ignore[type-arg]
    """The address of the promotion, below those of a mapping."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/promote/",
            self.admin_site.admin_view(self.promote_view),
            name="crm_mappings_mapping_promote",
        )
        return [own, *super().get_urls()]

    def promote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        rows = self.get_queryset(request)
        row = get_object_or_404(
            rows.select_related("survey", "connection", "live_revision"), pk=pk
        )
        allowed = self.has_view_permission(request, row)
        if not allowed or not self.has_add_permission(request):
            raise PermissionDenied
        others = Connection.objects.exclude(pk=row.connection_id).order_by("name")
        chosen = others.filter(key=request.GET.get("connection", "")).first()
        if request.method == "POST" and chosen is not None:
            return self._promote(request, row, chosen)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Promote “%(name)s”") % {"name": row},
            "opts": self.opts,
            "original": row,
            "others": others,
            "chosen": chosen,
            "media": self.media,
        }
        if chosen is not None:
            context |= self._proposed(row, chosen)
        return TemplateResponse(request, TEMPLATE, context)

    def _proposed(self, row: Mapping, chosen: Connection) -> dict[str, Any]:
        now = timezone.now()
        try:
            found = promoting.propose(mapping=row, connection=chosen, now=now)
        except OrgError as error:
            return {"trouble": error.refusal.message}
        worth = [
            one for one in found.findings if one.grade in {"will_fail", "may_fail"}
        ]
        return {"promotion": found, "differences": found.changes, "findings": worth}

    def _promote(
        self, request: HttpRequest, row: Mapping, chosen: Connection
    ) -> HttpResponse:
        try:
            made = promoting.promote(mapping=row, connection=chosen, now=timezone.now())
        except (MappingError, OrgError) as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        self.log_change(
            request, made, _("Promoted from %(name)s.") % {"name": row.connection}
        )
        text = _("The draft is at %(org)s. Check it there, and activate it.")
        self.message_user(request, text % {"org": chosen}, messages.SUCCESS)
        return HttpResponseRedirect(
            reverse("admin:crm_mappings_mapping_change", args=[made.pk])
        )
