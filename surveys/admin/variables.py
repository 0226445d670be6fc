"""The variables of a survey: a line of inputs for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from surveys.admin.rendering import GroupField, TemplateWidget, row_numbers
from surveys.keys import propose
from surveys.models import key_validator
from surveys.texts import tidy

BLANK_ROWS = 3
LONGEST_LABEL = 200


class VariablesWidget(TemplateWidget):
    template_name = "admin/surveys/widgets/variables.html"

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/rows.js"]

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        rows = [*(value or []), *[{}] * BLANK_ROWS]
        return super().get_context(name, value, attrs) | {
            "rows": [_row(name, number, row) for number, row in enumerate(rows)],
            "spare": _row(name, "__row__", {}),
        }

    def value_from_datadict(
        self, data: Any, files: Any, name: str
    ) -> list[dict[str, Any]]:
        return [
            {
                "key": data.get(f"{name}-{number}-key", ""),
                "label": data.get(f"{name}-{number}-label", ""),
                "open": bool(data.get(f"{name}-{number}-open")),
            }
            for number in row_numbers(data, name)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not row_numbers(data, name)


def _row(name: str, number: int | str, row: Mapping[str, Any]) -> dict[str, Any]:
    blank = not (row.get("key") or row.get("label"))
    return {"prefix": f"{name}-{number}", "blank": blank, **row}


class VariablesField(GroupField):
    """A list of documents with key, label and open."""

    widget = VariablesWidget

    def clean(self, value: Any) -> list[dict[str, Any]]:
        rows = [
            {
                "key": tidy(row["key"]),
                "label": tidy(row["label"]),
                "open": row["open"],
            }
            for row in value or []
        ]
        rows = [row for row in rows if row["key"] or row["label"]]
        return self._keyed(rows)

    def _keyed(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        taken = {row["key"] for row in rows}
        wrong: list[str] = []
        seen: set[str] = set()
        for row in rows:
            row["key"] = row["key"] or propose(row["label"], taken, fallback="variable")
            row["label"] = row["label"] or row["key"]
            wrong += _problems(row, seen)
            taken.add(row["key"])
            seen.add(row["key"])
        if wrong:
            raise ValidationError(wrong)
        return list(rows)

    def has_changed(self, initial: Any, data: Any) -> bool:
        rows = [row for row in data or [] if row["key"] or row["label"]]
        return rows != (initial or [])


def _problems(row: Mapping[str, Any], seen: set[str]) -> list[str]:
    problems = []
    try:
        key_validator(row["key"])
    except ValidationError as error:
        problems += [f"“{row['key']}”: {message}" for message in error.messages]
    if row["key"] in seen:
        problems.append(_("“%(key)s” is there twice.") % {"key": row["key"]})
    if len(row["label"]) > LONGEST_LABEL:
        problems.append(
            _("“%(key)s”: use a label of at most %(longest)s characters.")
            % {"key": row["key"], "longest": LONGEST_LABEL}
        )
    return problems
