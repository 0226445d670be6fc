"""Scheduled dumps in the admin: what goes where and when, how it fares, its runs."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from responses.dump import writing
from responses.scheduled import keeping
from responses.scheduled.documents import GUARDED, store
from responses.scheduled.models import DumpRun, ScheduledDump
from surveys.models import Survey
from surveys.row_acts import RowActs
from surveys.shared_rows import OfSurveys

LATEST = 10
STATE_CLASSES = {
    "done": "tb-good",
    "failed": "tb-bad",
    "waiting": "tb-warn",
    "running": "tb-info",
}


class ScheduledDumpForm(forms.ModelForm):  # type: ignore[type-arg]
    """The secret is only ever written: an empty box keeps it."""

    new_secret = forms.CharField(
        label=_("Secret"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    class Meta:
        model = ScheduledDump
        fields = (
            *("name", "key", "survey", "is_active"),
            *("reach", "changes", "statuses", "tests", "columns"),
            *("format", "compressed", "bom", "labels", "language"),
            *("place", "folder", "address", "bucket", "region", "user"),
            *("host_key", "every", "at", "weekday", "time_zone", "keep"),
        )
        widgets: ClassVar[dict[str, Any]] = {
            "columns": forms.Textarea(attrs={"rows": 2}),
            "host_key": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_secret" in self.fields:
            self.fields["new_secret"].help_text = (
                _("Set. Leave it empty to keep it; it is never shown.")
                if self.instance.secret
                else _(
                    "SFTP: the password, or a private key without a passphrase. "
                    "S3: the secret of the access key."
                )
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        survey: Survey | None = given.get("survey")
        if survey is not None and "columns" in given:
            names = [name.strip() for name in given["columns"].split(",")]
            for name in writing.unknown_fields(survey, [n for n in names if n]):
                text = _("The dump has no column “%(name)s”.")
                self.add_error("columns", text % {"name": name[:60]})
        moved = set(self.changed_data) & set(GUARDED)
        if moved and self.instance.secret and not given.get("new_secret"):
            text = _("It goes elsewhere now: enter the secret for there again.")
            if given.get("place") != ScheduledDump.Place.FOLDER:
                self.add_error("new_secret", text)
        return given

    @property
    def secret(self) -> str:
        """What is to be kept: nothing where nothing is needed."""
        if self.cleaned_data.get("place") == ScheduledDump.Place.FOLDER:
            return ""
        typed: str = self.cleaned_data.get("new_secret") or ""
        return typed if "PRIVATE KEY" in typed else typed.strip() or self.kept

    @property
    def kept(self) -> str:
        return str(self.instance.secret)


@admin.register(ScheduledDump)
class ScheduledDumpAdmin(RowActs, OfSurveys):
    acts = ("run", "try")
    form = ScheduledDumpForm
    change_form_template = "admin/dumps/scheduleddump/change_form.html"
    list_display = ("name", "survey", "state", "where", "next_at")
    list_filter = ("survey", "place", "every")
    list_select_related = ("survey",)
    prepopulated_fields = {"key": ("name",)}
    search_fields = ("name", "key")
    fieldsets = [
        (None, {"fields": ["name", "key", "survey", "is_active"]}),
        (_("What"), {"fields": ["reach", "changes", "statuses", "tests", "columns"]}),
        (
            _("How"),
            {"fields": ["format", "compressed", "bom", "labels", "language"]},
        ),
        (_("Where to"), {"fields": ["place", "folder"]}),
        (
            _("SFTP and S3 alone"),
            {
                "fields": [
                    *("address", "user", "new_secret"),
                    *("host_key", "bucket", "region"),
                ]
            },
        ),
        (_("When"), {"fields": ["every", "at", "weekday", "time_zone", "keep"]}),
    ]

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledDump]:
        rows: QuerySet[ScheduledDump] = super().get_queryset(request)
        newest = DumpRun.objects.filter(dump=OuterRef("pk")).order_by("-pk")
        return rows.annotate(latest=Subquery(newest.values("state")[:1]))

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: ScheduledDump | None = None
    ) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: ScheduledDump | None = None
    ) -> list[str]:
        # The key is in documents, and in the names of what it has put somewhere.
        return ["key"] if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        may = request.user.has_perm("responses.view_response")
        return may and super().has_add_permission(request)

    @admin.display(description=_("where to"))
    def where(self, dump: ScheduledDump) -> str:
        return f"{dump.get_place_display()}: {lies_at(dump)}"

    @admin.display(description=_("state"))
    def state(self, dump: Any) -> SafeString | str:
        if dump.problem:
            return format_html('<span class="tb-badge tb-bad">{}</span>', dump.problem)
        if not dump.latest:
            return "–"
        return badge(dump.latest, str(DumpRun.State(dump.latest).label))

    def save_model(
        self, request: HttpRequest, obj: ScheduledDump, form: Any, change: Any
    ) -> None:
        store(obj, secret=form.secret, made_by=request.user.pk)

    def _run(self, request: HttpRequest, dump: ScheduledDump) -> None:
        who = request.user.get_username()
        keeping.dump_now(dump=dump, by=who, now=timezone.now())
        text = _("A run waits for a worker; what came of it will stand here.")
        self.message_user(request, text, messages.SUCCESS)

    def _try(self, request: HttpRequest, dump: ScheduledDump) -> None:
        if problem := keeping.try_place(dump=dump):
            self.message_user(request, problem, messages.ERROR)
            return
        text = _("A small file was written there and taken away again: it works.")
        self.message_user(request, text, messages.SUCCESS)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        dump = self.get_object(request, object_id)
        shown = {} if dump is None else self._log(dump)
        context = {**shown, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _log(self, dump: ScheduledDump) -> dict[str, Any]:
        runs = DumpRun.objects.filter(dump=dump).order_by("-pk").defer("parts")
        return {
            "runs": [
                (run, badge(run.state, run.get_state_display()))
                for run in runs[:LATEST]
            ],
            "log_url": reverse("admin:dumps_dumprun_changelist"),
            "urls": self.act_urls(dump),
        }


@admin.register(DumpRun)
class DumpRunAdmin(OfSurveys):
    survey_path = "dump__survey"
    when_empty = _(
        "Each run of a scheduled dump stands here. Open a scheduled dump and run it."
    )
    list_display = ("asked_at", "dump", "state_badge", "rows", "bytes", "problem")
    list_filter = ("dump", "state")
    list_select_related = ("dump",)
    ordering = ("-pk",)
    fields = readonly_fields = (
        *("dump", "state_badge", "problem", "asked_by", "asked_at", "started_at"),
        *("finished_at", "rows", "bytes", "name", "files"),
        "removed_at",
    )

    class Media:
        css = {"all": ["crm_mappings/panels.css"]}

    @admin.display(description=_("state"), ordering="state")
    def state_badge(self, run: DumpRun) -> SafeString:
        return badge(run.state, run.get_state_display())

    @admin.display(description=_("size"), ordering="size")
    def bytes(self, run: DumpRun) -> str:
        return filesizeformat(run.size)

    @admin.display(description=_("files"))
    def files(self, run: DumpRun) -> SafeString:
        lines = [
            f"{part['name']}  {part['rows']}\nSHA-256 {part['sha256']}"
            for part in run.parts
        ]
        return format_html("<pre>{}</pre>", "\n".join(lines) or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def lies_at(dump: ScheduledDump) -> str:
    """Where it is, in short."""
    start = {"sftp": dump.address, "s3": dump.bucket}.get(dump.place, "")
    return "/".join(filter(None, (start, dump.folder, dump.key)))


def badge(state: str, words: str) -> SafeString:
    return format_html(
        '<span class="tb-badge {}">{}</span>', STATE_CLASSES.get(state, ""), words
    )
