"""The options of every kind of question, as fields of a form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from surveys import definition as definitions
from surveys.admin.parts import PartsField
from surveys.admin.texts import TextsField
from surveys.definition import DefinitionError, Kind, Problem
from surveys.definition.kinds import (
    LARGEST_FILE,
    LONGEST_PATTERN,
    LONGEST_TEXT,
    MOST_COLUMNS,
)
from surveys.definition.nodes import LONGEST_LABEL

TEXTS = ("min_label", "max_label", "unit", "pattern_hint", "other_label")
NUMBER = forms.NumberInput(attrs={"class": "short-number", "step": "any"})
SHORT = forms.TextInput(attrs={"class": "short-moment", "autocomplete": "off"})


class Plain(forms.FloatField):
    """A number that is whole when it has nothing behind the point."""

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        whole = number is not None and number == int(number)
        return int(number) if whole else number


class OptionsForm(forms.ModelForm):  # type: ignore[type-arg]
    min = Plain(
        label=gettext_lazy("Lowest"),
        required=False,
        help_text=gettext_lazy(
            "Blank: 1 for a rating, 0 for a slider, no end for a number."
        ),
        widget=NUMBER,
    )
    max = Plain(
        label=gettext_lazy("Highest"),
        required=False,
        help_text=gettext_lazy(
            "Blank: 5 for a rating, 100 for a slider, no end for a number."
        ),
        widget=NUMBER,
    )
    step = Plain(
        label=gettext_lazy("Step"),
        required=False,
        help_text=gettext_lazy(
            "1 takes whole numbers only. Blank: any number; 1 for a slider."
        ),
        widget=NUMBER,
    )
    unit = TextsField(
        label=gettext_lazy("Unit"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("Such as kg or minutes."),
    )
    icons = forms.ChoiceField(
        label=gettext_lazy("Steps look like"),
        required=False,
        choices=[
            ("numbers", gettext_lazy("Numbers")),
            ("stars", gettext_lazy("Stars")),
            ("faces", gettext_lazy("Faces")),
        ],
    )
    min_label = TextsField(
        label=gettext_lazy("Label of the lowest"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("For scales, such as “not at all”."),
    )
    max_label = TextsField(
        label=gettext_lazy("Label of the highest"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("For scales, such as “very much”."),
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
        widget=NUMBER,
    )
    pattern = forms.CharField(
        label=gettext_lazy("Pattern"),
        required=False,
        max_length=LONGEST_PATTERN,
        help_text=gettext_lazy(
            "What all of the answer must look like, as a regular expression: "
            "[A-Z]{2}-\\d{4} is AB-1234."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"}),
    )
    pattern_hint = TextsField(
        label=gettext_lazy("Pattern in words"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy(
            "Shown above the input and when the answer does not fit, such as “Two "
            "letters, a hyphen and four digits”."
        ),
    )
    display = forms.ChoiceField(
        label=gettext_lazy("Shown as"),
        required=False,
        choices=[
            ("list", gettext_lazy("List")),
            ("dropdown", gettext_lazy("Dropdown")),
            ("image", gettext_lazy("Pictures")),
        ],
        help_text=gettext_lazy(
            "Of a single choice. Pictures: give each choice below one (PNG, JPEG, WebP, "
            "GIF or SVG, up to 200 KB); its label stands below it."
        ),
    )
    columns = forms.IntegerField(
        label=gettext_lazy("Columns"),
        required=False,
        min_value=1,
        max_value=MOST_COLUMNS,
        help_text=gettext_lazy(
            "Side by side where there is room. Blank: 1, of pictures 3."
        ),
        widget=NUMBER,
    )
    random = forms.BooleanField(
        label=gettext_lazy("In random order"),
        required=False,
        help_text=gettext_lazy(
            "Each respondent sees an order of their own. What stands alone, and "
            "the write-in, stay at their places."
        ),
    )
    other = forms.BooleanField(
        label=gettext_lazy("With a write-in"),
        required=False,
        help_text=gettext_lazy("A last choice “Other”, with a line to say what."),
    )
    other_label = TextsField(
        label=gettext_lazy("Label of the write-in"),
        longest=LONGEST_LABEL,
        required=False,
        help_text=gettext_lazy("Blank: Other."),
    )
    rows = PartsField(
        label=gettext_lazy("Rows"),
        fallback="row",
        help_text=gettext_lazy(
            "What is asked about, one after the other; the choices below are the "
            "columns."
        ),
    )
    fields_ = PartsField(
        label=gettext_lazy("Lines"),
        fallback="field",
        kinds=True,
        help_text=gettext_lazy(
            "Keys such as first_name, email, phone, street, city, postal_code and "
            "country let browsers fill them in."
        ),
    )
    earliest = forms.CharField(
        label=gettext_lazy("Earliest"),
        required=False,
        max_length=30,
        help_text=gettext_lazy("Such as 2026-12-31, 13:45 or 2026-12-31T13:45."),
        widget=SHORT,
    )
    latest = forms.CharField(
        label=gettext_lazy("Latest"), required=False, max_length=30, widget=SHORT
    )
    max_size = forms.IntegerField(
        label=gettext_lazy("Largest file"),
        required=False,
        min_value=1,
        max_value=LARGEST_FILE,
        help_text=gettext_lazy("In megabytes. Blank: 10."),
        widget=NUMBER,
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Files may hold"),
        required=False,
        choices=[
            ("image", gettext_lazy("Images")),
            ("pdf", gettext_lazy("PDF")),
            ("document", gettext_lazy("Documents (docx, odt, rtf)")),
            ("spreadsheet", gettext_lazy("Spreadsheets (xlsx, ods)")),
            ("text", gettext_lazy("Plain text")),
            ("audio", gettext_lazy("Sound")),
            ("video", gettext_lazy("Video")),
        ],
        help_text=gettext_lazy("By their content. None ticked: images and PDF."),
        widget=forms.CheckboxSelectMultiple,
    )


# The names of the options that differ from those of the form's fields.
FIELDS = {"fields": "fields_"}
NAMES = {field: name for name, field in FIELDS.items()}
GROUP = (
    *("min", "max", "step", "unit", "icons", "min_label", "max_label"),
    *("max_length", "pattern", "pattern_hint", "rows", "fields_"),
    *("display", "columns", "random", "other", "other_label"),
    *("earliest", "latest", "max_size", "types"),
)
ANY_PICTURE = f"{0:032}.png"
USUAL = {"icons": "numbers", "display": "list"}


def field_of(option: str) -> str:
    return FIELDS.get(option, option)


def chosen_options(kind: str, cleaned: dict[str, Any]) -> dict[str, Any]:
    """The options that the form says, without those of other kinds."""
    if kind not in definitions.OPTIONS:
        return {}
    found = {
        option: cleaned.get(field_of(option))
        for option in definitions.STORED_OPTIONS
        if option in definitions.OPTIONS[Kind(kind)]
    }
    return {
        option: value
        for option, value in found.items()
        if value is not False
        and value not in (None, {}, [], "")
        and USUAL.get(option) != value
    }


def option_problems(
    kind: str, options: dict[str, Any], language: str
) -> Iterator[Problem]:
    """What publishing would say of the options, each at the name of its option."""
    question: dict[str, Any] = {
        "key": "q",
        "kind": kind,
        "text": {language: "?"},
        **options,
    }
    if "choices" in definitions.OPTIONS[Kind(kind)]:
        # Whether each choice has its picture is said when it is published.
        image = {"image": ANY_PICTURE} if options.get("display") == "image" else {}
        question["choices"] = [
            {"key": key, "label": {language: key}, **image} for key in ("a", "b")
        ]
    document = {
        "key": "s",
        "title": {language: "?"},
        "default_language": language,
        "pages": [{"key": "p", "questions": [question]}],
    }
    start = "pages[0].questions[0]."
    try:
        definitions.parse(document)
    except DefinitionError as error:
        for problem in error.problems:
            if problem.path.startswith(start):
                path = problem.path.removeprefix(start)
                yield Problem(path.partition("[")[0].partition(".")[0], problem.message)
