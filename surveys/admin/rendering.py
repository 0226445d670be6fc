"""A form widget whose template lies with the project's own templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


class TemplateWidget(forms.Widget):
    """Several inputs that make one value."""

    use_fieldset = True
    template_name: str
    # The label of the field, as the name of its group of inputs.
    group_label: Any = ""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        context = self.get_context(name, value, attrs)
        context["group_label"] = self.group_label
        return render_to_string(self.template_name, context)

    def id_for_label(self, id_: str) -> str:
        return ""


class GroupField(forms.Field):
    """A field whose widget names its group of inputs."""

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        bound = super().get_bound_field(form, field_name)
        if isinstance(self.widget, TemplateWidget):
            self.widget.group_label = bound.label
        return bound


def row_numbers(data: Any, name: str) -> list[int]:
    """The numbers of the rows that a form sent, named `name-NUMBER-part`."""
    numbers = set()
    for key in data:
        start, _dash, rest = str(key).partition(f"{name}-")
        number = rest.split("-", 1)[0]
        if not start and number.isascii() and number.isdigit() and len(number) < 5:
            numbers.add(int(number))
    return sorted(numbers)
