"""Invitations in the admin, to read: who was asked, and how far they came.

The token is never shown: whoever holds it can answer in the person's name.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments.addresses import is_address, normal_address
from deployments.admin.showing import badge, change_link, pairs, short
from deployments.explaining import spellings
from deployments.invitations import cancel, send_again
from deployments.models import Invitation
from surveys.read_only import SentAgain
from surveys.shared_rows import OfSurveys

# The one that says most comes first.
MILESTONES = {
    "completed": gettext_lazy("Completed"),
    "cancelled": gettext_lazy("Cancelled"),
    "expired": gettext_lazy("Expired"),
    "started": gettext_lazy("Started"),
    "opened": gettext_lazy("Opened"),
    "machine": gettext_lazy("Fetched by a machine"),
}


class MilestoneFilter(admin.SimpleListFilter):
    title = gettext_lazy("milestone")
    parameter_name = "milestone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*MILESTONES.items(), ("open", gettext_lazy("Not answered yet"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Invitation]
    ) -> QuerySet[Invitation]:
        value = self.value()
        if value == "open":
            return queryset.filter(
                completed_at=None, cancelled_at=None, expired_at=None
            )
        if value in MILESTONES:
            return queryset.filter(**{f"{value}_at__isnull": False})
        return queryset


@admin.register(Invitation)
class InvitationAdmin(SentAgain, OfSurveys):
    survey_path = "deployment__survey"
    when_empty = gettext_lazy(
        "Everybody who is asked stands here. It begins with a deployment that is live."
    )
    list_display = [
        "who",
        "mail_in_short",
        "progress",
        "invited",
        "deployment_link",
    ]
    list_filter = ["mail", MilestoneFilter, "deployment"]
    search_fields = ["email", "name", "record_key", "event_key"]
    search_help_text = gettext_lazy("An e-mail address, a name, or the id of a record")
    list_select_related = ["deployment"]
    show_full_result_count = False
    ordering = ["-pk"]
    list_per_page = 50
    actions = ["send_again", "cancel"]

    class Media:
        css = {"all": ["deployments/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        mail = ["mail_state", "mail_error", "mail_attempts", "mail_due_at"]
        return [
            (None, {"fields": ["email", "name", "language", "deployment_link"]}),
            (
                _("About what"),
                {"fields": ["about", "with_variables", "event_key", "why"]},
            ),
            (_("E-mail"), {"fields": [*mail, "sent_at", "message_id"]}),
            (
                _("Milestones"),
                {
                    "fields": [
                        "created_at",
                        "machine_at",
                        "machine_sign",
                        "opened_at",
                        "started_at",
                        "completed_at",
                        "expires_at",
                        "expired_at",
                        "cancelled_at",
                        "answers",
                    ]
                },
            ),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).defer("token")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Invitation], search_term: str
    ) -> tuple[QuerySet[Invitation], bool]:
        if is_address(search_term):  # a whole address is found by its index
            return queryset.filter(email=normal_address(search_term)), False
        # So is a record; what else it may be is looked for in every row.
        about = queryset.filter(records__has_any_value=spellings(search_term))
        if about.exists():
            return about, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("person"), ordering="email")
    def who(self, row: Invitation) -> str:
        return row.email or str(row.public_id)

    @admin.display(description=gettext_lazy("deployment"))
    def deployment_link(self, row: Invitation) -> SafeString:
        return change_link(row.deployment)

    @admin.display(description=gettext_lazy("mail"), ordering="mail")
    def mail_state(self, row: Invitation) -> SafeString:
        return badge(row.mail, row.get_mail_display())

    @admin.display(description=gettext_lazy("invited"), ordering="created_at")
    def invited(self, row: Invitation) -> str:
        return short(row.created_at)

    @admin.display(description=gettext_lazy("mail"), ordering="mail")
    def mail_in_short(self, row: Invitation) -> SafeString:
        state = self.mail_state(row)
        if not row.mail_error:
            return state
        error = Truncator(row.mail_error).chars(60)
        return format_html('{}<span class="dep-note">{}</span>', state, error)

    @admin.display(description=gettext_lazy("came as far as"))
    def progress(self, row: Invitation) -> str:
        for milestone, label in MILESTONES.items():
            at = getattr(row, f"{milestone}_at")
            if at:
                return f"{label}, {short(at)}"
        return _("Not opened yet")

    @admin.display(description=gettext_lazy("records"))
    def about(self, row: Invitation) -> SafeString:
        return pairs(row.records)

    @admin.display(description=gettext_lazy("variables"))
    def with_variables(self, row: Invitation) -> SafeString:
        return pairs(row.variables)

    @admin.display(description=gettext_lazy("asked because of"))
    def why(self, row: Invitation) -> SafeString:
        decision = row.decisions.select_related("event").first()
        return change_link(decision.event if decision else None)

    @admin.display(description=gettext_lazy("response"))
    def answers(self, row: Invitation) -> SafeString:
        return change_link(getattr(row, "response", None))

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        asked = queryset.count()
        count = send_again(invitations=queryset, now=timezone.now())
        done = ngettext(
            "%(count)s mail will be sent again.",
            "%(count)s mails will be sent again.",
            count,
        )
        left = _("Only mails that failed, or were perhaps sent, can be sent again.")
        text = done % {"count": count}
        if count == asked:
            messages.success(request, text)
        else:
            messages.warning(request, f"{text} {left}")

    @admin.action(
        description=gettext_lazy("Cancel: the link ends, no mail goes out"),
        permissions=["send"],
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        now = timezone.now()
        rows = queryset.filter(completed_at=None)
        count = sum(cancel(invitation=row, now=now) for row in rows)
        text = ngettext(
            "%(count)s invitation was cancelled.",
            "%(count)s invitations were cancelled.",
            count,
        )
        messages.success(request, text % {"count": count})
