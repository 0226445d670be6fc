"""The admin of backfills: counted before they begin, watched, paused and resumed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm_mappings.delivery import backfilling
from crm_mappings.models import Backfill, Mapping
from surveys.read_only import OwnPage
from surveys.shared_rows import OfSurveys
from surveys.sharing import seen_by

ACTS = {"pause": backfilling.pause, "resume": backfilling.resume}


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
class BackfillAdmin(OwnPage, OfSurveys):
    survey_path = "mapping__survey"
    list_display = ["mapping", "state", "progress", "created_at", "created_by"]
    list_filter = ["status", "mapping"]
    list_select_related = ["mapping", "created_by"]
    ordering = ["-created_at"]
    change_form_template = "admin/crm_mappings/backfill/page.html"

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Backfill) -> SafeString:
        return badge(row)

    @admin.display(description=_("progress"))
    def progress(self, row: Backfill) -> SafeString:
        told = backfilling.progress(row)
        return format_html(
            '<progress class="tb-progress" max="{}" value="{}">{} / {}</progress> {} / {}',
            *(told.total or 1, told.done, told.done, told.total),
            *(told.done, told.total),
        )

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/<str:act>/",
            self.admin_site.admin_view(self.act_view),
            name="crm_mappings_backfill_act",
        )
        # What the admin has at <id>/history/ and the like comes first.
        return [*super().get_urls()[:-1], own, *super().get_urls()[-1:]]

    def act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        allowed = self.has_add_permission(request) and act in ACTS
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        ACTS[act](backfill=row)
        return HttpResponseRedirect(page(row))

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
        return HttpResponseRedirect(page(row))

    def page_of(self, request: HttpRequest, row: Backfill) -> HttpResponse:
        listed = reverse("admin:crm_mappings_writeback_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Backfill of %(mapping)s") % {"mapping": row.mapping},
            "opts": self.opts,
            "row": row,
            "badge": badge(row),
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


def badge(row: Backfill) -> SafeString:
    look = {"running": "sending", "paused": "paused", "done": "written"}[row.status]
    return format_html(
        '<span class="tb-badge tb-{}">{}</span>', look, row.get_status_display()
    )


def page(row: Backfill) -> str:
    return reverse("admin:crm_mappings_backfill_change", args=[row.pk])
