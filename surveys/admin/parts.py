"""The parts of a question, a line of inputs for each: rows of a matrix, fields of a
contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from surveys.admin.rendering import GroupField, TemplateWidget, row_numbers
from surveys.admin.texts import language_name, languages
from surveys.definition.kinds import CONTACT_KINDS
from surveys.keys import propose
from surveys.models import Question, key_validator
from surveys.texts import tidy
from surveys.wording import quoted

BLANK_ROWS = 3
Row = dict[str, Any]


class PartsWidget(TemplateWidget):
    template_name = "admin/surveys/widgets/parts.html"

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/rows.js"]

    def __init__(self, *, kinds: bool = False, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.kinds = kinds
        self.languages: Sequence[str] = languages()

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        rows = [*(value or []), *[{}] * BLANK_ROWS]
        return super().get_context(name, value, attrs) | {
            "rows": [self._row(name, number, row) for number, row in enumerate(rows)],
            "spare": self._row(name, "__row__", {}),
        }

    def _row(self, name: str, number: int | str, row: Mapping[str, Any]) -> Row:
        label = row.get("label") or {}
        names = dict(Question.KINDS)
        return {
            "prefix": f"{name}-{number}",
            "blank": not (row.get("key") or label),
            "key": row.get("key", ""),
            "required": row.get("required", False),
            "labels": [
                (code, language_name(code), label.get(code, ""))
                for code in self.languages
            ],
            "kinds": [
                (kind.value, names[kind.value], kind.value == row.get("kind"))
                for kind in (CONTACT_KINDS if self.kinds else ())
            ],
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        return [
            self._typed(data, f"{name}-{number}") for number in row_numbers(data, name)
        ]

    def _typed(self, data: Any, prefix: str) -> Row:
        typed = {
            code: data.get(f"{prefix}-label_{code}", "") for code in self.languages
        }
        row: Row = {
            "key": tidy(data.get(f"{prefix}-key", "")),
            "label": {code: text for code, text in typed.items() if tidy(text)},
        }
        if self.kinds:
            row["kind"] = data.get(f"{prefix}-kind", "") or CONTACT_KINDS[0].value
            if data.get(f"{prefix}-required"):
                row["required"] = True
        return row

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not row_numbers(data, name)


class PartsField(GroupField):
    """A list of documents with key and label, and of fields the kind."""

    widget = PartsWidget

    def __init__(self, *, kinds: bool = False, fallback: str, **kwargs: Any) -> None:
        super().__init__(widget=PartsWidget(kinds=kinds), required=False, **kwargs)
        self.fallback = fallback

    def speak(self, codes: Iterable[str]) -> None:
        self.widget.languages = list(codes)

    def clean(self, value: Any) -> list[Row]:
        rows = [row for row in value or [] if row["key"] or row["label"]]
        taken = {row["key"] for row in rows}
        seen: set[str] = set()
        wrong: list[str] = []
        for row in rows:
            row["label"] = {code: tidy(text) for code, text in row["label"].items()}
            text = next(iter(row["label"].values()), "")
            row["key"] = row["key"] or propose(text, taken, fallback=self.fallback)
            taken.add(row["key"])
            wrong += _problems(row, seen)
            seen.add(row["key"])
        if wrong:
            raise ValidationError(wrong)
        return rows

    def has_changed(self, initial: Any, data: Any) -> bool:
        rows = [row for row in data or [] if row["key"] or row["label"]]
        return rows != (initial or [])


def _problems(row: Mapping[str, Any], seen: set[str]) -> list[str]:
    problems = []
    try:
        key_validator(row["key"])
    except ValidationError as error:
        problems += [f"{quoted(row['key'])}: {text}" for text in error.messages]
    if row["key"] in seen:
        problems.append(_("%(key)s is there twice.") % {"key": quoted(row["key"])})
    return problems
