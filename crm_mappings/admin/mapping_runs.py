"""What the admins of long work over a mapping share: a list that tells how far each run
is, and buttons that move it from one point to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from surveys.read_only import OwnPage
from surveys.shared_rows import OfSurveys

# Moves a run on, if it is at the right point; says whether it was.
Act = Callable[[Any, HttpRequest], bool]


class MappingRunAdmin(OwnPage, OfSurveys):
    """Who may begin a run may also stop it and go on with it."""

    survey_path = "mapping__survey"
    list_display = ["mapping", "state", "progress", "created_at", "created_by"]
    list_filter = ["status", "mapping"]
    list_select_related = ["mapping", "created_by"]
    ordering = ["-created_at"]
    acts: Mapping[str, Act] = {}
    # Status -> how its badge looks.
    looks: Mapping[str, str] = {}

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def done_of(self, row: Any) -> tuple[int, int]:
        """Return how many are done, and of how many."""
        raise NotImplementedError

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Any) -> SafeString:
        look, name = self.looks[row.status], row.get_status_display()
        return format_html('<span class="tb-badge tb-{}">{}</span>', look, name)

    @admin.display(description=_("progress"))
    def progress(self, row: Any) -> SafeString:
        done, total = self.done_of(row)
        return format_html(
            '<progress class="tb-progress" max="{}" value="{}">{} / {}</progress> {} / {}',
            *(total or 1, done, done, total),
            *(done, total),
        )

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/<str:act>/",
            self.admin_site.admin_view(self.act_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_act",
        )
        # What the admin has at <id>/history/ and the like comes first.
        return [*super().get_urls()[:-1], own, *super().get_urls()[-1:]]

    def act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        allowed = self.has_add_permission(request) and act in self.acts
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        if not self.acts[act](row, request):
            text = _("That was too late: it is at another point by now.")
            self.message_user(request, text, messages.WARNING)
        return self.to_page(row)

    def to_page(self, row: Any) -> HttpResponseRedirect:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[row.pk]))
