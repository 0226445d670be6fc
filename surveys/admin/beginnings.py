"""The screens that save typing: ready-made surveys, copies, and pasted choices."""

from __future__ import annotations

import re
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from surveys import beginning, duplicating, pasting, ready_made
from surveys.admin import outline
from surveys.admin.screens import SurveyScreens
from surveys.definition import OPTIONS, Kind, say
from surveys.models import Page, Question, Survey

COPY = re.compile(r"(survey|page|question):([0-9]{1,18})\Z")
MOST_SHOWN = 10


class BeginningScreens(SurveyScreens):
    def beginning_urls(self) -> list[URLPattern]:
        read_or_write = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path(
                "ready-made/",
                self.admin_site.admin_view(read_or_write(self.ready_made_view)),
                name="surveys_survey_ready_made",
            ),
            self.screen("duplicate", require_POST(self.duplicate_view), "duplicate"),
            self.screen(
                "questions/<int:question_id>/paste",
                read_or_write(self.paste_view),
                "paste",
            ),
        ]

    def ready_made_view(self, request: HttpRequest) -> HttpResponse:
        """Show the ready-made surveys; a click makes a draft of one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        language = get_language() or "en"
        if request.method != "POST":
            cards = [_card(one, language) for one in ready_made.catalogue()]
            title = _("Start from a ready-made survey")
            return self.page(request, None, "ready_made", title, cards=cards)
        found = ready_made.find(request.POST.get("ready_made", ""))
        if found is None:
            raise Http404
        user = cast(AbstractBaseUser, request.user)
        survey = beginning.begin(ready_made=found, language=language, user=user)
        self.message_user(
            request,
            _("The draft is made. Change what you like, then publish it."),
            messages.SUCCESS,
        )
        return redirect(outline.edit_url(survey))

    def duplicate_view(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        """Copy what is named, e.g. question:12."""
        match = COPY.match(request.POST.get("copy", ""))
        if match is None:
            raise Http404
        what, number = match.groups()
        if what == "survey":
            return self._duplicate_survey(request, survey_id)
        survey = self.changeable(request, survey_id)
        user = cast(AbstractBaseUser, request.user)
        row: Page | Question
        if what == "page":
            page = get_object_or_404(Page, survey=survey, pk=number)
            row = duplicating.duplicate_page(page=page, user=user)
        else:
            rows = Question.objects.select_related("page")
            question = get_object_or_404(rows, page__survey=survey, pk=number)
            row = duplicating.duplicate_question(question=question, user=user)
        self.message_user(
            request, _("Copied as “%(key)s”.") % {"key": row.key}, messages.SUCCESS
        )
        return redirect(f"{outline.edit_url(survey)}#outline")

    def _duplicate_survey(self, request: HttpRequest, survey_id: int) -> HttpResponse:
        survey = self.visible(request, survey_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        user = cast(AbstractBaseUser, request.user)
        made = duplicating.duplicate_survey(survey=survey, user=user)
        self.message_user(
            request,
            _("This is the copy, a draft: “%(key)s”.") % {"key": made.key},
            messages.SUCCESS,
        )
        return redirect(outline.edit_url(made))

    def paste_view(
        self, request: HttpRequest, survey_id: int, question_id: int
    ) -> HttpResponse:
        """Make choices of a pasted list."""
        survey = self.changeable(request, survey_id)
        rows = Question.objects.select_related("page")
        question = get_object_or_404(rows, page__survey=survey, pk=question_id)
        if "choices" not in OPTIONS[Kind(question.kind)]:
            raise Http404
        if request.method != "POST":
            return self._paste(request, survey, question)
        text = request.POST.get("list", "")
        user = cast(AbstractBaseUser, request.user)
        try:
            pasted = pasting.add_choices(question=question, text=text, user=user)
        except pasting.PasteRefused as error:
            return self._paste(request, survey, question, text, error.problems)
        self.message_user(request, _told(pasted), messages.SUCCESS)
        return redirect(outline.edit_url(question))

    def _paste(
        self,
        request: HttpRequest,
        survey: Survey,
        question: Question,
        text: str = "",
        problems: tuple[str, ...] = (),
    ) -> HttpResponse:
        return self.page(
            request,
            survey,
            "paste",
            _("Paste a list of choices"),
            status=400 if problems else 200,
            question=outline.question_name(question, survey.default_language),
            question_url=outline.edit_url(question),
            text=text,
            problems=problems[:MOST_SHOWN],
            more=max(0, len(problems) - MOST_SHOWN),
        )


def _told(pasted: pasting.Pasted) -> str:
    told = ngettext("%(n)s choice added.", "%(n)s choices added.", pasted.added) % {
        "n": pasted.added
    }
    if not pasted.known:
        return told
    names = ", ".join(pasted.known[:MOST_SHOWN])
    return told + " " + _("There already: %(names)s") % {"names": names}


def _card(one: ready_made.ReadyMade, language: str) -> dict[str, object]:
    pages = one.survey["pages"]
    return {
        "key": one.key,
        "name": say(one.name, language, "en"),
        "summary": say(one.summary, language, "en"),
        "trigger": say(one.trigger, language, "en"),
        "mapping": say(one.mapping, language, "en"),
        "questions": sum(len(page["questions"]) for page in pages),
        "pages": len(pages),
    }
