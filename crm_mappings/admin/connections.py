"""The admin of connections: log in, test, and what to set up in Salesforce."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm_mappings import connections
from crm_mappings.connections.descriptions import ALL_OBJECTS
from crm_mappings.models import Connection
from crm_mappings.salesforce.errors import OrgError


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The consumer secret is only ever written: an empty box keeps it."""

    client_secret = forms.CharField(
        label=_("Consumer secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Connection
        fields = ["name", "key", "login", "login_url", "client_id", "client_secret"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_secret: str = self.instance.client_secret
        if "client_secret" in self.fields:
            self.fields["client_secret"].help_text = secret_help(self.kept_secret)

    def clean_login_url(self) -> str:
        address: str = self.cleaned_data["login_url"]
        if problem := connections.login_address_problem(address):
            raise forms.ValidationError(problem)
        return address

    def clean_client_secret(self) -> str:
        typed: str = self.cleaned_data["client_secret"]
        return typed or self.kept_secret


def secret_help(secret: str) -> str:
    if secret:
        return gettext("Set. Leave it empty to keep it; it is never shown.")
    return gettext("Not set.")


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ConnectionForm
    change_form_template = "admin/crm_mappings/connection/change_form.html"
    list_display = ["name", "state", "org_name", "username", "calls", "checked_at"]
    list_filter = ["status"]
    search_fields = ["name", "key", "org_name"]
    ordering = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "key"]}),
        (
            _("Log-in"),
            {
                "fields": ["login", "login_url", "client_id", "client_secret"],
                "description": _(
                    "From the app in Salesforce: Setup → External Client App "
                    "Manager → your app → OAuth settings → Consumer Key and Secret."
                ),
            },
        ),
    ]

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Connection) -> SafeString:
        badge = format_html(
            '<span class="tb-badge tb-{}">{}</span>',
            row.status,
            row.get_status_display(),
        )
        return format_html("{} {}", badge, row.problem) if row.problem else badge

    @admin.display(description=_("API calls, last 24 hours"))
    def calls(self, row: Connection) -> str:
        if row.calls_used is None or not row.calls_allowed:
            return "–"
        share = 100 * row.calls_used / row.calls_allowed
        return f"{row.calls_used} / {row.calls_allowed} ({share:.0f} %)"

    def get_readonly_fields(
        self, request: HttpRequest, obj: Connection | None = None
    ) -> list[str]:
        # The key is in documents and in the sources of triggers.
        return ["key"] if obj else []

    def save_model(
        self, request: HttpRequest, obj: Connection, form: Any, change: bool
    ) -> None:
        if not change:
            connections.prepare(obj).save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def get_urls(self) -> list[URLPattern]:
        acts: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("connect", self.connect_view),
            ("check", self.check_view),
            ("refresh", self.refresh_view),
        ]
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"crm_mappings_connection_{name}",
            )
            for name, view in acts
        ]
        return [*own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context.update(self._panel(request, row))
        return super().render_change_form(request, context, *args, **kwargs)

    def _panel(self, request: HttpRequest, row: Connection) -> dict[str, Any]:
        person = row.login == Connection.Login.WEB_SERVER
        by_connection = f"?connection__id__exact={row.pk}"
        descriptions = row.descriptions.exclude(object=ALL_OBJECTS)
        return {
            **{f"{act}_url": act_url(act, row) for act in ACTS},
            "oauth_start_url": reverse(OAUTH_START, args=[row.pk]) if person else "",
            "callback_url": connections.callback_url() if person else "",
            "hook_url": connections.hook_url(row)
            if self.has_change_permission(request, row)
            else "",
            "mappings_url": changelist("mapping") + by_connection,
            "mapping_count": row.mappings.count(),
            "descriptions_url": changelist("objectdescription") + by_connection,
            "description_count": descriptions.count(),
        }

    def _posted(self, request: HttpRequest, pk: int) -> Connection:
        row = get_object_or_404(Connection, pk=pk)
        if request.method != "POST" or not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def connect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        try:
            connections.connect(connection=row, now=timezone.now())
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
        else:
            text = _("Connected to %(org)s as %(user)s.")
            values = {"org": row.org_name or row.org_id, "user": row.username}
            self.message_user(request, text % values, messages.SUCCESS)
        return HttpResponseRedirect(page(row))

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        results = connections.check(connection=row, now=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Test of %(name)s") % {"name": row},
            "opts": self.opts,
            "original": row,
            "checks": results,
            "failed": sum(not result.passed for result in results),
        }
        return TemplateResponse(
            request, "admin/crm_mappings/connection/checks.html", context
        )

    def refresh_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self._posted(request, pk)
        try:
            count = describe_again(row, timezone.now())
        except OrgError as error:
            self.message_user(request, error.refusal.message, messages.ERROR)
        else:
            text = ngettext(
                "The list of objects and %(count)d description are fresh.",
                "The list of objects and %(count)d descriptions are fresh.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return HttpResponseRedirect(page(row))


def describe_again(row: Connection, now: datetime) -> int:
    """Ask for everything that is kept of the org's objects; return how many."""
    connections.list_objects(connection=row, now=now, max_age=timedelta(0))
    kept = row.descriptions.exclude(object=ALL_OBJECTS)
    names = list(kept.values_list("object", flat=True))
    for name in names:
        connections.describe(connection=row, object=name, now=now, max_age=timedelta(0))
    return len(names)


ACTS = ("connect", "check", "refresh")
OAUTH_START = "salesforce-login"


def act_url(act: str, row: Connection) -> str:
    return reverse(f"admin:crm_mappings_connection_{act}", args=[row.pk])


def page(row: Connection) -> str:
    return reverse("admin:crm_mappings_connection_change", args=[row.pk])


def changelist(model: str) -> str:
    return reverse(f"admin:crm_mappings_{model}_changelist")
