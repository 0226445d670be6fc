"""The list of write-backs and the page of one; both only read, but for one act."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crm_mappings import delivery
from crm_mappings.admin.write_backs import acts, matches, story
from crm_mappings.delivery import matching, undoing
from crm_mappings.models import WriteBack
from surveys.read_only import OwnPage, SentAgain
from surveys.shared_rows import OfSurveys

REASON_LENGTH = 140
DONE = (WriteBack.State.WRITTEN, WriteBack.State.UNDONE)
SHORT: dict[str, Promise] = {
    WriteBack.State.WAITING: _("Waiting"),
    WriteBack.State.SENDING: _("Being sent"),
    WriteBack.State.WRITTEN: _("Written"),
    WriteBack.State.HELD: _("Held"),
    WriteBack.State.SKIPPED: _("Skipped"),
    WriteBack.State.UNDONE: _("Undone"),
}


class KindFilter(admin.SimpleListFilter):
    title = _("kind of error")
    parameter_name = "error_class"

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, str]]:
        kinds = WriteBack.objects.exclude(error_class="").values_list("error_class")
        return [(kind, story.kind(kind)) for (kind,) in kinds.distinct().order_by()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WriteBack]
    ) -> QuerySet[WriteBack]:
        return queryset.filter(error_class=self.value()) if self.value() else queryset


class AgeFilter(admin.SimpleListFilter):
    title = _("age")
    parameter_name = "age"
    ages: dict[str, tuple[Promise, timedelta]] = {
        "hour": (_("Older than an hour"), timedelta(hours=1)),
        "day": (_("Older than a day"), timedelta(days=1)),
        "week": (_("Older than a week"), timedelta(weeks=1)),
    }

    def lookups(
        self, request: HttpRequest, model_admin: Any
    ) -> Iterable[tuple[str, Any]]:
        return [(name, words) for name, (words, _age) in self.ages.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WriteBack]
    ) -> QuerySet[WriteBack]:
        _words, age = self.ages.get(self.value() or "", (None, None))
        if age is None:
            return queryset
        return queryset.filter(created_at__lt=timezone.now() - age)


@admin.register(WriteBack)
class WriteBackAdmin(SentAgain, OwnPage, OfSurveys):
    survey_path = "response__survey"
    # The reason and the age come first: they must be seen without scrolling.
    when_empty = _(
        "Each response on its way to Salesforce stands here. It begins with an "
        "active mapping."
    )
    list_display = ["what", "age", "where_from", "written_to"]
    list_filter = ["state", KindFilter, AgeFilter, "mapping", "priority"]
    list_select_related = ["response__survey", "mapping__connection"]
    search_fields = ["response__key", "records__record_id", "error_code"]
    search_help_text = _("Search by the response, a record's id or an error code.")
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False
    list_per_page = 50
    actions = ["send_again", "undo_chosen", "give_up_chosen"]
    change_list_template = "admin/crm_mappings/writeback/change_list.html"
    change_form_template = "admin/crm_mappings/writeback/page.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_send_permission(
            request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WriteBack]:
        return super().get_queryset(request).prefetch_related("records")

    @admin.display(description=_("mapping and survey"), ordering="mapping")
    def where_from(self, row: WriteBack) -> SafeString:
        return format_html(
            '<div class="tb-where">{}<br><span class="tb-quiet">{}</span>{}</div>',
            row.mapping,
            row.response.survey,
            self._rule(row),
        )

    def _rule(self, row: WriteBack) -> SafeString | str:
        if not row.rule or row.state != WriteBack.State.HELD:
            return ""
        return format_html(
            '<br><a href="{}">{}</a>', story.rule_url(row), story.rule_name(row)
        )

    @admin.display(description=_("records"))
    def written_to(self, row: WriteBack) -> SafeString | str:
        links = [
            (story.record_url(row, record.record_id), record.object, record.record_id)
            for record in row.records.all()
        ]
        one = '<a href="{}" rel="noreferrer">{} <small>{}</small></a>'
        listed = format_html_join("", one, links)
        return format_html('<div class="tb-records">{}</div>', listed) if links else "–"

    @admin.display(description=_("state and reason"), ordering="state")
    def what(self, row: WriteBack) -> SafeString:
        return format_html(
            '<div class="tb-what"><span class="tb-badge tb-{}">{}</span> '
            "<strong>{}</strong><span>{}</span></div>",
            row.state,
            SHORT[row.state],
            story.kind(row.error_class, row.error_code) if row.error_code else "",
            Truncator(row.reason).chars(REASON_LENGTH),
        )

    @admin.display(description=_("age"), ordering="-created_at")
    def age(self, row: WriteBack) -> str:
        return timesince(row.created_at, depth=1)

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WriteBack]) -> None:
        count = delivery.send_again(
            write_backs=queryset, now=timezone.now(), user=request.user
        )
        text = ngettext(
            "%(count)d write-back is sent again.",
            "%(count)d write-backs are sent again.",
            count,
        )
        level = messages.SUCCESS if count else messages.WARNING
        if not count:
            text = gettext(
                "None of them can be sent again: they are written or on the way."
            )
        self.message_user(request, text % {"count": count}, level)

    @admin.action(description=_("Put back what was written …"), permissions=["send"])
    def undo_chosen(
        self, request: HttpRequest, queryset: QuerySet[WriteBack]
    ) -> HttpResponse:
        return acts.undo(self, request, queryset, changelist())

    @admin.action(description=_("Give up, with a reason …"), permissions=["send"])
    def give_up_chosen(
        self, request: HttpRequest, queryset: QuerySet[WriteBack]
    ) -> HttpResponse:
        return acts.give_up(self, request, queryset, changelist())

    def undo_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_send_permission(request):
            raise PermissionDenied
        return acts.undo(self, request, self._only(request, pk), page_url(pk))

    def give_up_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_send_permission(request):
            raise PermissionDenied
        rows = self._only(request, pk)
        return acts.give_up(self, request, rows, page_url(pk))

    def _only(self, request: HttpRequest, pk: int) -> QuerySet[WriteBack]:
        rows = self.get_queryset(request).filter(pk=pk)
        if not rows.exists():
            raise Http404
        return rows

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {
            "counts": counts(self.get_queryset(request)),
            "to_match": matches.waiting(request).count(),
            "inbox_url": matches.inbox_url(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:pk>/{address}/",
                self.admin_site.admin_view(view),
                name=f"crm_mappings_writeback_{address.replace('-', '_')}",
            )
            for address, view in (
                ("send-again", self.send_one_again),
                ("undo", self.undo_one),
                ("give-up", self.give_up_one),
                ("match", partial(matches.match, self)),
            )
        ]
        inbox = self.admin_site.admin_view(partial(matches.inbox, self))
        own.append(path("matches/", inbox, name="crm_mappings_writeback_matches"))
        return [*own, *super().get_urls()]

    def send_one_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST" or not self.has_send_permission(request):
            raise PermissionDenied
        self.send_again(request, self._only(request, pk))
        return HttpResponseRedirect(page_url(pk))

    def page_of(self, request: HttpRequest, row: WriteBack) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **self._page(request, row)}
        return TemplateResponse(request, self.change_form_template, context)

    def _page(self, request: HttpRequest, row: WriteBack) -> dict[str, Any]:
        return {
            "title": _("Write-back"),
            "opts": self.opts,
            "row": row,
            "kind": story.kind(row.error_class, row.error_code),
            "todo": story.todo(row.error_class, row.error_code),
            "records": story.records(row),
            "rule_url": story.rule_url(row),
            "response_url": response_url(row),
            "log": list(story.log(row)),
            **self._may(request, row),
        }

    def _may(self, request: HttpRequest, row: WriteBack) -> dict[str, bool]:
        """Return what may be done with a row in its state."""
        state, allowed = WriteBack.State, self.has_send_permission(request)
        again = {state.HELD, state.SKIPPED, state.UNDONE}
        wrote = row.records.filter(undone_at=None).exists()
        return {
            "may_send": allowed and row.state in again,
            "may_undo": allowed and row.state in undoing.SETTLED and wrote,
            "may_match": allowed and matching.waiting().filter(pk=row.pk).exists(),
            "may_give_up": allowed and row.state in {state.HELD, state.WAITING},
        }


def page_url(pk: int) -> str:
    return reverse("admin:crm_mappings_writeback_change", args=[pk])


def changelist() -> str:
    return reverse("admin:crm_mappings_writeback_changelist")


def counts(shown: QuerySet[WriteBack]) -> list[dict[str, Any]]:
    """Return how many of them are not written, by state and reason, most first."""
    rows = (
        shown.exclude(state__in=DONE)
        .values("state", "error_class", "error_code")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    labels = dict(WriteBack.State.choices)
    return [
        {
            "count": row["count"],
            "state": row["state"],
            "state_label": labels[row["state"]],
            "kind": reason(row["error_class"], row["error_code"]),
            "query": urlencode(
                {"state__exact": row["state"], "error_code__exact": row["error_code"]}
            ),
        }
        for row in rows
    ]


def reason(error_class: str, code: str) -> str:
    """Return the kind of error, with the code where the kind alone says little."""
    if not code:
        return ""
    words = story.kind(error_class, code)
    return words if code in story.OURS else f"{words} ({code})"


def response_url(row: WriteBack) -> str:
    try:
        return reverse("admin:responses_response_change", args=[row.response_id])
    except NoReverseMatch:
        return ""
