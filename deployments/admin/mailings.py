"""Mailings in the admin: a file goes in, the rows that were not invited come out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from deployments.admin.showing import bullets, change_link
from deployments.mailings import BadRow, SheetRefused, mail, write
from deployments.mailings.tables import LARGEST
from deployments.models import Deployment, Mailing
from surveys.shared_rows import OfSurveys

SHOWN = 50


class MailingForm(forms.ModelForm):  # type: ignore[type-arg]
    """The file is read and its people are invited while the form is checked: what is
    wrong with it is said beside it."""

    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX file"),
        help_text=gettext_lazy(
            "A column email; if you like name, language, time_zone, segment, the "
            "variables of the survey, and record.Case and the like. 5,000 rows and "
            "10 MB at most."
        ),
    )

    class Meta:
        model = Mailing
        fields = ["deployment", "name"]
        help_texts = {
            "name": gettext_lazy(
                "A person is invited once by a mailing of this name, however often "
                "the file is uploaded."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "deployment" in self.fields:
            self.fields["deployment"].queryset = Deployment.objects.filter(  # type: ignore[attr-defined]
                channel=Deployment.Channel.MAILING, status=Deployment.Status.LIVE
            )
            self.fields["deployment"].help_text = _(
                "Live deployments of the channel “Mailing” are listed here."
            )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 10 MB."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            file = cleaned["file"]
            try:
                self.instance = mail(
                    deployment=cleaned["deployment"],
                    name=cleaned["name"],
                    file_name=file.name,
                    raw=file.read(),
                    now=timezone.now(),
                )
            except SheetRefused as error:
                self.add_error("file", str(error))
        return cleaned


@admin.register(Mailing)
class MailingAdmin(OfSurveys):
    survey_path = "deployment__survey"
    form = MailingForm
    list_display = [
        *("name", "deployment", "created_at", "how_far", "invited", "not_invited")
    ]
    list_select_related = ["deployment"]
    ordering = ["-pk"]

    class Media:
        css = {"all": ["deployments/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: Mailing | None = None) -> Any:
        if obj is None:
            return ["deployment", "name", "file"]
        return [
            *("for_deployment", "name", "file_name", "encoding", "created_at"),
            "how_far",
            *("invited", "again", "ignored_columns", "not_invited", "reasons"),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Mailing | None = None
    ) -> Any:
        return self.get_fields(request, obj) if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Mailing, form: Any, change: bool
    ) -> None:
        """Nothing is left to do: the rows were written with the invitations."""

    def response_add(
        self, request: HttpRequest, obj: Mailing, post_url_continue: Any = None
    ) -> HttpResponse:
        text = _("People invited: %(invited)s. Rows not invited: %(bad)s.")
        messages.success(request, text % {"invited": obj.invited, "bad": len(obj.bad)})
        return HttpResponseRedirect(
            reverse("admin:deployments_mailing_change", args=[obj.pk])
        )

    @admin.display(description=gettext_lazy("deployment"))
    def for_deployment(self, row: Mailing) -> SafeString:
        return change_link(row.deployment)

    @admin.display(description=gettext_lazy("state"))
    def how_far(self, row: Mailing) -> str:
        return str(row.state.label)

    @admin.display(description=gettext_lazy("columns that mean nothing"))
    def ignored_columns(self, row: Mailing) -> str:
        return ", ".join(row.ignored) or "–"

    @admin.display(description=gettext_lazy("not invited"))
    def not_invited(self, row: Mailing) -> SafeString | str:
        if not row.bad:
            return "0"
        url = reverse("admin:deployments_mailing_bad", args=[row.pk])
        text = ngettext(
            "%(count)s row, as a file with the reasons",
            "%(count)s rows, as a file with the reasons",
            len(row.bad),
        )
        return format_html('<a href="{}">{}</a>', url, text % {"count": len(row.bad)})

    @admin.display(description=gettext_lazy("reasons"))
    def reasons(self, row: Mailing) -> SafeString | str:
        text = _("Line %(line)s: %(reason)s")
        lines = [text % bad for bad in row.bad[:SHOWN]]
        if len(row.bad) > SHOWN:
            lines.append("…")
        return bullets(lines) if lines else "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bad_rows)
        own = path("<int:pk>/bad.csv", view, name="deployments_mailing_bad")
        return [own, *super().get_urls()]

    def bad_rows(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(Mailing, pk=pk)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        bad = [
            BadRow(line=one["line"], reason=one["reason"], cells=tuple(one["cells"]))
            for one in row.bad
        ]
        name = slugify(row.name) or "mailing"
        return HttpResponse(
            write(row.columns, bad),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}-not-invited.csv"'
            },
        )
