"""The admin of questions, each with its choices."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from surveys.admin.forms import (
    ChoiceForm,
    ChoiceFormSet,
    QuestionForm,
    fitting_kinds,
)
from surveys.admin.forms.options import GROUP
from surveys.admin.outline import question_name
from surveys.admin.part import PartAdmin
from surveys.models import Choice, Question, Survey

FIRST_CHOICES = 3


class ChoiceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Choice
    form = ChoiceForm
    formset = ChoiceFormSet
    ordering = ["position", "pk"]
    fields = ["label", "image", "key", "score", "exclusive", "position"]
    verbose_name_plural = _("Choices (also the columns of a matrix)")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj and obj.choices.exists() else FIRST_CHOICES


@admin.register(Question)
class QuestionAdmin(PartAdmin):
    form = QuestionForm
    inlines = [ChoiceInline]
    parent = "page"
    survey_path = "page__survey"
    change_form_template = "admin/surveys/question/change_form.html"
    fieldsets = [
        (None, {"fields": ["kind", "text", "help", "required"]}),
        (
            _("Answer"),
            {
                "classes": ["answer-options"],
                "fields": GROUP,
            },
        ),
        (_("Rule"), {"fields": ["show_if"]}),
        (_("Place and key"), {"fields": ["page", "position", "key"]}),
    ]

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/question.js", "surveys/dragging.js"]

    def survey_of(self, part: Any) -> Survey:
        survey: Survey = part.page.survey
        return survey

    def name_of(self, part: Any) -> str:
        return question_name(part, part.page.survey.default_language)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["fitting_kinds"] = json.dumps(fitting_kinds())
        return super().render_change_form(request, context, *args, **kwargs)
