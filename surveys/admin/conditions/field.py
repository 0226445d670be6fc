"""The form field of a rule: chosen in rows, stored as a condition document."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from surveys.admin.conditions.names import Groups, names_in
from surveys.admin.conditions.typed import Row, Typed, from_document, to_document
from surveys.admin.conditions.words import OP_LABELS, in_words
from surveys.admin.rendering import GroupField, TemplateWidget, row_numbers

BLANK_ROWS = 3


class ConditionWidget(TemplateWidget):
    """Rows of name, operator and value; three blank ones work without scripts."""

    template_name = "admin/surveys/widgets/condition.html"

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/rows.js", "surveys/condition.js"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.groups: Groups = ()

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = value if isinstance(value, Typed) else from_document(value)
        rows = [*typed.rows, *[Row()] * BLANK_ROWS]
        kept = json.loads(typed.kept) if typed.kept else None
        return context | {
            "typed": typed,
            "in_words": in_words(kept, self.groups),
            "rows": [self._row(name, number, row) for number, row in enumerate(rows)],
            "spare": self._row(name, "__row__", Row()),
            "can_choose": any(not one.hidden for one in names_in(self.groups)),
            "choices": json.dumps(
                {one.value: one.values for one in names_in(self.groups) if one.values}
            ),
        }

    def _row(self, name: str, number: int | str, row: Row) -> dict[str, Any]:
        groups = [
            (
                group.label,
                [
                    (one, one.value == row.what)
                    for one in group.names
                    if not one.hidden or one.value == row.what
                ],
            )
            for group in self.groups
        ]
        known = {one.value for one in names_in(self.groups)}
        return {
            "prefix": f"{name}-{number}",
            "blank": row.blank,
            "groups": [(label, names) for label, names in groups if names],
            "missing": row.what if row.what and row.what not in known else "",
            "missing_name": row.what.partition("|")[2],
            "ops": [(op.value, label, op == row.op) for op, label in OP_LABELS.items()],
            "value": row.value,
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        return Typed(
            join="any" if data.get(f"{name}-join") == "any" else "all",
            rows=tuple(
                Row(
                    what=data.get(f"{name}-{number}-what", ""),
                    op=data.get(f"{name}-{number}-op", ""),
                    value=_typed_value(data, f"{name}-{number}-value"),
                )
                for number in row_numbers(data, name)
            ),
            kept=_json_or_blank(data.get(f"{name}-kept", "")),
            replace=bool(data.get(f"{name}-replace")),
        )

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-join" not in data and f"{name}-kept" not in data


def _typed_value(data: Any, name: str) -> str:
    """Several where a script made a list to choose from."""
    values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]
    return ", ".join(values)


def _json_or_blank(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return text


class ConditionField(GroupField):
    """A rule, or None for none.

    Give the names to choose from as `groups`, or in the form's `__init__` with
    `choose_from(self, "show_if", groups)`.
    """

    widget = ConditionWidget

    def __init__(self, *, groups: Groups = (), **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.choose_from(groups)

    def choose_from(self, groups: Groups) -> None:
        self.groups = self.widget.groups = groups

    def clean(self, value: Any) -> dict[str, Any] | None:
        typed = value if isinstance(value, Typed) else from_document(value)
        document = to_document(typed, self.groups)
        if document is None and self.required:
            raise forms.ValidationError(_("Choose at least one comparison."))
        return document

    def has_changed(self, initial: Any, data: Any) -> bool:
        typed = data if isinstance(data, Typed) else from_document(data)
        before = from_document(initial)
        rows = tuple(row for row in typed.rows if not row.blank)
        if typed.kept and not typed.replace:
            return bool(json.loads(typed.kept) != initial)
        return (rows, typed.join if len(rows) > 1 else "all") != (
            before.rows,
            before.join if len(before.rows) > 1 else "all",
        )


def choose_from(form: forms.BaseForm, name: str, groups: Groups) -> None:
    """Give the names that the rule of this form can read."""
    field = form.fields[name]
    if isinstance(field, ConditionField):
        field.choose_from(groups)
