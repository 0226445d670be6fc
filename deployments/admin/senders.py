"""Senders' domains in the admin: what their DNS lacks, and how fast they may send."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import senders
from deployments.admin.showing import badge
from deployments.models import SenderDomain

LABELS = {
    "good": gettext_lazy("good"),
    "missing": gettext_lazy("missing"),
    "wrong": gettext_lazy("wrong"),
    "unknown": gettext_lazy("not known"),
}
BADGES = {"good": "live", "missing": "failed", "wrong": "failed", "unknown": "waiting"}


@admin.register(SenderDomain)
class SenderDomainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_template = "admin/deployments/sender_form.html"
    when_empty = gettext_lazy(
        "The domain of a sender stands here once a deployment names it: save one, "
        "and see what the domain needs."
    )
    list_display = ["domain", "dns", "per_hour", "warm_up_start", "checked_at"]
    search_fields = ["domain"]
    ordering = ["domain"]

    class Media:
        css = {"all": ["deployments/admin.css"]}

    def get_fieldsets(
        self, request: HttpRequest, obj: SenderDomain | None = None
    ) -> Any:
        keys = ["spf_mechanism", "dkim_selector", "dkim_value"]
        rate = ["per_hour", "warm_up_start", "warm_up_mails"]
        sets = [
            (None, {"fields": ["domain"]}),
            (_("What your mail provider says"), {"fields": keys}),
            (_("How fast it sends"), {"fields": [*rate, *(["sent"] if obj else [])]}),
        ]
        if obj:
            said = {"fields": ["checked_at", "told"]}
            sets.insert(1, (_("What the DNS says"), said))
        return sets

    def get_readonly_fields(
        self, request: HttpRequest, obj: SenderDomain | None = None
    ) -> list[str]:
        return ["domain", "checked_at", "told", "sent"] if obj else []

    @admin.display(description=gettext_lazy("DNS"))
    def dns(self, row: SenderDomain) -> SafeString | str:
        marks = (
            (badge(BADGES[one["state"]], f"{one['record']}: {LABELS[one['state']]}"),)
            for one in row.findings
        )
        return format_html_join(" ", "{}", marks) or _("not looked at yet")

    @admin.display(description=gettext_lazy("records"))
    def told(self, row: SenderDomain) -> SafeString:
        rows = [
            {**one, "badge": badge(BADGES[one["state"]], LABELS[one["state"]])}
            for one in row.findings
        ]
        return render_to_string("admin/deployments/findings.html", {"rows": rows})

    @admin.display(description=gettext_lazy("so far"))
    def sent(self, row: SenderDomain) -> str:
        now = timezone.now()
        today = row.day_count if row.day == now.date() else 0
        return _("%(today)s mails counted today") % {"today": today}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None and self.has_change_permission(request, row):
            context["check_url"] = reverse(
                "admin:deployments_senderdomain_check", args=[row.pk]
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: SenderDomain, form: Any, change: bool
    ) -> None:
        if not change:
            obj.save()
        elif form.changed_data:
            obj.save(update_fields=form.changed_data)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_now)
        own = path("<int:pk>/check/", view, name="deployments_senderdomain_check")
        return [own, *super().get_urls()]

    def check_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the DNS now."""
        row = get_object_or_404(SenderDomain, pk=pk)
        if request.method != "POST" or not self.has_change_permission(request, row):
            raise PermissionDenied
        found = senders.check(row=row, now=timezone.now())
        if all(one.state == "good" for one in found):
            messages.success(request, _("The DNS says all that it should."))
        else:
            messages.warning(request, _("Something is to do: see the lines below."))
        return HttpResponseRedirect(
            reverse("admin:deployments_senderdomain_change", args=[pk])
        )
