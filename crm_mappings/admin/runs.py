"""What the admins of long work share: a form by which it is begun, a list that tells
how far each run is, and buttons that move it from one point to the next."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm_mappings.delivery.beginning import CannotBegin
from crm_mappings.models import Mapping
from surveys.read_only import OwnPage
from surveys.shared_rows import OfSurveys
from surveys.sharing import seen_by

# Moves a run on, if it is at the right point; says whether it was.
Act = Callable[[Any, HttpRequest], bool]


class RunAdmin(OwnPage):
    """A run is begun by a form of its own; nobody changes or deletes it by hand."""

    begin_title: Promise
    begin_template: str

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def form_of(self, request: HttpRequest) -> forms.Form:
        raise NotImplementedError

    def begin(self, request: HttpRequest, about: dict[str, Any]) -> Any:
        """Begin it; None: not yet. Raises `CannotBegin`."""
        raise NotImplementedError

    def foretold(self, about: dict[str, Any]) -> dict[str, Any]:
        """Return what the page tells besides the form, before it is begun."""
        return {}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked, told = self.form_of(request), {}
        if asked.is_valid():
            try:
                if row := self.begin(request, asked.cleaned_data):
                    return self.to_page(row)
                told = self.foretold(asked.cleaned_data)
            except CannotBegin as error:
                asked.add_error(error.field or None, str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": self.begin_title,
            "opts": self.opts,
            "form": asked,
            "media": self.media + asked.media,
            **told,
        }
        return TemplateResponse(request, self.begin_template, context)

    def to_page(self, row: Any) -> HttpResponseRedirect:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[row.pk]))


class MappingForm(forms.Form):
    """Begins with what the address names; offers the mappings that one may see."""

    offered = Mapping.objects.order_by("name")
    mapping = forms.ModelChoiceField(
        label=_("Mapping"), queryset=Mapping.objects.none()
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None, initial=request.GET.dict())
        self.offer("mapping", seen_by(request.user, self.offered, "survey"))

    def offer(self, name: str, rows: QuerySet[Any]) -> None:
        field: Any = self.fields[name]
        field.queryset = rows


class MappingRunAdmin(RunAdmin, OfSurveys):
    """Who may begin a run may also stop it and go on with it."""

    survey_path = "mapping__survey"
    list_display = ["mapping", "state", "progress", "created_at", "created_by"]
    list_filter = ["status", "mapping"]
    list_select_related = ["mapping", "created_by"]
    ordering = ["-created_at"]
    acts: Dict[str, Act] = {}
    # Status -> how its badge looks.
    looks: Dict[str, str] = {}

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
