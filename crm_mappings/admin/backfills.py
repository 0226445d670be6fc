"""The admin of backfills: counted before they begin, watched, paused and resumed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm_mappings.admin.runs import MappingForm, MappingRunAdmin
from crm_mappings.delivery import backfilling
from crm_mappings.models import Backfill, Mapping
from surveys.sharing import signed_in


class BackfillForm(MappingForm):
    """What a backfill is about; first counted, then begun."""

    offered = Mapping.objects.filter(status=Mapping.Status.ACTIVE).order_by("name")
    since = forms.SplitDateTimeField(
        label=_("Completed from"), required=False, widget=AdminSplitDateTime
    )
    until = forms.SplitDateTimeField(
        label=_("Completed before"), required=False, widget=AdminSplitDateTime
    )


@admin.register(Backfill)
class BackfillAdmin(MappingRunAdmin):
    change_form_template = "admin/crm_mappings/backfill/page.html"
    begin_title = _("Write earlier responses")
    begin_template = "admin/crm_mappings/backfill/begin.html"
    looks = {"running": "sending", "paused": "paused", "done": "written"}
    acts = {
        "pause": lambda row, _request: backfilling.pause(backfill=row),
        "resume": lambda row, _request: backfilling.resume(backfill=row),
    }

    def done_of(self, row: Backfill) -> tuple[int, int]:
        told = backfilling.progress(row)
        return told.done, told.total

    def form_of(self, request: HttpRequest) -> BackfillForm:
        return BackfillForm(request)

    def begin(self, request: HttpRequest, about: dict[str, Any]) -> Backfill | None:
        if "begin" not in request.POST:
            return None
        return backfilling.start(
            now=timezone.now(), user=signed_in(request.user), **about
        )

    def foretold(self, about: dict[str, Any]) -> dict[str, Any]:
        """Count what a backfill would write."""
        mapping: Mapping = about["mapping"]
        return {
            "counted": backfilling.count(**about),
            # Where one response after the other is tried without writing it.
            "preview_url": reverse(
                "admin:crm_mappings_mapping_preview", args=[mapping.pk]
            ),
        }

    def page_of(self, request: HttpRequest, row: Backfill) -> HttpResponse:
        listed = reverse("admin:crm_mappings_writeback_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Backfill of %(mapping)s") % {"mapping": row.mapping},
            "opts": self.opts,
            "row": row,
            "badge": self.state(row),
            "told": backfilling.progress(row),
            "may_act": self.has_add_permission(request),
            "undo_url": self._undo_url(request, row),
            "rows_url": f"{listed}?backfill__id__exact={row.pk}",
            "jobs": row.write_backs.filter(bulk_job__isnull=False).count(),
            "media": self.media,
        }
        return TemplateResponse(request, self.change_form_template, context)

    def _undo_url(self, request: HttpRequest, row: Backfill) -> str:
        allowed = request.user.has_perm("crm_mappings.change_writeback")
        if not allowed or row.status == Backfill.Status.RUNNING:
            return ""
        about = {"mapping": row.mapping_id, "backfill": row.pk}
        return reverse("admin:crm_mappings_undorun_add", query=about)
