"""The screens that show a draft, or a version, as respondents will go through it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from surveys import definition as definitions
from surveys import drafting, publishing, showing, theming
from surveys.admin import preview
from surveys.admin.framing import framed, frames
from surveys.admin.screens import SurveyScreens
from surveys.admin.texts import language_name
from surveys.definition import Definition, DefinitionError
from surveys.models import Survey
from surveys.showing import Scene


class WalkScreens(SurveyScreens):
    def walk_urls(self) -> list[URLPattern]:
        # It stores nothing, and a browser sends frames no cookie of another site.
        walk = csrf_exempt(self.walk_view)
        return [
            self.screen("preview", require_safe(self.preview_view), "preview"),
            self.screen("preview/pages", walk, "walk"),
            self.screen("versions/<int:number>/pages", walk, "version_walk"),
        ]

    @method_decorator(frames)
    def preview_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.visible(request, survey_id)
        shown = preview.preview(survey, request.GET.get("language", ""))
        return self.page(
            request,
            survey,
            "preview",
            _("Preview"),
            shown=shown,
            spoken=[(code, language_name(code)) for code in shown.languages],
            walk_url=reverse("admin:surveys_survey_walk", args=[survey.pk])
            if _draft(survey)
            else "",
        )

    @method_decorator(framed)
    def walk_view(
        self, request: HttpRequest, survey_id: int, number: int | None = None
    ) -> HttpResponse:
        """The page that the address names, or what follows the one that was sent."""
        survey = self.visible(request, survey_id)
        definition = _draft(survey) if number is None else _version(survey, number)
        if definition is None:
            text = _("The draft is not finished: its list of questions says what is.")
            return HttpResponse(text, content_type="text/plain", status=409)
        look, name = theming.look_of(survey)
        logo = look.logo
        scene = Scene(
            definition=definition,
            language=request.GET.get("language", ""),
            look=look,
            stylesheet=reverse("look_stylesheet", args=[name]) if name else "",
            logo=reverse("look_logo", args=[name, logo.ending]) if logo else "",
            page=request.GET.get("page", ""),
        )
        return showing.show(request, scene)


def _draft(survey: Survey) -> Definition | None:
    try:
        return definitions.parse(drafting.draft_document(survey))
    except DefinitionError:
        return None


def _version(survey: Survey, number: int) -> Definition:
    return publishing.compiled(get_object_or_404(survey.versions, number=number).pk)
