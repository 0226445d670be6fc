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
from surveys.admin.forms.options import (
    TEXTS,
    OptionsForm,
    chosen_options,
    field_of,
    option_problems,
)
from surveys.admin.texts import TextsField, languages, need_default, speak
from surveys.definition.kinds import OPTIONS, STORED_OPTIONS
from surveys.definition.names import RESERVED, RESERVED_HINT
from surveys.definition.parsing import LONGEST_QUESTION
from surveys.keys import propose
from surveys.models import Page, Question, Survey


class PageChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The pages of one survey, or of all with the survey's name ahead."""

    # The names of one survey's pages by id, when it is known which survey.
    names: Mapping[int, str] | None = None

    def label_from_instance(self, obj: Any) -> str:
        if self.names is not None and obj.pk in self.names:
            return self.names[obj.pk]
        survey = obj.survey
        place = drafts.pages_of(survey).index(obj) + 1
        name = drafts.page_name(obj, place, survey.default_language)
        return f"{survey} › {name}"


class QuestionForm(OptionsForm):
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
        for name in STORED_OPTIONS:
            stored_option = (question.options or {}).get(name)
            self.initial.setdefault(field_of(name), stored_option)
        self.about: Survey | None = None
        about = chosen(self, "page", Page)
        if about is None:
            return
        survey = self.about = about.survey
        pages = Page.objects.filter(survey=survey).order_by("position", "pk")
        where: Any = self.fields["page"]
        where.queryset, where.empty_label = pages.select_related("survey"), None
        keys = pages.values_list("pk", flat=True)
        where.names = dict(zip(keys, drafts.page_names(survey), strict=False))
        self._speak(survey)
        stored = question if question.pk else None
        asked = drafts.before_question(stored, about)
        choose_from(self, "show_if", drafts.groups(survey, asked))
        if question.pk and question.key in publishing.published_keys(survey).kinds:
            lock(self.fields["key"])
            lock(self.fields["kind"], _("The kind was published, so it stays."))

    def _speak(self, survey: Survey) -> None:
        question = self.instance
        texts = [question.options.get(name) for name in TEXTS]
        codes = languages(survey.default_language, question.text, question.help, *texts)
        speak(self, ("text", "help", *TEXTS), codes)
        for name in ("rows", "fields_"):
            parts: Any = self.fields[name]
            parts.speak(codes)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        page = cleaned.get("page")
        if page is None:
            return cleaned
        survey = page.survey
        language = survey.default_language
        need_default(self, ("text", "help"), language)
        self._clean_options(cleaned, language)
        self._clean_key(cleaned, survey)
        if cleaned.get("kind") == "statement":
            cleaned["required"] = False
        if cleaned.get("position") is None:
            others = page.questions.exclude(pk=self.instance.pk)
            cleaned["position"] = behind(others)
        return cleaned

    def _clean_options(self, cleaned: dict[str, Any], language: str) -> None:
        """The same checks as publishing makes, at the fields that they are about."""
        kind = cleaned.get("kind", "")
        if kind not in OPTIONS:
            return
        options = chosen_options(kind, cleaned)
        for problem in option_problems(kind, options, language):
            field = field_of(problem.path)
            self.add_error(field if field in self.fields else None, problem.message)

    def _clean_key(self, cleaned: dict[str, Any], survey: Survey) -> None:
        others = Question.objects.filter(page__survey=survey)
        taken = set(
            others.exclude(pk=self.instance.pk).values_list("key", flat=True)
        ) | {one["key"] for one in survey.variables}
        if not cleaned.get("key"):
            text = (cleaned.get("text") or {}).get(survey.default_language, "")
            cleaned["key"] = propose(text, taken | RESERVED, fallback="question")
        elif cleaned["key"] in RESERVED and "key" in self.changed_data:
            self.add_error("key", _(RESERVED_HINT) % {"key": cleaned["key"]})
        elif cleaned["key"] in taken:
            self.add_error(
                "key",
                _("“%(key)s” is the key of another question or variable.")
                % {"key": cleaned["key"]},
            )

    def save(self, commit: bool = True) -> Question:
        cleaned = self.cleaned_data
        self.instance.options = chosen_options(cleaned["kind"], cleaned)
        question: Question = super().save(commit)
        return question


def fitting_kinds() -> dict[str, list[str]]:
    """Which form rows are for which kinds, for the script that hides the others."""
    fits: dict[str, list[str]] = {}
    for kind, options in OPTIONS.items():
        for option in options:
            fits.setdefault(field_of(option), []).append(kind.value)
    fits["required"] = [kind.value for kind in OPTIONS if kind.value != "statement"]
    return fits
