"""Rules that lead somewhere, each a block of inputs: where a page goes on, and
quotas. A rule is chosen in rows, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from surveys.admin.conditions import ConditionField
from surveys.admin.conditions.field import ConditionWidget
from surveys.admin.conditions.names import Groups
from surveys.admin.rendering import GroupField, TemplateWidget, row_numbers
from surveys.admin.texts import TextsField, TextsWidget, language_name, languages
from surveys.definition.flow import LONGEST_CLOSING, MOST_RESPONSES
from surveys.keys import propose
from surveys.models import key_validator
from surveys.texts import tidy
from surveys.wording import quoted

END, SCREEN_OUT = "end", "screen_out"
Row = dict[str, Any]


class RulesWidget(TemplateWidget):
    """Blocks with a rule and a closing text; one more than there are."""

    class Media:
        css = {"all": ["surveys/forms.css"]}
        js = ["surveys/rows.js", "surveys/condition.js"]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.languages: Sequence[str] = languages()
        self.groups: Groups = ()
        self.targets: Sequence[tuple[str, str]] = ()

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        rows = [*(value or []), {}]
        return super().get_context(name, value, attrs) | {
            "rows": [self.shown(f"{name}-{n}", n, row) for n, row in enumerate(rows)]
        }

    def shown(self, prefix: str, number: int, row: Mapping[str, Any]) -> Row:
        rule, texts = ConditionWidget(), TextsWidget(rows=2)
        rule.groups, texts.languages = self.groups, self.languages
        texts.longest = LONGEST_CLOSING
        rule.group_label = _("Rule %(number)s") % {"number": number + 1}
        texts.group_label = _("Closing text of rule %(number)s") % {
            "number": number + 1
        }
        return {
            "prefix": prefix,
            "number": number + 1,
            "rule": rule.render(f"{prefix}-if", row.get("if")),
            "text": texts.render(
                f"{prefix}-text", row.get("text"), {"id": f"id_{prefix}-text"}
            ),
            "targets": [
                (key, label, key == target_of(row)) for key, label in self.targets
            ],
            "key": row.get("key", ""),
            "limit": row.get("limit", ""),
            "closes": row.get("when_full") == "close",
        }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        return [
            self.typed(data, files, f"{name}-{number}")
            for number in row_numbers(data, name)
        ]

    def typed(self, data: Any, files: Any, prefix: str) -> Row:
        texts = TextsWidget()
        texts.languages = self.languages
        return {
            "if": ConditionWidget().value_from_datadict(data, files, f"{prefix}-if"),
            "text": texts.value_from_datadict(data, files, f"{prefix}-text"),
        }

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not row_numbers(data, name)


def target_of(row: Mapping[str, Any]) -> str:
    """What is chosen in the list of targets, of a document or of what was sent."""
    if "to" in row:
        return str(row["to"])
    for end in (END, SCREEN_OUT):
        if row.get(end):
            return end
    return f"page:{row['go_to']}" if row.get("go_to") else ""


class RulesField(GroupField):
    """A list of documents, each with a rule that is checked where it stands."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.rule = ConditionField()
        self.text = TextsField(longest=LONGEST_CLOSING, required=False)
        self.own = ""

    def choose(self, groups: Groups, codes: Iterable[str], own: str) -> None:
        """The names that rules can read, and the languages that texts are in."""
        self.rule.choose_from(groups)
        self.own = own
        self.widget.groups = groups
        self.widget.languages = list(codes)

    def clean(self, value: Any) -> list[Row]:
        wrong: list[str] = []
        documents: list[Row] = []
        for number, row in enumerate(value or [], 1):
            try:
                document = self.document(row, documents)
            except ValidationError as error:
                wrong += [
                    _("Rule %(number)s: %(message)s")
                    % {"number": number, "message": message}
                    for message in error.messages
                ]
            else:
                if document:
                    documents.append(document)
        if wrong:
            raise ValidationError(wrong)
        return documents

    def document(self, row: Row, before: Sequence[Row]) -> Row:
        raise NotImplementedError

    def shared(self, row: Row) -> Row:
        """The rule and the text, as far as they are there."""
        found = {"if": self.rule.clean(row["if"]), "text": self.text.clean(row["text"])}
        if found["text"] and self.own not in found["text"]:
            raise ValidationError(
                _("Write the text in %(language)s too: the survey's own language.")
                % {"language": language_name(self.own)}
            )
        return {name: part for name, part in found.items() if part}

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or []))
        except ValidationError:
            return True


class WaysWidget(RulesWidget):
    template_name = "admin/surveys/widgets/ways.html"

    def typed(self, data: Any, files: Any, prefix: str) -> Row:
        to = data.get(f"{prefix}-to", "")
        return {**super().typed(data, files, prefix), "to": to}


class WaysField(RulesField):
    """Where a page leads: the first rule that holds is taken."""

    widget = WaysWidget
    targets: Sequence[tuple[str, str]] = ()

    def lead_to(self, targets: Sequence[tuple[str, str]]) -> None:
        self.targets = self.widget.targets = targets

    def document(self, row: Row, before: Sequence[Row]) -> Row:
        shared, to = self.shared(row), row["to"]
        if not to:
            if shared:
                raise ValidationError(_("Choose where it leads."))
            return {}
        if to not in dict(self.targets):
            raise ValidationError(_("This page is not behind the present one."))
        if to in {END, SCREEN_OUT}:
            return {**shared, to: True}
        if "text" in shared:
            raise ValidationError(_("A closing text is for an end, not for a way on."))
        return {**shared, "go_to": to.removeprefix("page:")}


class QuotasWidget(RulesWidget):
    template_name = "admin/surveys/widgets/quotas.html"

    def typed(self, data: Any, files: Any, prefix: str) -> Row:
        closes = data.get(f"{prefix}-when_full") == "close"
        return {
            **super().typed(data, files, prefix),
            "key": tidy(data.get(f"{prefix}-key", "")),
            "limit": data.get(f"{prefix}-limit", "").strip(),
            "when_full": "close" if closes else "screen_out",
        }


class QuotasField(RulesField):
    widget = QuotasWidget

    def document(self, row: Row, before: Sequence[Row]) -> Row:
        shared = self.shared(row)
        if not row["limit"]:
            if shared or row["key"]:
                raise ValidationError(_("Say how many responses are wanted."))
            return {}
        limit = row["limit"]
        if not (limit.isascii() and limit.isdigit() and len(limit) < 12):
            raise ValidationError(_("Give the number of responses in digits."))
        if not 1 <= int(limit) <= MOST_RESPONSES:
            raise ValidationError(_("Give a number of 1 or more."))
        taken = {one["key"] for one in before}
        key = row["key"] or propose("quota", taken, fallback="quota")
        key_validator(key)
        if key in taken:
            raise ValidationError(_("%(key)s is there twice.") % {"key": quoted(key)})
        return {
            "key": key,
            "limit": int(limit),
            "when_full": row["when_full"],
            **shared,
        }
