"""The doors of a deployment in the admin: addresses, QR code, what other sites paste,
and a run through it to try."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.admin import door_forms
from deployments.models import Deployment
from deployments.short_links import give, short_url
from deployments.web_links import embed_code, preview_url, qr_svg, web_url

Fieldset = tuple[Any, dict[str, Any]]


class Doors(admin.ModelAdmin):  # type: ignore[type-arg]
    """What a deployment's page says about its doors, and the pages behind that."""

    def door_fieldsets(self, row: Deployment | None) -> list[Fieldset]:
        sets: list[Fieldset] = [
            (_("Open when, and for how many"), {"fields": door_forms.LIMITS}),
            (_("At the end"), {"fields": door_forms.END}),
        ]
        if row is None or row.channel == Deployment.Channel.WEB:
            sets += [
                (_("Within other sites"), {"fields": door_forms.OTHER_SITES}),
                (_("Kiosk"), {"fields": door_forms.KIOSK}),
            ]
        return [(name, {**about, "classes": ["collapse"]}) for name, about in sets]

    @admin.display(description=gettext_lazy("addresses"))
    def web_link(self, row: Deployment) -> SafeString:
        return render_to_string(
            "admin/deployments/doors.html",
            {
                "row": row,
                "url": web_url(row),
                "short": short_url(row),
                "embed": embed_code(row) if row.embed_sites else "",
            },
        )

    def save_model(
        self, request: HttpRequest, obj: Deployment, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.channel == Deployment.Channel.WEB:
            give(deployment=obj)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/qr.svg", wrap(self.qr_code), name="deployments_deployment_qr"
            ),
            path(
                "<int:pk>/try/", wrap(self.try_out), name="deployments_deployment_try"
            ),
            *super().get_urls(),
        ]

    def qr_code(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Of the short address, where there is one: fewer, larger squares."""
        row = self._seen(request, pk)
        content = qr_svg(short_url(row) or web_url(row))
        return HttpResponse(content, content_type="image/svg+xml")

    def try_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To the pages as respondents see them; what is answered there is a test."""
        row = self._seen(request, pk)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return HttpResponseRedirect(preview_url(row))

    def _seen(self, request: HttpRequest, pk: int) -> Deployment:
        row: Deployment = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row
