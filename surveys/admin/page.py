"""The admin of pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from surveys.admin import drafts
from surveys.admin.forms import PageForm
from surveys.admin.part import PartAdmin
from surveys.models import Page, Survey


@admin.register(Page)
class PageAdmin(PartAdmin):
    form = PageForm
    parent = survey_path = "survey"
    change_form_template = "admin/surveys/page/change_form.html"
    fieldsets = [
        (None, {"fields": ["survey", "title", "show_if", "random"]}),
        (_("Way on"), {"fields": ["next"]}),
        (_("Place and key"), {"fields": ["position", "place", "key"]}),
    ]

    class Media:
        css = {"all": ["surveys/forms.css"]}

    def survey_of(self, part: Any) -> Survey:
        survey: Survey = part.survey
        return survey

    def name_of(self, part: Any) -> str:
        place = drafts.pages_of(part.survey).index(part) + 1
        return drafts.page_name(part, place, part.survey.default_language)
