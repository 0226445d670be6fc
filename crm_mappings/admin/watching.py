"""The admin of what watches the write-backs: alerts, and remembered matches."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm_mappings.models import RememberedMatch, Watch


class WatchForm(forms.ModelForm):  # type: ignore[type-arg]
    webhook_secret = forms.CharField(
        label=_("Webhook secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "Signs each alert (HMAC-SHA256 in the header Tellback-Signature). Leave "
            "it empty to keep what is set."
        ),
    )

    class Meta:
        model = Watch
        fields = [
            *("name", "active", "emails", "webhook_url", "webhook_secret"),
            *("backlog_minutes", "quiet_hours"),
        ]

    def clean_emails(self) -> str:
        lines = self.cleaned_data["emails"].split()
        for address in lines:
            validate_email(address)
        return "\n".join(lines)

    def clean_webhook_url(self) -> str:
        address: str = self.cleaned_data["webhook_url"]
        if address and not address.startswith("https://"):
            raise ValidationError(_("The webhook must be an https address."))
        return address

    def clean_webhook_secret(self) -> str:
        typed: str = self.cleaned_data["webhook_secret"]
        return typed or self.instance.webhook_secret

    def clean(self) -> dict[str, Any] | None:
        told = super().clean()
        if told and not told.get("emails") and not told.get("webhook_url"):
            raise ValidationError(_("Name an e-mail address or a webhook."))
        return told


@admin.register(Watch)
class WatchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = WatchForm
    list_display = ["name", "active", "emails", "webhook_url", "problem", "checked_at"]
    ordering = ["name"]


@admin.register(RememberedMatch)
class RememberedMatchAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People may take back what they chose; they choose it at the write-back."""

    when_empty = _(
        "Choices of the match inbox stand here, where they are to be remembered."
    )
    list_display = ["value", "object", "field", "record_id", "connection", "chosen_by"]
    list_filter = ["connection", "object"]
    search_fields = ["value", "record_id"]
    ordering = ["value"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
