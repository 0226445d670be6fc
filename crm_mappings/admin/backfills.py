"""The admin of backfills: counted before they begin, watched, paused and resumed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm_mappings.admin.mapping_runs import MappingRunAdmin
from crm_mappings.delivery import backfilling
from crm_mappings.models import Backfill, Mapping
from surveys.sharing import seen_by


class BackfillForm(forms.Form):
    """What a backfill is about; first counted, then begun."""

    mapping = forms.ModelChoiceField(
        label=_("Mapping"), queryset=Mapping.objects.none()
    )
    since = forms.SplitDateTimeField(
        label=_("Completed from"), required=False, widget=AdminSplitDateTime
    )
    until = forms.SplitDateTimeField(
        label=_("Completed before"), required=False, widget=AdminSplitDateTime
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None, initial=request.GET.dict())
        active = Mapping.objects.filter(status=Mapping.Status.ACTIVE)
        fields: dict[str, Any] = self.fields
        fields["mapping"].queryset = seen_by(request.user, active, "survey")


@admin.register(Backfill)
class BackfillAdmin(MappingRunAdmin):
    change_form_template = "admin/crm_mappings/backfill/page.html"
    looks = {"running": "sending", "paused": "paused", "done": "written"}
    acts = {
        "pause": lambda row, _request: backfilling.pause(backfill=row),
        "resume": lambda row, _request: backfilling.resume(backfill=row),
    }

    def done_of(self, row: Backfill) -> tuple[int, int]:
        told = backfilling.progress(row)
        return told.done, told.total

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Count what a backfill would write; begin it when told to."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = BackfillForm(request)
        counted = None
        if asked.is_valid():
            about = asked.cleaned_data
            counted = backfilling.count(**about)
            if "begin" in request.POST:
                return self._begin(request, about)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Write earlier responses"),
            "opts": self.opts,
            "form": asked,
            "counted": counted,
            "preview_url": preview_url(asked) if counted else "",
            "media": self.media + asked.media,
        }
        return TemplateResponse(
            request, "admin/crm_mappings/backfill/begin.html", context
        )

    def _begin(self, request: HttpRequest, about: dict[str, Any]) -> HttpResponse:
        user = request.user if isinstance(request.user, User) else None
        try:
            row = backfilling.start(now=timezone.now(), user=user, **about)
        except backfilling.CannotBackfill as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return self.to_page(row)

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


def preview_url(asked: BackfillForm) -> str:
    """Return where one response after the other is tried without writing it."""
    mapping: Mapping = asked.cleaned_data["mapping"]
    return reverse("admin:crm_mappings_mapping_preview", args=[mapping.pk])
