"""The forms of a question's choices."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import picture_files, picture_store, publishing, uses
from surveys.admin.forms.fields import key_field, lock, position_field
from surveys.admin.rendering import TemplateWidget
from surveys.admin.texts import TextsField, languages, need_default, speak
from surveys.definition.nodes import LONGEST_LABEL
from surveys.keys import propose
from surveys.models import Choice
from surveys.pictures import LARGEST, Picture, PictureRefused, from_bytes
from surveys.texts import say
from surveys.wording import quoted

# Keys of choices that may go although people have answered.
SURE = "sure"


class PictureWidget(TemplateWidget):
    """The picture that is there, a box to take it away, and a file for another."""

    needs_multipart_form = True
    use_fieldset = False
    template_name = "admin/surveys/widgets/picture.html"

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {
            "address": picture_files.address(value) if isinstance(value, str) else "",
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """A file; False to take away what is there; None to leave it."""
        return files.get(name) or (False if data.get(f"{name}-remove") else None)

    def id_for_label(self, id_: str) -> str:
        return id_


class PictureField(forms.FileField):
    """The name of a stored picture; a file is checked, and stored with the form."""

    widget = PictureWidget

    def bound_data(self, data: Any, initial: Any) -> Any:
        # A browser sends no file a second time.
        return initial

    def clean(self, data: Any, initial: Any = None) -> Picture | str:
        if data is None:
            return str(initial or "")
        if data is False:
            return ""
        try:
            # One byte more than is taken is enough to see that it is too much.
            return from_bytes(data.read(LARGEST + 1))
        except PictureRefused as error:
            raise ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None


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
    image = PictureField(label=gettext_lazy("Picture"), required=False)

    class Meta:
        model = Choice
        fields = ["label", "key", "score", "exclusive", "position"]
        labels = {"exclusive": gettext_lazy("Stands alone")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["image"] = self.instance.picture_id

    def save(self, commit: bool = True) -> Choice:
        image = self.cleaned_data["image"]
        name = picture_store.keep(image) if isinstance(image, Picture) else image
        self.instance.picture_id = name or None
        choice: Choice = super().save(commit)
        return choice


class ChoiceFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Choices get their keys and places when they are left blank."""

    # Those that go only when it is said again, see `clean`.
    unsure: tuple[str, ...] = ()

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
        self._ask_again()
        super().clean()

    def _ask_again(self) -> None:
        """What people may have chosen goes only when it is said a second time."""
        said = set(cast(QueryDict, self.data).getlist(SURE))
        gone = [form.instance for form in self.forms if self._goes(form)]
        if not {one.key for one in gone} - said:
            return
        if not uses.is_answered(self.instance.page.survey, self.instance.key):
            return
        self.unsure = tuple(one.key for one in gone)
        own = self.instance.page.survey.default_language
        names = ", ".join(quoted(say(one.label, own, own) or one.key) for one in gone)
        raise ValidationError(
            _(
                "People have answered this question. Whoever chose %(choices)s keeps "
                "that answer, here and in exports; nobody can choose it any more. "
                "Save again to take it out of the draft."
            )
            % {"choices": names}
        )

    def _goes(self, form: Any) -> bool:
        marked = form.is_valid() and form.cleaned_data.get("DELETE")
        return bool(marked and form.instance.key in self._published())

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
