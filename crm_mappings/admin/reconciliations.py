"""The admin of comparisons with what Salesforce holds: begun for any span, and what is
missing or was changed repaired by choice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm_mappings.admin.runs import RunAdmin
from crm_mappings.delivery import reconciling
from crm_mappings.models import Connection, Reconciliation, ReconciliationFinding
from surveys.sharing import oversees, seen_by

Kind = ReconciliationFinding.Kind
SURVEY = "write_back__response__survey"
PER_PAGE = 100


class SpanForm(forms.Form):
    """What is compared: an organisation, and when it was written."""

    connection = forms.ModelChoiceField(
        label=_("Connection"),
        queryset=Connection.objects.filter(status=Connection.Status.CONNECTED),
    )
    since = forms.SplitDateTimeField(label=_("Written from"), widget=AdminSplitDateTime)
    until = forms.SplitDateTimeField(
        label=_("Written before"),
        widget=AdminSplitDateTime,
        required=False,
        help_text=_("Empty: up to now."),
    )


@admin.register(Reconciliation)
class ReconciliationAdmin(RunAdmin):
    list_display = ["connection", "span", "state", "compared", "found"]
    list_filter = ["connection"]
    list_select_related = ["connection"]
    ordering = ["-started_at"]
    change_form_template = "admin/crm_mappings/reconciliation/page.html"
    begin_title = _("Compare with what Salesforce holds")
    begin_template = "admin/crm_mappings/reconciliation/begin.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        """Count what was found of the surveys that this person may see."""
        rows: QuerySet[Reconciliation] = super().get_queryset(request)
        return rows.annotate(
            **{f"seen_{kind}": how_many(request, kind) for kind in Kind.values}
        )

    def may_repair(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crm_mappings.change_writeback")

    @admin.display(description=_("written"), ordering="since")
    def span(self, row: Reconciliation) -> str:
        return " – ".join(
            date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
            for at in (row.since, row.until)
        )

    @admin.display(description=_("status"))
    def state(self, row: Reconciliation) -> SafeString:
        return badge(row)

    @admin.display(description=_("missing / changed / there twice"))
    def found(self, row: Any) -> str:
        return f"{row.seen_missing} / {row.seen_changed} / {row.seen_duplicate}"

    @admin.display(description=_("records compared, of all surveys"))
    def compared(self, row: Reconciliation) -> int:
        return row.checked

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/repair/",
            self.admin_site.admin_view(self.repair_view),
            name="crm_mappings_reconciliation_repair",
        )
        return [own, *super().get_urls()]

    def form_of(self, request: HttpRequest) -> SpanForm:
        return SpanForm(request.POST or None, initial=first_span(request))

    def begin(self, request: HttpRequest, about: dict[str, Any]) -> Reconciliation:
        return reconciling.begin(now=timezone.now(), **about)

    def page_of(self, request: HttpRequest, row: Reconciliation) -> HttpResponse:
        found = seen(request, row)
        told = counted(found)
        kind = request.GET.get("kind", "")
        kind = kind if kind in Kind.values else ""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comparison with %(connection)s")
            % {"connection": row.connection},
            "opts": self.opts,
            "row": row,
            "badge": badge(row),
            "kind": kind,
            "kinds": told,
            "page": findings(found, kind, request.GET.get("p")),
            "records_at": row.connection.instance_url.rstrip("/"),
            "repairable": reconciling.REPAIRABLE,
            "may_repair": self.may_repair(request) and any(one["open"] for one in told),
            "media": self.media,
        }
        return TemplateResponse(request, self.change_form_template, context)

    def repair_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write again what is ticked, or all of one kind."""
        if request.method != "POST" or not self.may_repair(request):
            raise PermissionDenied
        row = get_object_or_404(Reconciliation, pk=pk)
        every, found = request.POST.get("every", ""), seen(request, row)
        if not every:
            ticked = request.POST.getlist("finding")
            found = found.filter(pk__in=[one for one in ticked if one.isdigit()])
        count = reconciling.repair(
            reconciliation=row,
            kinds=[every] if every else reconciling.REPAIRABLE,
            among=found,
            now=timezone.now(),
            user=request.user,
        )
        text = ngettext(
            "%(count)d write-back is written again.",
            "%(count)d write-backs are written again.",
            count,
        )
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, text % {"count": count}, level)
        shown = {key: request.GET[key] for key in ("kind", "p") if key in request.GET}
        return HttpResponseRedirect(f"{page(row)}?{urlencode(shown)}")


def first_span(request: HttpRequest) -> dict[str, Any]:
    """Return what the form begins with: the only connection, and the last week."""
    found = list(
        Connection.objects.filter(status=Connection.Status.CONNECTED)[:2],
    )
    week = timezone.localtime() - reconciling.WEEK
    named = request.GET.get("connection") or (found[0].pk if len(found) == 1 else None)
    midnight = week.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"connection": named, "since": midnight}


def seen(request: HttpRequest, row: Reconciliation) -> QuerySet[ReconciliationFinding]:
    """Return what was found of the surveys that this person may see."""
    return seen_by(request.user, row.findings.all(), SURVEY)


def how_many(request: HttpRequest, kind: str) -> Combinable:
    """Return how a run counts what of a kind this person may see."""
    if oversees(request.user):
        return F(kind)
    of_run = ReconciliationFinding.objects.filter(
        reconciliation=OuterRef("pk"), kind=kind
    )
    counted = seen_by(request.user, of_run, SURVEY).order_by().values("reconciliation")
    return Coalesce(Subquery(counted.annotate(count=Count("pk")).values("count")), 0)


def findings(
    found: QuerySet[ReconciliationFinding], kind: str, number: str | None
) -> Page[ReconciliationFinding]:
    """Return one page of what was found, of one kind or of all."""
    shown = found.filter(kind=kind) if kind else found
    return Paginator(shown.order_by("pk"), PER_PAGE).get_page(number)


def counted(found: QuerySet[ReconciliationFinding]) -> list[dict[str, Any]]:
    """Return how many of each kind there are, and how many can still be repaired."""
    is_open = Q(repaired_at=None, kind__in=reconciling.REPAIRABLE)
    rows = found.values("kind").order_by("kind")
    told = rows.annotate(count=Count("pk"), open=Count("pk", filter=is_open))
    return [{**one, "word": Kind(one["kind"]).label} for one in told]


def badge(row: Any) -> SafeString:
    if row.problem:
        look, word = "bad", _("Did not end")
    elif row.ended_at is None:
        look, word = "info", _("Under way")
    elif row.seen_missing or row.seen_changed or row.seen_duplicate:
        look, word = "warn", _("Something differs")
    else:
        look, word = "good", _("All is as it was written")
    return format_html('<span class="tb-badge tb-{}">{}</span>', look, word)


def page(row: Reconciliation) -> str:
    return reverse("admin:crm_mappings_reconciliation_change", args=[row.pk])
