"""The admin of undoing whole runs: looked at first, then done, watched, paused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm_mappings.admin.runs import MappingForm, MappingRunAdmin
from crm_mappings.delivery.undoing import DONE, Fate, runs, sentence
from crm_mappings.models import Backfill, UndoFinding, UndoRun
from surveys.sharing import seen_by, signed_in

Status = UndoRun.Status
PER_PAGE = 100
# What is counted, in the order in which a person wants to know it.
FATES: dict[Fate, Promise] = {
    Fate.RESTORE: _("Back to the values before"),
    Fate.DELETE: _("Made by Tellback: deleted if you agree"),
    Fate.KEEP: _("Made by Tellback: left"),
    Fate.CHANGED: _("Changed since by somebody else: left"),
    Fate.UNKNOWN: _("Values before not known: left"),
    Fate.REFUSED: _("Refused by Salesforce"),
    Fate.BUSY: _("Being written at that moment: left"),
    Fate.ALREADY: _("As before already"),
    Fate.GONE: _("Gone from Salesforce"),
}


class Backfills(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Names a backfill by its mapping, its day and its size."""

    def label_from_instance(self, obj: Backfill) -> str:
        day = date_format(timezone.localtime(obj.created_at), "SHORT_DATETIME_FORMAT")
        return f"{obj.mapping}, {day} ({obj.total})"


class UndoForm(MappingForm):
    """What is put back: what one mapping wrote, in a backfill or in a span."""

    backfill = Backfills(
        label=_("Only of this backfill"),
        queryset=Backfill.objects.none(),
        required=False,
    )
    since = forms.SplitDateTimeField(
        label=_("Written from"), required=False, widget=AdminSplitDateTime
    )
    until = forms.SplitDateTimeField(
        label=_("Written before"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=_("Empty: up to now."),
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        rows = Backfill.objects.select_related("mapping").order_by("-pk")
        self.offer("backfill", seen_by(request.user, rows, "mapping__survey"))


def _begin(row: UndoRun, request: HttpRequest) -> bool:
    consent = request.POST.get("delete_created") == "on"
    return runs.begin(run=row, delete_created=consent, now=timezone.now())


@admin.register(UndoRun)
class UndoRunAdmin(MappingRunAdmin):
    change_form_template = "admin/crm_mappings/undorun/page.html"
    begin_title = _("Put back a whole run")
    begin_template = "admin/crm_mappings/undorun/begin.html"
    looks = {
        Status.LOOKING: "sending",
        Status.READY: "warn",
        Status.RUNNING: "sending",
        Status.PAUSED: "paused",
        Status.DONE: "written",
        Status.CANCELLED: "skipped",
    }
    acts = {
        "begin": _begin,
        "pause": lambda row, _request: runs.pause(run=row),
        "resume": lambda row, _request: runs.resume(run=row, now=timezone.now()),
        "cancel": lambda row, _request: runs.cancel(run=row, now=timezone.now()),
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may put back one may put back many."""
        return request.user.has_perm("crm_mappings.change_writeback")

    def done_of(self, row: UndoRun) -> tuple[int, int]:
        return runs.progress(row), row.total

    def form_of(self, request: HttpRequest) -> UndoForm:
        return UndoForm(request)

    def begin(self, request: HttpRequest, about: dict[str, Any]) -> UndoRun:
        """Let the workers look at what is to be put back."""
        return runs.look_over(now=timezone.now(), user=signed_in(request.user), **about)

    def page_of(self, request: HttpRequest, row: UndoRun) -> HttpResponse:
        found = row.findings.order_by("pk")
        shown = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Undo of %(mapping)s") % {"mapping": row.mapping},
            "opts": self.opts,
            "row": row,
            "badge": self.state(row),
            "progress": runs.progress(row),
            "counts": list(counts(row)),
            "creates": row.seen.get(Fate.DELETE, 0),
            "possible": any(row.seen.get(fate) for fate in DONE),
            "page": shown,
            "told": [(one, told(one)) for one in shown.object_list],
            "records_at": row.mapping.connection.instance_url.rstrip("/"),
            "may_act": self.has_add_permission(request),
            "media": self.media,
        }
        return TemplateResponse(request, self.change_form_template, context)


def counts(row: UndoRun) -> Iterator[tuple[Promise, int, int]]:
    """Yield what there was of each kind, as seen and as done."""
    for fate, label in FATES.items():
        seen, done = row.seen.get(fate, 0), row.done.get(fate, 0)
        if seen or done:
            yield label, seen, done


def told(finding: UndoFinding) -> str:
    return sentence(Fate(finding.fate), finding.names, finding.message)


def proposed(rows: QuerySet[Any]) -> str:
    """Return where to put back a run that holds all of these write-backs."""
    about = {}
    for name in ("mapping", "backfill"):
        keys = list(rows.order_by().values_list(name, flat=True).distinct()[:2])
        if len(keys) == 1 and keys[0]:
            about[name] = keys[0]
    return reverse("admin:crm_mappings_undorun_add", query=about)
