"""A text per language: one plain input for each language of the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from surveys import rich
from surveys.admin.rendering import GroupField, TemplateWidget
from surveys.texts import tidy


def language_name(code: str) -> str:
    names = dict(settings.LANGUAGES)
    if code in names:
        return str(names[code])
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def languages(first: str = "", *texts: Mapping[str, str] | None) -> list[str]:
    """The survey's own language, the project's, then others that texts are in."""
    used = [code for text in texts for code in text or {}]
    codes = [first, *dict(settings.LANGUAGES), *sorted(used)]
    return list(dict.fromkeys(code for code in codes if code))


class TextsWidget(TemplateWidget):
    template_name = "admin/surveys/widgets/texts.html"

    def __init__(self, *, rows: int = 0, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.rows = rows
        self.languages: Sequence[str] = languages()
        self.longest = 0

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        texts = value if isinstance(value, Mapping) else {}
        ident = context["widget"]["attrs"].get("id", f"id_{name}")
        context["rows"], context["longest"] = self.rows, self.longest
        context["inputs"] = [
            {
                "name": f"{name}_{code}",
                "id": f"{ident}_{code}",
                "code": code,
                "label": language_name(code),
                "value": texts.get(code, ""),
            }
            for code in self.languages
        ]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {code: data.get(f"{name}_{code}", "") for code in self.languages}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{code}" in data for code in self.languages)


class TextsField(GroupField):
    """Language code -> text; what is left blank is left out."""

    widget = TextsWidget

    def __init__(self, *, longest: int, rows: int = 0, **kwargs: Any) -> None:
        kwargs.setdefault("widget", TextsWidget(rows=rows))
        super().__init__(**kwargs)
        self.longest = self.widget.longest = longest

    def speak(self, codes: Iterable[str]) -> None:
        """Show an input for each of these languages."""
        self.widget.languages = list(codes)

    def to_python(self, value: Any) -> dict[str, str]:
        texts = {code: tidy(text) for code, text in (value or {}).items()}
        for code, text in texts.items():
            if len(text) > self.longest:
                raise ValidationError(
                    _(
                        "%(language)s: use at most %(longest)s characters (now %(now)s)."
                    ),
                    code="too_long",
                    params={
                        "language": language_name(code),
                        "longest": self.longest,
                        "now": len(text),
                    },
                )
            self._refuse_tags(code, text)
        return {code: text for code, text in texts.items() if text}

    def _refuse_tags(self, code: str, text: str) -> None:
        tags = rich.refused(text)
        if tags:
            raise ValidationError(
                _(
                    "%(language)s: <%(tag)s> is not taken. A text may hold b, i, u, a "
                    "with an address, br, p, ul, ol and li."
                ),
                code="tag",
                params={"language": language_name(code), "tag": tags[0][:20]},
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        said = {code: tidy(text) for code, text in (data or {}).items()}
        return {code: text for code, text in said.items() if text} != (initial or {})


def need_default(form: forms.BaseForm, names: Iterable[str], language: str) -> None:
    """Refuse texts that are there, but not in the survey's own language."""
    for name in names:
        texts = form.cleaned_data.get(name)
        if texts and language not in texts:
            form.add_error(
                name,
                ValidationError(
                    _("Write the text in %(language)s too: the survey's own language."),
                    params={"language": language_name(language)},
                ),
            )


def speak(form: forms.BaseForm, names: Iterable[str], codes: Sequence[str]) -> None:
    """Show an input for each of these languages in these fields."""
    for name in names:
        field = form.fields[name]
        if isinstance(field, TextsField):
            field.speak(codes)
