"""The admin of connections: log in, test, and what to set up in Salesforce."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm_mappings import connections, rebinding
from crm_mappings.admin.connection_acts import ACTS, ConnectionActs, act_url, page
from crm_mappings.admin.trouble_chart import chart
from crm_mappings.connections import guide, health
from crm_mappings.connections.descriptions import ALL_OBJECTS
from crm_mappings.delivery import budget
from crm_mappings.models import Connection, WriteBack


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The consumer secret is only ever written: an empty box keeps it."""

    client_secret = forms.CharField(
        label=_("Consumer secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Connection
        fields = [
            *("name", "key", "login", "login_url", "client_id", "client_secret"),
            *("login_username", "tell", "stand_by", "api_share", "concurrency"),
            *("hook_certificate", "reads_opt_outs", "writes_opt_outs"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_secret: str = self.instance.client_secret
        if "stand_by" in self.fields:
            self.fields["stand_by"].queryset = stand_bys(self.instance)  # type: ignore[attr-defined]
        if "client_secret" in self.fields:
            self.fields["client_secret"].help_text = secret_help(self.kept_secret)

    def clean_login_url(self) -> str:
        address: str = self.cleaned_data["login_url"]
        if problem := connections.login_address_problem(address):
            raise forms.ValidationError(problem)
        return address

    def clean_tell(self) -> str:
        typed: str = self.cleaned_data["tell"]
        return ", ".join(part.strip() for part in typed.split(",") if part.strip())

    def clean_client_secret(self) -> str:
        typed: str = self.cleaned_data["client_secret"]
        return typed or self.kept_secret


def stand_bys(connection: Connection) -> QuerySet[Connection]:
    """Return the connections that could stand in: others to the same organisation."""
    others = Connection.objects.exclude(pk=connection.pk)
    return others.filter(org_id=connection.org_id).exclude(org_id="").order_by("name")


def secret_help(secret: str) -> str:
    if secret:
        return gettext("Set. Leave it empty to keep it; it is never shown.")
    return gettext("Not set.")


@admin.register(Connection)
class ConnectionAdmin(ConnectionActs):
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
                "fields": [
                    *("login", "login_url", "client_id", "client_secret"),
                    "login_username",
                ],
                "description": _(
                    "Choose the kind of log-in and save: the page then says step by "
                    "step what to make in Salesforce, with the values to paste."
                ),
            },
        ),
        (
            _("Opt-outs and consent"),
            {"fields": ["reads_opt_outs", "opt_outs_news", "writes_opt_outs"]},
        ),
        (
            _("Outbound messages"),
            {"fields": ["hook_certificate"], "classes": ["collapse"]},
        ),
        (
            _("When something is wrong, and how much it may do"),
            {"fields": ["tell", "stand_by", "api_share", "concurrency"]},
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

    @admin.display(description=_("last reading of opt-outs"))
    def opt_outs_news(self, row: Connection) -> str:
        if row.opt_outs_error:
            return gettext("It failed, and is tried again: %(error)s") % {
                "error": row.opt_outs_error
            }
        return gettext("All is well.") if row.opt_outs_read else "–"

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
        return ["key", "opt_outs_news"] if obj else ["opt_outs_news"]

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: Any = None
    ) -> HttpResponse:
        """Lead on to the steps, which the page of the connection shows."""
        if "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        text = _("Saved. The steps to connect “%(name)s” are below.")
        self.message_user(request, text % {"name": obj.name}, messages.SUCCESS)
        return HttpResponseRedirect(page(obj))

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        connections.disconnect(connection=obj)
        super().delete_model(request, obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Connection]
    ) -> None:
        for row in queryset:
            connections.disconnect(connection=row)
        super().delete_queryset(request, queryset)

    def save_model(
        self, request: HttpRequest, obj: Connection, form: Any, change: bool
    ) -> None:
        if not change:
            connections.prepare(obj).save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

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
        now = timezone.now()
        return {
            **{f"{act}_url": act_url(act, row) for act in ACTS},
            "oauth_start_url": reverse(OAUTH_START, args=[row.pk]) if person else "",
            "steps": guide.steps(row),
            "certificate_ends": connections.certificate_ends_at(row),
            "fingerprint": connections.certificate_fingerprint(row),
            "other_org": rebinding.other_org_text(row),
            "resting": health.is_resting(row, now),
            **_budget(row, now),
            "chart": chart(row, now=now),
            "told": connections.recipients(row),
            "changes": row.schema_changes.order_by("-found_at", "object", "field")[:20],
            "hook_url": connections.hook_url(row)
            if self.has_change_permission(request, row)
            else "",
            "former_hook_until": connections.former_hook_until(row, now),
            "mappings_url": changelist("mapping") + by_connection,
            "mapping_count": row.mappings.count(),
            "descriptions_url": changelist("objectdescription") + by_connection,
            "description_count": descriptions.count(),
        }


def _budget(row: Connection, now: datetime) -> dict[str, Any]:
    """Return how much of the org's calls is ours, and how long that lasts."""
    live = WriteBack.Priority.LIVE
    allowed = row.calls_allowed
    return {
        "stops_at_calls": budget.most(allowed, row.api_share, live) if allowed else 0,
        "share_spent": budget.is_spent(row, priority=live, now=now),
        "budget_ends": budget.forecast(row, now=now),
    }


OAUTH_START = "salesforce-login"


def changelist(model: str) -> str:
    return reverse(f"admin:crm_mappings_{model}_changelist")
