"""The admin of opt-outs on their way to an org."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_mappings.models import OptOut
from crm_mappings.opting_out import send_again
from surveys.read_only import SentAgain


@admin.register(OptOut)
class OptOutAdmin(SentAgain, admin.ModelAdmin):  # type: ignore[type-arg]
    when_empty = _(
        "Opt-outs on their way to Salesforce stand here, where a connection writes "
        "them."
    )
    list_display = ["email", "connection", "state", "reason", "opted_out_at"]
    list_filter = ["state", "connection"]
    search_fields = ["email"]
    show_full_result_count = False
    ordering = ["-pk"]
    actions = ["again"]
    fields = [
        *("email", "connection", "opted_out_at", "state", "reason", "written"),
        *("attempts", "due_at", "settled_at"),
    ]

    @admin.display(description=_("records"))
    def written(self, row: OptOut) -> str:
        return ", ".join(row.records) or "–"

    @admin.action(description=_("Send again"), permissions=["send"])
    def again(self, request: HttpRequest, queryset: QuerySet[OptOut]) -> None:
        rows = OptOut.objects.filter(pk__in=queryset.values("pk"))
        count = send_again(rows=rows, now=timezone.now())
        text = ngettext(
            "%(count)s will be sent again.", "%(count)s will be sent again.", count
        )
        messages.success(request, text % {"count": count})
