"""Owns duplicate rules: what an admin lets count as the same person twice."""

from dataclasses import dataclass
from typing import Any

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row, Rows

DUPLICATE = "You're creating a duplicate record. We recommend you use an existing record instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """Refuses a new row that is like another in all the fields. With ``allow_save``
    a caller may insist (Sforce-Duplicate-Rule-Header)."""

    object_name: str
    fields: tuple[str, ...]
    allow_save: bool = False

    @property
    def name(self) -> str:
        return f"Standard_{self.object_name}_Duplicate_Rule"

    def refuse(self, rows: Rows, after: Row) -> None:
        wanted = [_folded(after.get(name)) for name in self.fields]
        if None in wanted:
            return
        for row in rows.table(self.object_name).find(
            self.fields[0], after[self.fields[0]]
        ):
            if [_folded(row.get(name)) for name in self.fields] == wanted:
                raise self._refusal(row["Id"])

    def _refusal(self, record_id: str) -> Refusal:
        url = f"/services/data/v66.0/sobjects/{self.object_name}/{record_id}"
        record = {"attributes": {"type": self.object_name, "url": url}, "Id": record_id}
        match = {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": record,
        }
        result = {
            "entityType": self.object_name,
            "errors": [],
            "matchEngine": "FuzzyMatchEngine",
            "matchRecords": [match],
            "rule": f"Standard_{self.object_name}_Match_Rule_v1_1",
            "size": 1,
            "success": True,
        }
        # The key is misspelled by Salesforce itself.
        told = {
            "duplicateResut": {
                "allowSave": self.allow_save,
                "duplicateRule": self.name,
                "duplicateRuleEntityType": self.object_name,
                "errorMessage": DUPLICATE,
                "matchResults": [result],
            }
        }
        return Refusal("DUPLICATES_DETECTED", DUPLICATE, extra=told)


class DuplicateRules:
    """The rules in force, and whether the caller of this moment insists on saving."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._rules: list[DuplicateRule] = []
        self.insisting = False

    def add(self, rule: DuplicateRule) -> None:
        self._rules.append(rule)

    def guard(self, object_name: str, before: Row | None, after: Row) -> None:
        for rule in self._rules:
            overruled = self.insisting and rule.allow_save
            if rule.object_name == object_name and before is None and not overruled:
                rule.refuse(self._rows, after)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
