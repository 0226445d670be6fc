"""Addresses that are not asked any more, in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.addresses import is_address, normal_address
from deployments.models import Suppression
from deployments.suppression import suppress


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


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = SuppressionForm
    list_display = ["email", "reason", "note", "created_at"]
    list_filter = ["reason"]
    search_fields = ["email"]
    search_help_text = gettext_lazy("An e-mail address, or a part of it")
    show_full_result_count = False
    ordering = ["-pk"]

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
