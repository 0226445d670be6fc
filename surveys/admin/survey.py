"""The admin of surveys: list, outline, publishing."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from surveys import arranging, checks, next_steps, publishing
from surveys.admin import listing, outline
from surveys.admin.beginnings import BeginningScreens
from surveys.admin.flows import FlowScreens
from surveys.admin.forms import SurveyForm
from surveys.admin.imports import ImportScreens
from surveys.admin.ordering import OrderScreens
from surveys.admin.shares import ShareInline, may_share
from surveys.admin.translations import TranslationScreens
from surveys.admin.versions import VersionScreens
from surveys.admin.walking import WalkScreens
from surveys.definition import say
from surveys.models import Survey


@admin.register(Survey)
class SurveyAdmin(
    VersionScreens,
    TranslationScreens,
    BeginningScreens,
    ImportScreens,
    FlowScreens,
    OrderScreens,
    WalkScreens,
):
    form = SurveyForm
    change_form_template = "admin/surveys/survey/change_form.html"
    change_list_template = "admin/surveys/survey/change_list.html"
    list_display = [
        *("name", "state", "today"),
        *("completion", "last_response", "questions"),
    ]
    list_filter = ["status"]
    list_select_related = ["live_version"]
    ordering = ["-updated_at"]
    search_fields = ["key", *[f"title__{code}" for code, _name in settings.LANGUAGES]]
    inlines = [ShareInline]
    fieldsets = [
        (
            gettext_lazy("Survey"),
            {
                "fields": [
                    *("title", "default_language", "thanks"),
                    *("theme", "variables", "key"),
                ]
            },
        ),
        (
            gettext_lazy("Screening out and quotas"),
            {"classes": ["collapse"], "fields": ["screened_out", "quotas"]},
        ),
        (
            gettext_lazy("Who may"),
            {"classes": ["collapse"], "fields": ["owner", "everyone"]},
        ),
    ]

    class Media:
        css = {"all": ["surveys/forms.css", "surveys/screens.css"]}
        js = ["surveys/dragging.js"]

    # ------------------------------------------------------------------ list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Survey]:
        rows: QuerySet[Survey] = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "surveys_survey_changelist":
            return listing.with_counts(rows, now=timezone.now())
        return rows

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def name(self, survey: Survey) -> str:
        return format_html("{}<br><code>{}</code>", survey, survey.key)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def state(self, survey: Survey) -> str:
        said = survey.get_status_display()
        if survey.live_version is None:
            return said
        version = _("version %(number)s") % {"number": survey.live_version.number}
        return format_html('{}<div class="outline-note nowrap">{}</div>', said, version)

    @admin.display(description=gettext_lazy("questions"), ordering="question_count")
    def questions(self, survey: Survey) -> int:
        return int(getattr(survey, "question_count", 0))

    @admin.display(description=gettext_lazy("today"), ordering="responses_today")
    def today(self, survey: Survey) -> int:
        return int(getattr(survey, "responses_today", 0))

    @admin.display(description=gettext_lazy("completed"))
    def completion(self, survey: Survey) -> str:
        return listing.completion(survey)

    @admin.display(description=gettext_lazy("last response"), ordering="last_response")
    def last_response(self, survey: Survey) -> str:
        return listing.last_response(survey)

    # ----------------------------------------------------------------- forms

    def save_model(
        self, request: HttpRequest, obj: Survey, form: Any, change: bool
    ) -> None:
        if not change and obj.owner_id is None:
            obj.owner_id = request.user.pk
        super().save_model(request, obj, form, change)
        if not change:
            arranging.first_page(survey=obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Survey | None = None
    ) -> list[str]:
        return [] if may_share(request, obj) else ["owner", "everyone"]

    def get_inline_instances(
        self, request: HttpRequest, obj: Survey | None = None
    ) -> list[Any]:
        """What is not sent stays: a form without the shares leaves them alone."""
        if request.method == "POST" and "shares-TOTAL_FORMS" not in request.POST:
            return []
        return super().get_inline_instances(request, obj)

    def response_post_save_add(
        self, request: HttpRequest, obj: Survey
    ) -> HttpResponseRedirect:
        return redirect(outline.edit_url(obj))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Survey | None = None,
    ) -> HttpResponse:
        if obj is not None:
            state = checks.draft_state(obj)
            context |= {
                "outline": outline.outline(obj),
                "has_unpublished": state.changed,
                "obstacles": outline.obstacles(obj, state.problems),
                "steps": _steps(obj, request.user),
                "may_change": self.has_change_permission(request, obj),
                "may_publish": self.may_publish(request, obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # ----------------------------------------------------------------- views

    def get_urls(self) -> list[URLPattern]:
        return [
            *self.version_urls(),
            *self.translation_urls(),
            *self.beginning_urls(),
            *self.import_urls(),
            *self.flow_urls(),
            self.screen("close", require_POST(self.close_view), "close"),
            *self.order_urls(),
            *self.walk_urls(),
            *super().get_urls(),
        ]

    def close_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.publishable(request, survey_id)
        publishing.close(survey=survey, user=cast(AbstractBaseUser, request.user))
        self.message_user(request, _("The survey is closed."), messages.SUCCESS)
        return redirect(outline.edit_url(survey))


def _steps(survey: Survey, user: Any) -> list[dict[str, Any]]:
    said = next_steps.suggestions(survey)
    language = get_language() or "en"
    return [
        {
            "title": step.title,
            "url": step.url,
            "there": step.there,
            "set_up_url": step.set_up_url,
            "suggestion": say(said.get(name, {}), language, "en"),
        }
        for name, step in next_steps.steps_of(survey, user).items()
    ]
