"""Form fields made of plain inputs: names with fields, and a field a variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deployments.api.fields import LONGEST_VALUE, MOST_RECORDS, OBJECT_NAME
from surveys.admin.rendering import TemplateWidget, row_numbers

BLANK_ROWS = 2
Pair = tuple[str, str]


class SuggestingInput(forms.TextInput):
    """A text input that suggests what is known, and takes what is not."""

    def __init__(self, suggestions: str, **attrs: Any) -> None:
        super().__init__({"list": suggestions, "class": "vTextField", **attrs})


class RecordsWidget(TemplateWidget):
    """Rows of object and field; blank ones are there without scripts too."""

    template_name = "admin/deployments/widgets/records.html"

    class Media:
        css = {"all": ["surveys/forms.css", "deployments/admin.css"]}
        js = ["surveys/rows.js"]

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        filled = value.items() if isinstance(value, Mapping) else value or []
        rows: list[Pair] = [*filled, *[("", "")] * BLANK_ROWS]
        return super().get_context(name, value, attrs) | {
            "rows": [
                _row(f"{name}-{number}", pair) for number, pair in enumerate(rows)
            ],
            "spare": _row(f"{name}-__row__", ("", "")),
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Pair]:
        return [
            (
                data.get(f"{name}-{number}-object", "").strip(),
                data.get(f"{name}-{number}-field", "").strip(),
            )
            for number in row_numbers(data, name)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not row_numbers(data, name)


class RecordsField(forms.Field):
    """Object -> field that holds the id of the record."""

    widget = RecordsWidget

    def to_python(self, value: Sequence[Pair] | None) -> dict[str, str]:
        records: dict[str, str] = {}
        for name, field in value or []:
            if not name and not field:
                continue
            if not OBJECT_NAME.match(name):
                raise ValidationError(
                    _("“%(name)s” is not the name of an object such as Case.")
                    % {"name": name}
                )
            if not field:
                raise ValidationError(
                    _("%(name)s: say which field holds the id.") % {"name": name}
                )
            if name in records:
                raise ValidationError(_("%(name)s is there twice.") % {"name": name})
            records[name] = field[:LONGEST_VALUE]
        if len(records) > MOST_RECORDS:
            raise ValidationError(
                _("An invitation is about %(most)s records at most.")
                % {"most": MOST_RECORDS}
            )
        return records

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [pair for pair in data or [] if any(pair)] != list(
            (initial or {}).items()
        )


class VariablesWidget(TemplateWidget):
    template_name = "admin/deployments/widgets/variables.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.variables: Sequence[Pair] = ()

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        ident = context["widget"]["attrs"].get("id", f"id_{name}")
        context["inputs"] = [
            {
                "name": f"{name}-{key}",
                "id": f"{ident}_{key}",
                "label": label,
                "key": key,
                "value": (value or {}).get(key, ""),
            }
            for key, label in self.variables
        ]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        return {key: data.get(f"{name}-{key}", "") for key, _label in self.variables}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}-{key}" in data for key, _label in self.variables)


class VariablesField(forms.Field):
    """Survey variable -> field that it is read from; one input a variable."""

    widget = VariablesWidget

    def offer(self, variables: Sequence[Pair]) -> None:
        self.widget.variables = variables

    def to_python(self, value: Mapping[str, str] | None) -> dict[str, str]:
        read = {
            key: text.strip()[:LONGEST_VALUE] for key, text in (value or {}).items()
        }
        return {key: field for key, field in read.items() if field}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or {})


def _row(prefix: str, pair: Pair) -> dict[str, Any]:
    return {
        "prefix": prefix,
        "object": pair[0],
        "field": pair[1],
        "blank": not any(pair),
    }
