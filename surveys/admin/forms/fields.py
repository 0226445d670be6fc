"""Fields that the forms of a draft share, and what they are about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

KEY_HELP = gettext_lazy(
    "Data, mappings and exports use this name. Leave it blank to have one proposed."
)
LOCKED = gettext_lazy(
    "This key was published: data, mappings and exports use it, so it stays."
)


def key_field(longest: int = 40) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=longest,
        help_text=KEY_HELP,
        widget=forms.TextInput(
            attrs={
                "class": "vTextField",
                "spellcheck": "false",
                "autocapitalize": "none",
            }
        ),
    )


def position_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("Order"),
        required=False,
        min_value=0,
        max_value=9999,
        help_text=gettext_lazy("Lower numbers come first. Leave it blank for the end."),
        widget=forms.NumberInput(attrs={"class": "short-number"}),
    )


def lock(field: forms.Field, help_text: Any = LOCKED) -> None:
    field.disabled = True
    field.help_text = help_text


def chosen(form: Any, name: str, model: Any) -> Any:
    """The row that the form is about: stored, sent or given in the address."""
    if not form.is_bound and form.instance.pk:
        return getattr(form.instance, name)
    value = form.data.get(form.add_prefix(name)) if form.is_bound else None
    value = value or form.initial.get(name)
    value = getattr(value, "pk", value)
    found = str(value).isascii() and str(value).isdigit()
    return model.objects.filter(pk=value).first() if found else None


def only(form: Any, name: str, pk: int) -> None:
    """The row is given: nothing is left to choose."""
    field = form.fields[name]
    field.queryset = field.queryset.filter(pk=pk)
    field.widget = forms.HiddenInput()


def behind(rows: Any) -> int:
    last = rows.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else int(last) + 1
