"""Links with a label per language: a block of inputs for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surveys.admin.rendering import GroupField, TemplateWidget, row_numbers
from surveys.admin.texts import language_name, languages
from surveys.texts import tidy

BLANK_ROWS = 2
Row = dict[str, Any]


class LinksWidget(TemplateWidget):
    template_name = "admin/surveys/widgets/links.html"

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/rows.js"]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
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
        return {
            "prefix": f"{name}-{number}",
            "blank": not (row.get("url") or label),
            "url": row.get("url", ""),
            "labels": [
                (code, language_name(code), label.get(code, ""))
                for code in self.languages
            ],
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        return [
            {
                "label": {
                    code: text
                    for code in self.languages
                    if (text := tidy(data.get(f"{name}-{number}-label_{code}", "")))
                },
                "url": tidy(data.get(f"{name}-{number}-url", "")),
            }
            for number in row_numbers(data, name)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not row_numbers(data, name)


class LinksField(GroupField):
    """A list of documents with label and url; what is blank is left out."""

    widget = LinksWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def speak(self, codes: Iterable[str]) -> None:
        self.widget.languages = list(codes)

    def clean(self, value: Any) -> list[Row]:
        return [row for row in value or [] if row["url"] or row["label"]]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.clean(data) != (initial or [])
