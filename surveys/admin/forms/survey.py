"""The form of a survey itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.admin import drafts
from surveys.admin.forms.fields import key_field, lock
from surveys.admin.texts import (
    TextsField,
    language_name,
    languages,
    need_default,
    speak,
)
from surveys.admin.variables import VariablesField
from surveys.admin.ways import QuotasField
from surveys.definition.nodes import LONGEST_LABEL
from surveys.definition.parsing import LONGEST_CLOSING
from surveys.keys import propose
from surveys.models import Survey


class SurveyForm(forms.ModelForm):  # type: ignore[type-arg]
    title = TextsField(label=gettext_lazy("Title"), longest=LONGEST_LABEL)
    default_language = forms.ChoiceField(
        label=gettext_lazy("Own language"),
        help_text=gettext_lazy(
            "Every text must be there in this language; it is shown where a "
            "translation is missing."
        ),
    )
    thanks = TextsField(
        label=gettext_lazy("Closing text"),
        longest=LONGEST_CLOSING,
        rows=3,
        required=False,
        help_text=gettext_lazy("Shown behind the last page. Blank: a plain thank-you."),
    )
    screened_out = TextsField(
        label=gettext_lazy("Text for who is screened out"),
        longest=LONGEST_CLOSING,
        rows=3,
        required=False,
        help_text=gettext_lazy(
            "Shown where a rule or a full quota ends the survey early and has no "
            "text of its own."
        ),
    )
    quotas = QuotasField(
        label=gettext_lazy("Quotas"),
        help_text=gettext_lazy(
            "How many completed responses are wanted: of all, or of those that a "
            "rule describes. Save to get one more."
        ),
    )
    variables = VariablesField(
        label=gettext_lazy("Variables"),
        required=False,
        help_text=gettext_lazy(
            "What is known about a respondent beforehand, such as the agent or the "
            "campaign. “Open” ones may be set by whoever follows a link, as "
            "?key=value in its address; the others only by your systems. To remove "
            "one, clear its label and key."
        ),
    )
    key = key_field(50)

    class Meta:
        model = Survey
        fields = ["title", "default_language", "thanks", "screened_out", "quotas"]
        fields += ["variables", "key", "theme", "owner", "everyone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        survey = self.instance
        closing = (survey.thanks, survey.screened_out)
        codes = languages(survey.default_language, survey.title, *closing)
        speak(self, ("title", "thanks", "screened_out"), codes)
        quotas: Any = self.fields["quotas"]
        known = drafts.questions_of(survey) if survey.pk else []
        groups = drafts.groups(survey, known)
        quotas.choose(groups, codes, survey.default_language)
        if "everyone" in self.fields:
            # What is not said stays.
            self.fields["everyone"].required = False
        own: Any = self.fields["default_language"]
        own.choices = [(code, language_name(code)) for code in codes]
        if survey.pk and survey.versions.exists():
            lock(self.fields["key"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["everyone"] = cleaned.get("everyone") or self.instance.everyone
        language = cleaned.get("default_language", "")
        need_default(self, ("title", "thanks", "screened_out"), language)
        if not cleaned.get("key"):
            taken = set(Survey.objects.values_list("key", flat=True))
            title = cleaned.get("title") or {}
            cleaned["key"] = propose(
                title.get(language, ""),
                taken,
                fallback="survey",
                separator="-",
                longest=50,
            )
        self._refuse_question_keys(cleaned.get("variables") or [])
        return cleaned

    def _refuse_question_keys(self, variables: list[dict[str, Any]]) -> None:
        if not self.instance.pk:
            return
        keys = {question.key for question in drafts.questions_of(self.instance)}
        for key in sorted(keys & {one["key"] for one in variables}):
            self.add_error(
                "variables",
                _("“%(key)s” is the key of a question already.") % {"key": key},
            )
