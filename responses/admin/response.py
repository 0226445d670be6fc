"""The list of responses and one response, to be read; other rooms add what became
of it (`ResponseAdmin.inlines`)."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments.admin.showing import duration
from responses.admin import wording
from responses.admin.results import ResultsPages
from responses.models import Response, Upload
from surveys.read_only import ReadOnly
from surveys.shared_rows import OfSurveys

# A record id as CRMs write them: searched for in the records of a response.
RECORD_ID = re.compile(r"[A-Za-z0-9_-]{6,40}\Z")


class QualityFilter(admin.SimpleListFilter):
    """Responses that look thought about, or those that show one of the signs."""

    title = _("quality")
    parameter_name = "quality"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("good", _("nothing noticed")), *wording.FLAGS.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Response]
    ) -> QuerySet[Response]:
        wanted = self.value()
        if wanted == "good":
            return queryset.filter(quality="")
        return queryset.filter(quality__contains=wanted) if wanted else queryset


@admin.register(Response)
class ResponseAdmin(ReadOnly, OfSurveys):
    change_list_template = "admin/responses/response/change_list.html"
    when_empty = _(
        "Answers stand here as people give them. It begins with a deployment that "
        "is live."
    )
    list_display = (
        "respondent",
        "survey_results",
        "score",
        "record_list",
        "flags",
        "state",
    )
    list_filter = (
        *("status", "is_test", QualityFilter, "survey", "deployment", "language"),
        "completed_at",
    )
    search_fields = ("invitation__email", "invitation__name")
    search_help_text = _("Search by e-mail address, name or the id of a record.")
    list_select_related = ("survey", "invitation", "deployment")
    ordering = (F("completed_at").desc(nulls_last=True), "-pk")
    show_full_result_count = False
    list_per_page = 50
    inlines: ClassVar[list[Any]] = []
    fields = (
        "survey_link",
        "version_number",
        "status",
        "is_test",
        "respondent",
        "deployment",
        "record_list",
        "answer_table",
        "variable_table",
        "language",
        "started_at",
        "updated_at",
        "completed_at",
        "took",
        "flags",
        "key",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        # The list has no use for the links; a lost key must not break it.
        rows: QuerySet[Response] = super().get_queryset(request)
        return rows.select_related(
            "survey", "version", "invitation", "deployment"
        ).defer("invitation__token", "version__definition")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Response], search_term: str
    ) -> tuple[QuerySet[Response], bool]:
        found, repeated = super().get_search_results(request, queryset, search_term)
        if RECORD_ID.match(search_term):
            text = Cast("records", TextField())
            about = queryset.alias(records_text=text).filter(
                records_text__contains=f'"{search_term}'
            )
            found = found | queryset.filter(pk__in=about.values("pk"))
        return found, repeated

    def get_urls(self) -> list[URLPattern]:
        pages = ResultsPages(self)
        return [
            path(
                "results/",
                self.admin_site.admin_view(pages.index),
                name="responses_response_results_index",
            ),
            path(
                "results/<slug:key>/",
                self.admin_site.admin_view(pages.survey),
                name="responses_response_results",
            ),
            path(
                "uploads/<uuid:key>/",
                self.admin_site.admin_view(self.upload_view),
                name="responses_response_upload",
            ),
            *super().get_urls(),
        ]

    def quarantine(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        """Says why a file is held; an administrator lets it out by a button."""
        may_release = request.user.has_perm("responses.change_upload")
        if request.method == "POST" and may_release:
            Upload.objects.filter(pk=upload.pk).update(held="")
            self.log_change(
                request,
                upload.response,
                gettext("Released “%(name)s” from quarantine.") % {"name": upload.name},
            )
            return redirect("admin:responses_response_change", upload.response_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("File in quarantine"),
            "upload": upload,
            "may_release": may_release,
        }
        template = "admin/responses/quarantine.html"
        return TemplateResponse(request, template, context)

    def upload_view(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        """A respondent's file: to be kept, and never shown as a page of ours."""
        upload = get_object_or_404(Upload.objects.select_related("response"), key=key)
        if not self.has_view_permission(request, upload.response):
            raise PermissionDenied
        if upload.held:
            return self.quarantine(request, upload)
        try:
            content = upload.file.open("rb")
        except OSError as error:
            raise Http404 from error
        answer = FileResponse(
            content,
            as_attachment=True,
            filename=upload.name,
            content_type=upload.media_type,
        )
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer

    # ------------------------------------------------------------- in words

    @admin.display(description=_("respondent"), ordering="invitation__email")
    def respondent(self, response: Response) -> str | SafeString:
        return wording.respondent(response)

    @admin.display(description=_("results of"), ordering="survey__key")
    def survey_results(self, response: Response) -> SafeString | str:
        page = reverse("admin:responses_response_results", args=[response.survey.key])
        return wording.linked(page, response.survey)

    @admin.display(description=_("completed"), ordering="completed_at")
    def state(self, response: Response) -> str:
        """When it was completed, or that it is not."""
        text = str(response.get_status_display())
        if response.completed_at is not None:
            text = date_format(
                localtime(response.completed_at), "SHORT_DATETIME_FORMAT"
            )
        test = _("test")
        return f"{text} ({test})" if response.is_test else text

    @admin.display(description=_("survey"))
    def survey_link(self, response: Response) -> SafeString:
        survey = wording.address("admin:surveys_survey_change", response.survey_id)
        results = reverse(
            "admin:responses_response_results", args=[response.survey.key]
        )
        return format_html(
            "{} ({})",
            wording.linked(survey, response.survey),
            wording.linked(results, _("results")),
        )

    @admin.display(description=_("version"))
    def version_number(self, response: Response) -> int:
        return response.version.number

    @admin.display(description=_("score"))
    def score(self, response: Response) -> str:
        return wording.score(response)

    @admin.display(description=_("about"))
    def record_list(self, response: Response) -> SafeString:
        return wording.records(response)

    @admin.display(description=_("answers"))
    def answer_table(self, response: Response) -> str:
        return render_to_string(
            "admin/responses/answers.html", {"said": list(wording.said(response))}
        )

    @admin.display(description=_("variables"))
    def variable_table(self, response: Response) -> SafeString:
        return format_html_join(
            ", ", "{}: {}", ((key, text) for key, text in response.variables.items())
        )

    @admin.display(description=_("quality"), ordering="quality")
    def flags(self, response: Response) -> str:
        return wording.flags(response)

    @admin.display(description=_("took"))
    def took(self, response: Response) -> str:
        if response.completed_at is None:
            return ""
        passed = response.completed_at - response.started_at
        return duration(passed.total_seconds())
