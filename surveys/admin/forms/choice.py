"""The forms of a question's choices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy

from surveys import publishing
from surveys.admin.forms.fields import key_field, lock, position_field
from surveys.admin.texts import TextsField, languages, need_default, speak
from surveys.definition.nodes import LONGEST_LABEL
from surveys.keys import propose
from surveys.models import Choice


class ChoiceForm(forms.ModelForm):  # type: ignore[type-arg]
    label = TextsField(label=gettext_lazy("Label"), longest=LONGEST_LABEL)
    key = key_field()
    score = forms.FloatField(
        label=gettext_lazy("Score"),
        required=False,
        help_text=gettext_lazy("A number that mappings and reports can use."),
        widget=forms.NumberInput(attrs={"class": "short-number", "step": "any"}),
    )
    position = position_field()

    class Meta:
        model = Choice
        fields = ["label", "key", "score", "exclusive", "position"]
        labels = {"exclusive": gettext_lazy("Stands alone")}


class ChoiceFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Choices get their keys and places when they are left blank."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        speak(form, ("label",), self._languages())
        if form.instance.pk and form.instance.key in self._published():
            lock(form.fields["key"])

    def _languages(self) -> list[str]:
        if not self.instance.page_id:
            return languages()
        own = self.instance.page.survey.default_language
        labels = [choice.label for choice in self.get_queryset()]
        return languages(own, *labels)

    def _published(self) -> frozenset[str]:
        if not hasattr(self, "_published_keys"):
            keys = publishing.published_keys(self.instance.page.survey)
            self._published_keys = keys.choices.get(self.instance.key, frozenset())
        return self._published_keys

    def clean(self) -> None:
        kept = [form for form in self.forms if self._is_kept(form)]
        taken = {form.cleaned_data["key"] for form in kept if form.cleaned_data["key"]}
        for place, form in enumerate(kept):
            self._complete(form, place, taken)
        super().clean()

    def _is_kept(self, form: Any) -> bool:
        return bool(
            form.is_valid()
            and (form.instance.pk or form.has_changed())
            and not form.cleaned_data.get("DELETE")
        )

    def _complete(self, form: Any, place: int, taken: set[str]) -> None:
        cleaned = form.cleaned_data
        label = cleaned["label"]
        if self.instance.page_id:
            need_default(form, ("label",), self.instance.page.survey.default_language)
        if not cleaned["key"]:
            text = next(iter(label.values()), "")
            cleaned["key"] = propose(text, taken, fallback="choice")
            taken.add(cleaned["key"])
        if cleaned["position"] is None:
            cleaned["position"] = place
        form.instance.key = cleaned["key"]
        form.instance.position = cleaned["position"]
