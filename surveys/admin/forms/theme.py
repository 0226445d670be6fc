"""The form of a theme: its document, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from surveys import themes, theming
from surveys.admin.forms.fields import key_field
from surveys.admin.links import LinksField
from surveys.admin.texts import TextsField, languages
from surveys.definition.nodes import LONGEST_LABEL
from surveys.keys import propose
from surveys.models import Theme
from surveys.pictures import LARGEST, PictureRefused, from_bytes
from surveys.themes import Look, ThemeError
from surveys.themes.look import LONGEST_FOOTER
from surveys.themes.palette import DARK, LIGHT, PARTS

SCHEMES: Mapping[str, Mapping[str, str]] = {"light": LIGHT, "dark": DARK}
WORDS = ("font", "appearance", "progress", "paging")


def colour_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=7,
        widget=forms.TextInput(attrs={"type": "color"}),
    )


class ThemeForm(forms.ModelForm):  # type: ignore[type-arg]
    key = key_field(50)
    light_accent = colour_field(gettext_lazy("Accent"))
    light_paper = colour_field(gettext_lazy("Background"))
    light_sheet = colour_field(gettext_lazy("Background of fields"))
    light_ink = colour_field(gettext_lazy("Text"))
    follows = forms.BooleanField(
        label=gettext_lazy("Make the dark accent from the light one"), required=False
    )
    dark_accent = colour_field(gettext_lazy("Accent"))
    dark_paper = colour_field(gettext_lazy("Background"))
    dark_sheet = colour_field(gettext_lazy("Background of fields"))
    dark_ink = colour_field(gettext_lazy("Text"))
    appearance = forms.ChoiceField(
        label=gettext_lazy("Light or dark"),
        choices=[
            ("auto", gettext_lazy("As the reader's device is set")),
            ("light", gettext_lazy("Always light")),
            ("dark", gettext_lazy("Always dark")),
        ],
    )
    font = forms.ChoiceField(
        label=gettext_lazy("Font"),
        choices=[
            (
                gettext_lazy("Of the reader's device: nothing to load"),
                [
                    ("system", gettext_lazy("Plain")),
                    ("serif", gettext_lazy("With serifs")),
                    ("rounded", gettext_lazy("Rounded")),
                ],
            ),
            (
                gettext_lazy("Served from here: 35 to 135 KB, once"),
                [
                    ("inter", "Inter"),
                    ("source-serif", "Source Serif"),
                    ("atkinson", "Atkinson Hyperlegible"),
                ],
            ),
        ],
    )
    progress = forms.ChoiceField(
        label=gettext_lazy("Progress"),
        choices=[
            ("bar", gettext_lazy("A bar")),
            ("steps", gettext_lazy("A step for each page")),
            ("words", gettext_lazy("Words alone")),
            ("none", gettext_lazy("Nothing")),
        ],
    )
    paging = forms.ChoiceField(
        label=gettext_lazy("Shown at a time"),
        choices=[
            ("pages", gettext_lazy("A page of questions")),
            ("questions", gettext_lazy("One question")),
        ],
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy(
            "PNG, JPEG, WebP, GIF or SVG, up to 200 KB; shown 44 pixels high."
        ),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    logo_remove = forms.BooleanField(
        label=gettext_lazy("Remove the logo"), required=False
    )
    logo_text = TextsField(
        label=gettext_lazy("What the logo says"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("For those who do not see it, such as “Acme”."),
    )
    footer = TextsField(
        label=gettext_lazy("Footer"), longest=LONGEST_FOOTER, rows=2, required=False
    )
    links = LinksField(
        label=gettext_lazy("Legal links"),
        help_text=gettext_lazy(
            "Such as the imprint and the privacy notice; at the foot of every page."
        ),
    )

    class Meta:
        model = Theme
        fields = ["name", "key"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        look = self.look = self._look()
        self.said: dict[str, Any] = {}
        self.initial = {**_initial(look), **self.initial}
        labels = [one.label for one in look.links]
        codes = languages("", look.logo_text, look.footer, *labels)
        for name in ("logo_text", "footer", "links"):
            field: Any = self.fields[name]
            field.speak(codes)
        if not look.logo:
            del self.fields["logo_remove"]
        if self.instance.pk:
            self.fields["key"].required = True

    def _look(self) -> Look:
        """The stored one, which is readable even when it would no longer pass."""
        if not self.instance.pk:
            return themes.USUAL
        return themes.read_anyway(theming.theme_document(self.instance))

    def document(self) -> dict[str, Any]:
        """What the form says, as far as it can be understood."""
        said = self.cleaned_data
        return {
            "colours": {name: dict(_chosen(said, name)) for name in SCHEMES},
            **{name: said[name] for name in WORDS if said.get(name)},
            "logo": said.get("logo", ""),
            **{name: said.get(name) or {} for name in ("logo_text", "footer")},
            "links": said.get("links") or [],
        }

    def clean_logo_file(self) -> Any:
        file = self.cleaned_data.get("logo_file")
        if file is None:
            return None
        try:
            # One byte more than is taken is enough to see that it is too much.
            return from_bytes(file.read(LARGEST + 1))
        except PictureRefused as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kept = "" if cleaned.get("logo_remove") else str(self.look.logo or "")
        cleaned["logo"] = str(cleaned.get("logo_file") or kept)
        if not cleaned.get("key"):
            taken = set(Theme.objects.values_list("key", flat=True))
            name = cleaned.get("name", "")
            cleaned["key"] = propose(
                name, taken, fallback="theme", separator="-", longest=50
            )
        # Kept for the preview: what is refused below is taken out of the form's data.
        self.said = self.document()
        try:
            cleaned["look"] = themes.read(self.said)
        except ThemeError as error:
            for problem in error.problems:
                self.add_error(_field(problem.path), problem.message)
        return cleaned

    def save(self, commit: bool = True) -> Theme:
        # The admin asks first for the row and then for its saving.
        theme: Theme = super().save(commit=False)
        return theme


def _initial(look: Look) -> dict[str, Any]:
    palettes = {"light": look.light, "dark": look.dark}
    return {
        **{
            f"{name}_{part}": str(getattr(palette, part))
            for name, palette in palettes.items()
            for part in PARTS
        },
        **{name: getattr(look, name) for name in WORDS},
        "follows": "accent" not in look.chosen_dark,
        "logo_text": dict(look.logo_text),
        "footer": dict(look.footer),
        "links": [{"label": dict(one.label), "url": one.url} for one in look.links],
    }


def _chosen(said: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """The colours that are not the usual ones."""
    for part in PARTS:
        text = said.get(f"{name}_{part}") or ""
        if (name, part) == ("dark", "accent") and said.get("follows"):
            continue
        if text and text.lower() != SCHEMES[name][part]:
            yield part, text


def _field(path: str) -> str | None:
    """The field that says what stands at the path."""
    parts = path.split(".")
    if parts[0] == "colours" and len(parts) == 3:
        return f"{parts[1]}_{parts[2]}"
    name = parts[0].partition("[")[0]
    return {"logo": "logo_file"}.get(name, name) or None
