"""The outline's order: by its arrows, and by dragging."""

from __future__ import annotations

import re
from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from surveys import arranging, history
from surveys.admin import outline
from surveys.admin.screens import SurveyScreens
from surveys.models import Page, Question, Survey

MOVE = re.compile(r"(page|question):([0-9]{1,18}):(up|down)\Z")
PLACE = re.compile(
    r"(?:page:([0-9]{1,18})|question:([0-9]{1,18}):([0-9]{1,18})):([0-9]{1,4})\Z"
)


class OrderScreens(SurveyScreens):
    def order_urls(self) -> list[URLPattern]:
        return [
            self.screen("move", require_POST(self.move_view), "move"),
            self.screen("place", require_POST(self.place_view), "place"),
        ]

    def move_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        """Take one of the outline's arrows, e.g. question:12:up."""
        survey = self.changeable(request, survey_id)
        match = MOVE.match(request.POST.get("move", ""))
        if match is None:
            raise Http404
        what, number, word = match.groups()
        direction: arranging.Direction = "up" if word == "up" else "down"
        if what == "page":
            page = get_object_or_404(Page, survey=survey, pk=number)
            key = page.key
            moved = arranging.move_page(page=page, direction=direction)
        else:
            question = _question(survey, number)
            key = question.key
            moved = arranging.move_question(question=question, direction=direction)
        told = _("“%(key)s” moved up.") if word == "up" else _("“%(key)s” moved down.")
        return self._arranged(request, survey, told % {"key": key}, moved)

    def place_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        """Take what was dragged: page:3:0, or question:12:3:1 to page 3, place 1."""
        survey = self.changeable(request, survey_id)
        match = PLACE.match(request.POST.get("place", ""))
        if match is None:
            raise Http404
        page_id, question_id, target_id, place = match.groups()
        page = get_object_or_404(Page, survey=survey, pk=page_id or target_id)
        if question_id is None:
            key = page.key
            moved = arranging.place_page(page=page, place=int(place))
        else:
            question = _question(survey, question_id)
            key = question.key
            moved = arranging.place_question(
                question=question, page=page, place=int(place)
            )
        told = _("“%(key)s” moved.") % {"key": key}
        return self._arranged(request, survey, told, moved)

    def _arranged(
        self, request: HttpRequest, survey: Survey, told: str, moved: bool
    ) -> HttpResponse:
        if moved:
            survey.save(update_fields=["updated_at"])
            history.tell(cast(AbstractBaseUser, request.user), survey, told)
        return redirect(f"{outline.edit_url(survey)}#outline")


def _question(survey: Survey, number: str) -> Question:
    rows = Question.objects.select_related("page")
    return get_object_or_404(rows, page__survey=survey, pk=number)
