"""Addresses that are not asked any more, in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.addresses import is_address, normal_address
from deployments.mailings import SheetRefused
from deployments.mailings.tables import LARGEST
from deployments.models import Suppression
from deployments.opt_out_lists import Taken, take_in
from deployments.suppression import suppress

SHOWN = 50


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Suppression
        fields = ["email", "reason", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields and not self.instance.pk:
            self.initial.setdefault("reason", Suppression.Reason.ADDED)

    def clean_email(self) -> str:
        address = normal_address(self.cleaned_data["email"])
        if not is_address(address):
            raise ValidationError(_("Mail cannot be sent to this address anyway."))
        if Suppression.objects.filter(email=address, source="").exists():
            raise ValidationError(_("This address is on the list already."))
        return address


class ImportForm(forms.Form):
    """The file is taken in while the form is checked: what is wrong is said beside
    it."""

    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        help_text=gettext_lazy(
            "A column email; if you like reason (opted_out, bounced, complained or "
            "added) and note. 10 MB at most."
        ),
    )

    def clean_file(self) -> Taken:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise ValidationError(_("The file is larger than 10 MB."))
        try:
            return take_in(file.read(), now=timezone.now())
        except SheetRefused as error:
            raise ValidationError(str(error)) from error


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    change_list_template = "admin/deployments/suppression/change_list.html"
    form = SuppressionForm
    list_display = ["email", "reason", "note", "created_at"]
    list_filter = ["reason"]
    search_fields = ["email"]
    search_help_text = gettext_lazy("An e-mail address, or a part of it")
    show_full_result_count = False
    ordering = ["-pk"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_list)
        own = path("import/", view, name="deployments_suppression_import")
        return [own, *super().get_urls()]

    def import_list(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        done = request.method == "POST" and form.is_valid()
        taken = form.cleaned_data["file"] if done else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import a list of addresses"),
            "form": ImportForm() if done else form,
            "taken": taken,
            "shown": taken.bad[:SHOWN] if taken else (),
        }
        template = "admin/deployments/suppression/import.html"
        return TemplateResponse(request, template, context)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Suppression | None = None
    ) -> list[str]:
        return ["email", "created_at"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Suppression, form: Any, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        entry = suppress(
            email=obj.email, reason=obj.reason, note=obj.note, now=timezone.now()
        )
        obj.pk, obj.created_at = entry.pk, entry.created_at
