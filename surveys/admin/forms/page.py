"""The form of a page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import checks
from surveys.admin import drafts
from surveys.admin.conditions import ConditionField, choose_from
from surveys.admin.forms.fields import behind, chosen, key_field, only, position_field
from surveys.admin.texts import TextsField, languages, need_default, speak
from surveys.admin.ways import END, SCREEN_OUT, WaysField
from surveys.definition.nodes import LONGEST_LABEL
from surveys.definition.parsing import ON_PAGE
from surveys.keys import propose
from surveys.models import Page, Survey


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    survey = forms.ModelChoiceField(Survey.objects.all(), label=gettext_lazy("Survey"))
    title = TextsField(
        label=gettext_lazy("Title"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("Shown above the questions. May stay blank."),
    )
    show_if = ConditionField(
        label=gettext_lazy("Show only if"),
        help_text=gettext_lazy(
            "Without a rule the page is always shown. A rule reads questions of "
            "earlier pages and variables."
        ),
    )
    random = forms.BooleanField(
        label=gettext_lazy("Questions in random order"),
        required=False,
        help_text=gettext_lazy(
            "Each respondent sees an order of their own. Questions with rules and "
            "statements stay at their places."
        ),
    )
    next = WaysField(
        label=gettext_lazy("Where it goes on"),
        help_text=gettext_lazy(
            "The first rule that holds is taken; when none does, the next page "
            "follows. A rule without comparisons always holds. Save to get one more."
        ),
    )
    key = key_field()
    position = position_field()

    class Meta:
        model = Page
        fields = ["survey", "title", "show_if", "random", "next"]
        fields += ["key", "position", "place"]
        labels = {"place": gettext_lazy("Its own place")}
        help_texts = {
            "place": gettext_lazy(
                "For pages or blocks of pages in random order. Each respondent has an "
                "order of their own, which is kept."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].required = False
        self.about: Survey | None = None
        about = self.about = chosen(self, "survey", Survey)
        if about is None:
            return
        only(self, "survey", about.pk)
        codes = languages(about.default_language, self.instance.title)
        speak(self, ("title",), codes)
        page = self.instance if self.instance.pk else None
        asked = drafts.before_page(about, page)
        choose_from(self, "show_if", drafts.groups(about, asked))
        self._lead_on(about, page)

    def _lead_on(self, survey: Survey, page: Page | None) -> None:
        """Ways lead to later pages, and their rules read this page's answers too."""
        ways: Any = self.fields["next"]
        known = drafts.groups(survey, drafts.through_page(survey, page))
        texts = [way.get("text") for way in self.instance.next or []]
        ways.choose(
            known, languages(survey.default_language, *texts), survey.default_language
        )
        ways.lead_to(
            [
                *drafts.later_pages(survey, page),
                (END, _("the end of the survey")),
                (SCREEN_OUT, _("screening out")),
            ]
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        survey = cleaned.get("survey")
        if survey is None:
            return cleaned
        cleaned["place"] = cleaned.get("place") or self.instance.place
        need_default(self, ("title",), survey.default_language)
        others = survey.pages.exclude(pk=self.instance.pk)
        if not cleaned.get("key"):
            taken = set(others.values_list("key", flat=True))
            title = (cleaned.get("title") or {}).get(survey.default_language, "")
            number = f"page {others.count() + 1}"
            cleaned["key"] = propose(title or number, taken, fallback="page")
        if cleaned.get("position") is None:
            cleaned["position"] = behind(others)
        self._check_flow(cleaned, survey)
        return cleaned

    def _check_flow(self, cleaned: dict[str, Any], survey: Survey) -> None:
        """Refuse a way that passes other pages by for ever."""
        if not self.instance.pk or self.errors:
            return
        values: dict[str, Any] = {
            name: cleaned[name] for name in ("next", "show_if") if name in cleaned
        }
        names = drafts.page_names(survey)
        for problem in checks.newly_wrong(survey, self.instance.key, values):
            match = ON_PAGE.match(problem.path)
            name = names[int(match[1])] if match else ""
            self.add_error("next", f"{name}: {problem.message}")
