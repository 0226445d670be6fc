"""What the further screens of a survey share: who may, and the page around them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from surveys.admin import outline
from surveys.admin.meeting import MeetingAdmin
from surveys.models import Level, Survey
from surveys.sharing import may


class SurveyScreens(MeetingAdmin):
    """An admin of surveys that screens of their own modules are mixed into."""

    deletes_with = Level.PUBLISH

    def survey_of(self, part: Any) -> Survey:
        survey: Survey = part
        return survey

    def screen(self, route: str, handler: Any, name: str) -> URLPattern:
        """Below a survey: `<id>/<route>`, as `admin:surveys_survey_<name>`."""
        return path(  # type: ignore[no-any-return]
            f"<int:survey_id>/{route}/",
            self.admin_site.admin_view(handler),
            name=f"surveys_survey_{name}",
        )

    def may_publish(self, request: HttpRequest, survey: Survey | None) -> bool:
        return (
            survey is not None
            and self.has_change_permission(request, survey)
            and may(request.user, survey, Level.PUBLISH)
        )

    def visible(self, request: HttpRequest, survey_id: int) -> Survey:
        survey = get_object_or_404(
            Survey.objects.select_related("live_version"), pk=survey_id
        )
        if not self.has_view_permission(request, survey):
            raise PermissionDenied
        return survey

    def changeable(self, request: HttpRequest, survey_id: int) -> Survey:
        survey = get_object_or_404(
            Survey.objects.select_related("live_version"), pk=survey_id
        )
        if not self.has_change_permission(request, survey):
            raise PermissionDenied
        return survey

    def publishable(self, request: HttpRequest, survey_id: int) -> Survey:
        survey = self.changeable(request, survey_id)
        if not self.may_publish(request, survey):
            raise PermissionDenied
        return survey

    def page(
        self,
        request: HttpRequest,
        survey: Survey | None,
        template: str,
        title: str,
        *,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "survey": survey,
            "survey_url": outline.edit_url(survey) if survey else "",
            "list_url": reverse("admin:surveys_survey_changelist"),
            "title": title,
            "may_change": self.has_change_permission(request, survey),
            "may_publish": self.may_publish(request, survey),
        }
        template = f"admin/surveys/survey/{template}.html"
        return TemplateResponse(request, template, context, status=status)
