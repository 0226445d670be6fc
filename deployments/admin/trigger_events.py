"""Trigger events in the admin, to read: why was this person (not) asked?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments import sources
from deployments.admin.explaining import why_page
from deployments.admin.showing import NamesSources, badge, change_link, pairs, short
from deployments.explaining import seen_decisions
from deployments.models import TriggerDecision, TriggerEvent
from deployments.triggers import decide_again, replay
from surveys.read_only import ReadOnly
from surveys.sharing import seen_by

OUTCOMES = [
    ("invited", gettext_lazy("Invited")),
    ("no_trigger", gettext_lazy("No trigger listens")),
    ("trigger_off", gettext_lazy("Trigger switched off")),
    ("not_live", gettext_lazy("Deployment not live")),
    ("survey_not_published", gettext_lazy("Survey not published")),
    ("condition_not_met", gettext_lazy("Condition not met")),
    ("no_address", gettext_lazy("No e-mail address")),
    ("bad_address", gettext_lazy("Not an e-mail address")),
    ("suppressed", gettext_lazy("Does not want to be asked")),
    ("asked_recently", gettext_lazy("Asked recently")),
    ("capped", gettext_lazy("A limit is reached")),
    ("own_change", gettext_lazy("Our own change")),
    ("outdated", gettext_lazy("A later state is known")),
    ("not_new", gettext_lazy("Not a new record")),
    ("matched_before", gettext_lazy("Matched before already")),
    ("unknown_before", gettext_lazy("Not known what it was before")),
    ("not_started", gettext_lazy("Not started yet")),
    ("ended", gettext_lazy("Ended")),
    ("not_drawn", gettext_lazy("Not drawn")),
    ("machine_address", gettext_lazy("A machine's address")),
    ("role_address", gettext_lazy("A shared address")),
    ("opted_out_in_crm", gettext_lazy("Wants no mail, says the CRM")),
    ("asked_about_this_record", gettext_lazy("Asked about this record already")),
]

# Of mailings, and of records that are read to say what would be decided.
OTHERS = [
    ("gone", gettext_lazy("The record is gone")),
    ("same_address", gettext_lazy("Another row has this address")),
    ("unread", gettext_lazy("The record could not be read")),
]


def outcome_badge(decision: TriggerDecision, labels: Mapping[str, Any]) -> SafeString:
    label = labels.get(decision.code, decision.code)
    return badge("sent" if decision.invited else decision.code, label)


class OutcomeFilter(admin.SimpleListFilter):
    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return OUTCOMES

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TriggerEvent]
    ) -> QuerySet[TriggerEvent]:
        if not self.value():
            return queryset
        decided = TriggerDecision.objects.filter(code=self.value())
        return queryset.filter(pk__in=decided.values("event"))


class SourceFilter(admin.SimpleListFilter):
    title = gettext_lazy("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sources.all_choices()

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TriggerEvent]
    ) -> QuerySet[TriggerEvent]:
        return queryset.filter(source=self.value()) if self.value() else queryset


class DecisionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = TriggerDecision
    extra = 0
    can_delete = False
    verbose_name_plural = gettext_lazy("Why was this person (not) asked?")
    readonly_fields = ("for_deployment", "outcome", "asked")
    fields = ["for_deployment", "outcome", "reason", "draw", "asked", "decided_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TriggerDecision]:
        rows = super().get_queryset(request)
        seen = seen_decisions(partial(seen_by, request.user))
        rows = rows.filter(pk__in=seen.values("pk"))
        return rows.select_related("deployment", "invitation").defer(
            "invitation__token"
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("deployment"))
    def for_deployment(self, row: TriggerDecision) -> SafeString:
        return change_link(row.deployment)

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, row: TriggerDecision) -> SafeString:
        return outcome_badge(row, dict(OUTCOMES))

    @admin.display(description=gettext_lazy("invitation"))
    def asked(self, row: TriggerDecision) -> SafeString:
        return change_link(row.invitation)


@admin.register(TriggerEvent)
class TriggerEventAdmin(NamesSources, ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    when_empty = gettext_lazy(
        "What Salesforce or another system tells stands here, with what was "
        "decided. It begins with a trigger."
    )
    list_display = ["what", "outcomes", "received"]
    list_filter = ["state", OutcomeFilter, SourceFilter]
    search_fields = ["record_id", "event_id", "fields"]
    search_help_text = gettext_lazy("The id of a record, or an address in its fields")
    show_full_result_count = False
    ordering = ["-pk"]
    list_per_page = 50
    inlines = [DecisionInline]
    readonly_fields = ("source_name",)
    actions = ["decide_again", "replay"]
    change_list_template = "admin/deployments/triggerevent/change_list.html"

    class Media:
        css = {"all": ["deployments/admin.css"]}

    def get_fieldsets(
        self, request: HttpRequest, obj: TriggerEvent | None = None
    ) -> Any:
        return [
            (
                None,
                {
                    "fields": [
                        "object",
                        "record_id",
                        "source_name",
                        "event_id",
                        "occurred_at",
                        "received_at",
                    ]
                },
            ),
            (_("Decision"), {"fields": ["status", "error", "attempts"]}),
            (_("What the record said"), {"fields": ["told", "found_out"]}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TriggerEvent]:
        seen = seen_decisions(partial(seen_by, request.user))
        return (
            super().get_queryset(request).prefetch_related(Prefetch("decisions", seen))
        )

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("deployments.change_triggerevent")

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def status(self, row: TriggerEvent) -> SafeString:
        return badge(row.state, row.get_state_display())

    @admin.display(description=gettext_lazy("record"), ordering="record_id")
    def what(self, row: TriggerEvent) -> str:
        return f"{row.object} {row.record_id}"

    @admin.display(description=gettext_lazy("received"), ordering="received_at")
    def received(self, row: TriggerEvent) -> str:
        return short(row.received_at)

    @admin.display(description=gettext_lazy("outcome"))
    def outcomes(self, row: TriggerEvent) -> SafeString:
        labels = dict(OUTCOMES)
        if row.state == TriggerEvent.State.DECIDED:
            decisions = row.decisions.all()
            badges = (outcome_badge(one, labels) for one in decisions)
            return format_html_join(" ", "{}", ((one,) for one in badges))
        error = Truncator(row.error).chars(80)
        return format_html(
            '{}<span class="dep-note">{}</span>', self.status(row), error
        )

    @admin.display(description=gettext_lazy("fields"))
    def told(self, row: TriggerEvent) -> SafeString:
        return pairs(row.fields)

    @admin.display(description=gettext_lazy("looked up"))
    def found_out(self, row: TriggerEvent) -> SafeString:
        return pairs(row.looked_up)

    def get_urls(self) -> list[URLPattern]:
        why = self.admin_site.admin_view(self.why)
        return [path("why/", why, name="deployments_why"), *super().get_urls()]

    def why(self, request: HttpRequest) -> HttpResponse:
        return why_page(request, dict([*OUTCOMES, *OTHERS]))

    @admin.action(
        description=gettext_lazy("Decide again, by the rules as they are now"),
        permissions=["decide"],
    )
    def replay(self, request: HttpRequest, queryset: QuerySet[TriggerEvent]) -> None:
        events = TriggerEvent.objects.filter(pk__in=queryset.values("pk"))
        count = replay(events=events, now=timezone.now())
        text = ngettext(
            "%(count)s event will be decided again; nobody is asked twice for it.",
            "%(count)s events will be decided again; nobody is asked twice for them.",
            count,
        )
        messages.success(request, text % {"count": count})
        if gone := events.filter(fields={}).count():
            text = ngettext(
                "%(count)s event was left alone: what it told is not kept any more.",
                "%(count)s events were left alone: what they told is not kept any more.",
                gone,
            )
            messages.warning(request, text % {"count": gone})

    @admin.action(
        description=gettext_lazy("Decide the failed ones again"),
        permissions=["decide"],
    )
    def decide_again(
        self, request: HttpRequest, queryset: QuerySet[TriggerEvent]
    ) -> None:
        # The list brings decisions along, which an update has no use for.
        events = TriggerEvent.objects.filter(pk__in=queryset.values("pk"))
        count = decide_again(events=events, now=timezone.now())
        text = ngettext(
            "%(count)s event will be decided again.",
            "%(count)s events will be decided again.",
            count,
        )
        messages.success(request, text % {"count": count})
