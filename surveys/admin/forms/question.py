"""The form of a question, with the options of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import publishing
from surveys.admin import drafts
from surveys.admin.conditions import ConditionField, choose_from
from surveys.admin.forms.fields import behind, chosen, key_field, lock, position_field
from surveys.admin.texts import TextsField, languages, need_default, speak
from surveys.definition.kinds import (
    LONGEST_TEXT,
    OPTIONS,
    RATING_MAX,
    RATING_MIN,
    WIDEST_RATING,
)
from surveys.definition.nodes import LONGEST_LABEL
from surveys.definition.parsing import HIGHEST_RATING, LONGEST_QUESTION
from surveys.keys import propose
from surveys.models import Page, Question, Survey


class PageChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The pages of one survey, or of all with the survey's name ahead."""

    of_one_survey = False

    def label_from_instance(self, obj: Any) -> str:
        survey = obj.survey
        place = drafts.pages_of(survey).index(obj) + 1
        name = drafts.page_name(obj, place, survey.default_language)
        return name if self.of_one_survey else f"{survey} › {name}"


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]
    page = PageChoiceField(
        Page.objects.select_related("survey"), label=gettext_lazy("Page")
    )
    text = TextsField(label=gettext_lazy("Question"), longest=LONGEST_QUESTION, rows=2)
    help = TextsField(
        label=gettext_lazy("Help text"),
        longest=LONGEST_QUESTION,
        required=False,
        help_text=gettext_lazy("Shown in smaller letters below the question."),
    )
    min = forms.IntegerField(
        label=gettext_lazy("Lowest rating"),
        required=False,
        min_value=0,
        max_value=HIGHEST_RATING,
        help_text=gettext_lazy("For ratings. Blank: 1."),
        widget=forms.NumberInput(attrs={"class": "short-number"}),
    )
    max = forms.IntegerField(
        label=gettext_lazy("Highest rating"),
        required=False,
        min_value=1,
        max_value=HIGHEST_RATING,
        help_text=gettext_lazy("For ratings. Blank: 5."),
        widget=forms.NumberInput(attrs={"class": "short-number"}),
    )
    min_label = TextsField(
        label=gettext_lazy("Label of the lowest"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("For NPS and ratings, such as “not at all”."),
    )
    max_label = TextsField(
        label=gettext_lazy("Label of the highest"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("For NPS and ratings, such as “very much”."),
    )
    max_length = forms.IntegerField(
        label=gettext_lazy("Longest answer"),
        required=False,
        min_value=1,
        max_value=LONGEST_TEXT,
        help_text=gettext_lazy(
            "In characters, for texts. Blank: 255 for a short text, 10,000 for a "
            "long one."
        ),
        widget=forms.NumberInput(attrs={"class": "short-number"}),
    )
    show_if = ConditionField(
        label=gettext_lazy("Show only if"),
        help_text=gettext_lazy(
            "Without a rule the question is always shown. A rule reads questions "
            "that are asked before this one, and variables."
        ),
    )
    key = key_field()
    position = position_field()

    class Meta:
        model = Question
        fields = ["page", "kind", "text", "help", "required", "show_if"]
        fields += ["key", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        question: Question = self.instance
        for name in publishing.OPTIONS:
            self.initial.setdefault(name, (question.options or {}).get(name))
        self.about: Survey | None = None
        about = chosen(self, "page", Page)
        if about is None:
            return
        survey = self.about = about.survey
        pages = Page.objects.filter(survey=survey).select_related("survey")
        where: Any = self.fields["page"]
        where.of_one_survey, where.empty_label = True, None
        where.queryset = pages.order_by("position", "pk")
        self._speak(survey)
        stored = question if question.pk else None
        asked = drafts.before_question(stored, about)
        choose_from(self, "show_if", drafts.groups(survey, asked))
        if question.pk and question.key in publishing.published_keys(survey).kinds:
            lock(self.fields["key"])
            lock(self.fields["kind"], _("The kind was published, so it stays."))

    def _speak(self, survey: Survey) -> None:
        question = self.instance
        ends = [question.options.get(f"{end}_label") for end in ("min", "max")]
        codes = languages(survey.default_language, question.text, question.help, *ends)
        speak(self, ("text", "help", "min_label", "max_label"), codes)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        page = cleaned.get("page")
        if page is None:
            return cleaned
        survey = page.survey
        language = survey.default_language
        need_default(self, ("text", "help", "min_label", "max_label"), language)
        self._clean_scale(cleaned)
        self._clean_key(cleaned, survey)
        if cleaned.get("kind") == "statement":
            cleaned["required"] = False
        if cleaned.get("position") is None:
            others = page.questions.exclude(pk=self.instance.pk)
            cleaned["position"] = behind(others)
        return cleaned

    def _clean_scale(self, cleaned: Mapping[str, Any]) -> None:
        if cleaned.get("kind") != "rating":
            return
        low, high = cleaned.get("min"), cleaned.get("max")
        low = RATING_MIN if low is None else low
        high = RATING_MAX if high is None else high
        if low >= high:
            self.add_error("max", _("The highest must be above the lowest."))
        elif high - low > WIDEST_RATING:
            steps = WIDEST_RATING + 1
            self.add_error("max", _("Use at most %(n)s steps.") % {"n": steps})

    def _clean_key(self, cleaned: dict[str, Any], survey: Survey) -> None:
        others = Question.objects.filter(page__survey=survey)
        taken = set(
            others.exclude(pk=self.instance.pk).values_list("key", flat=True)
        ) | {one["key"] for one in survey.variables}
        if not cleaned.get("key"):
            text = (cleaned.get("text") or {}).get(survey.default_language, "")
            cleaned["key"] = propose(text, taken, fallback="question")
        elif cleaned["key"] in taken:
            self.add_error(
                "key",
                _("“%(key)s” is the key of another question or variable.")
                % {"key": cleaned["key"]},
            )

    def save(self, commit: bool = True) -> Question:
        kept = {**(self.instance.options or {})}
        kept |= {name: self.cleaned_data.get(name) for name in self.fields}
        self.instance.options = {
            name: kept[name]
            for name in publishing.OPTIONS
            if kept.get(name) is not False and kept.get(name) not in (None, {}, [], "")
        }
        question: Question = super().save(commit)
        return question


def fitting_kinds() -> dict[str, list[str]]:
    """Which form rows are for which kinds, for the script that hides the others."""
    fits: dict[str, list[str]] = {}
    for kind, options in OPTIONS.items():
        for option in options:
            fits.setdefault(option, []).append(kind.value)
    fits["required"] = [kind.value for kind in OPTIONS if kind.value != "statement"]
    return fits
