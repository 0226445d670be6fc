"""API keys in the admin, and django-q2's own tables out of it.

A schedule or a task made by hand runs any function that it names, so nobody may
make one: django-q2's admin pages are taken away.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import label_for_field
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_q.models import Failure, OrmQ, Schedule, Success

from config import key_acts
from config.models import SCOPES, ApiKey, ApiKeyEvent

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("an API key", "May"),
        choices=[
            (scope, format_lazy("{}: {}", scope, text))
            for scope, text in SCOPES.items()
        ],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ApiKey
        fields = (
            *("name", "scopes", "calls_per_minute", "allowed_networks", "expires_at"),
        )


class EventInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who did what with the key."""

    model = ApiKeyEvent
    fields = readonly_fields = ("at", "what", "who", "said")
    extra = 0
    can_delete = False

    @admin.display(description=_("details"))
    def said(self, event: ApiKeyEvent) -> str:
        """The settings in words: as they were made, or before and after."""
        changed = event.what == ApiKeyEvent.What.CHANGED
        return "; ".join(
            f"{_named(name)}: "
            + (" → ".join(map(_in_words, value)) if changed else _in_words(value))
            for name, value in event.details.items()
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # who sees the key sees what was done with it


def _named(setting: str) -> str:
    if setting == "old_until":
        return str(_("the secret before is valid until"))
    return str(label_for_field(setting, ApiKey))


def _in_words(value: Any) -> str:
    """A setting as it was kept in JSON: a list, a moment, a number, or nothing."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    at = parse_datetime(value) if isinstance(value, str) else None
    if at is not None:
        return date_format(timezone.localtime(at), "DATETIME_FORMAT")
    return "–" if value in (None, "") else " ".join(str(value).split())


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ApiKeyForm
    list_display = ("name", "prefix", "may", "last_used_at", "expires_at", "state")
    actions = ("rotate", "revoke")

    class Media:
        css = {"all": ("crm_mappings/panels.css",)}

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return (EventInline,) if obj else ()

    @admin.display(description=pgettext_lazy("an API key", "may"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=_("state"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return str(_("revoked"))
        if key.expires_at and key.expires_at <= timezone.now():
            return str(_("expired"))
        return str(_("valid"))

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        count = sum(
            key_acts.revoke(key=key, now=now, user=request.user) for key in queryset
        )
        self.message_user(request, _("Revoked: %(count)s.") % {"count": count})

    @admin.action(
        description=_("Give another secret; the old one ends tomorrow"),
        permissions=["change"],
    )
    def rotate(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        for key in queryset.valid(now):
            secret = key_acts.rotate(key=key, now=now, user=request.user)
            self._show(request, key, secret)

    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> None:
        text = _("The key is shown this once; copy it now:")
        shown = format_html("{}: {} <code>{}</code>", key.name, text, secret)
        messages.warning(request, shown)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Revoked keys stay, so that it stays visible who could do what, and when.
        return False

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        if change:
            before = key_acts.settings_of(ApiKey.objects.get(pk=obj.pk))
            key_acts.change(key=obj, before=before, user=request.user)
        else:
            self._show(request, obj, key_acts.make(key=obj, user=request.user))
