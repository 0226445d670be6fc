"""Owns what the editor shows: each box with its choices, and beside each row what
is wrong with it and what the org says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm_mappings.admin.editor import details, fields
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.boxes import Boxes
from crm_mappings.admin.editor.options import Options, plain
from crm_mappings.admin.editor.sheet import Row
from crm_mappings.admin.editor.stock import Stock
from crm_mappings.models import FieldRule, Step
from crm_mappings.plan.check import Finding
from crm_mappings.plan.schema import ObjectSchema

ACTIONS = plain(Step.Action.choices)
NO_MATCH = plain(Step.NoMatch.choices)
BLANK = plain(FieldRule.Blank.choices)
OVERWRITE = plain(FieldRule.Overwrite.choices)
TYPED = frozenset(sheets.TYPED)


def several_options(action: str) -> Options:
    every = [("all", _("Write to all of them"))] if action == "update" else []
    return plain([*Step.Several.choices, *every])


def finder_options() -> Options:
    return plain(
        [
            ("record", _("Record of the invitation")),
            ("external_id", _("An external id")),
            ("email", _("An e-mail address")),
            ("field", _("Any field")),
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What is to be said of the sheet: mistakes by path, findings by step and field."""

    errors: Mapping[str, list[str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def at(self, prefix: str) -> list[str]:
        """Return the mistakes in a row and in its boxes."""
        return [
            message
            for path, messages in self.errors.items()
            if path == prefix or path.startswith(f"{prefix}.")
            for message in messages
        ]

    def own(self, prefix: str, rows: Iterable[str]) -> list[str]:
        """Return the mistakes in a row, but for those in the rows inside it."""
        inner = tuple(f"{prefix}.{name}[" for name in rows)
        return [
            message
            for path, messages in self.errors.items()
            if path == prefix or path.startswith(f"{prefix}.")
            if not path.startswith(inner)
            for message in messages
        ]

    def found(self, step: str | None, name: str | None) -> list[Finding]:
        return [
            finding
            for finding in self.findings
            if finding.step == step and finding.field == name
        ]


def build(
    sheet: Row, stock: Stock, boxes: Boxes, remarks: Remarks
) -> list[dict[str, Any]]:
    """Return the steps as the template shows them."""
    keys = [str(step.get("key", "")) for step in sheet["steps"]]
    return [
        _Step(
            place, row, stock, boxes, remarks, stock.source_options(keys[:place])
        ).view()
        for place, row in enumerate(sheet["steps"])
    ]


@dataclass(slots=True)
class _Step:
    place: int
    row: Row
    stock: Stock
    boxes: Boxes
    remarks: Remarks
    sources: Options

    @property
    def name(self) -> str:
        return f"steps-{self.place}"

    @property
    def path(self) -> str:
        return f"steps[{self.place}]"

    @property
    def action(self) -> str:
        return str(self.row.get("action") or "update")

    @property
    def schema(self) -> ObjectSchema | None:
        return self.stock.schema(str(self.row.get("object", "")))

    def view(self) -> dict[str, Any]:
        row, schema, key = self.row, self.schema, str(self.row.get("key", ""))
        fields_of = fields.field_options(schema, self.action) if schema else None
        ruled = {str(rule.get("field", "")) for rule in row["rules"]}
        return {
            "name": self.name,
            "place": self.place,
            "number": self.place + 1,
            "row": row,
            "action": ACTIONS.select(self.action, self.action),
            "objects": self._objects(),
            "described": schema is not None,
            "finds": self.action != "create",
            "writes": self.action != "find",
            "asks_no_match": self.action in {"update", "find"},
            "no_match": NO_MATCH.select(str(row.get("no_match", "")), "?"),
            "several": several_options(self.action).select(
                str(row.get("several", "")), "?"
            ),
            "key_fields": self._key_fields(),
            "finders": [
                self._finder(number, finder)
                for number, finder in enumerate(row["find"])
            ],
            "rules": [
                self._rule(number, rule, fields_of)
                for number, rule in enumerate(row["rules"])
            ],
            "condition": self.boxes.box(
                name=f"{self.name}-condition",
                value=row.get("condition"),
                order=f"ask-step:{self.place}",
                errors=self.remarks.errors.get(f"{self.path}.condition", []),
            ),
            "errors": self.remarks.own(self.path, ("fields", "find")),
            "findings": self.remarks.found(key, None)
            + [
                finding
                for finding in self.remarks.findings
                if finding.step == key and finding.field and finding.field not in ruled
            ],
            "missing": [
                field
                for field in (fields.needed(schema, self.action) if schema else ())
                if field.name not in ruled | {row.get("key_field")}
            ],
        }

    def _objects(self) -> SafeString | None:
        options = self.stock.object_options
        chosen = str(self.row.get("object", ""))
        return options.select(chosen, chosen) if options else None

    def _key_fields(self) -> SafeString | None:
        """Return the choices of a key field; None where a step makes no record."""
        chosen = str(self.row.get("key_field", ""))
        creates = (
            self.action in {"create", "upsert"} or self.row.get("no_match") == "create"
        )
        if not (creates and self.action != "find") and not chosen:
            return None
        options = fields.key_options(self.schema) if self.schema else plain([])
        return options.select(chosen, self._unknown(chosen))

    def _unknown(self, name: str) -> str:
        if self.schema is None:
            return name
        text = _("%(field)s: not among the fields of %(object)s")
        return text % {"field": name, "object": self.schema.name}

    def _finder(self, number: int, row: Row) -> dict[str, Any]:
        how, field_name = str(row.get("how", "")), str(row.get("field", ""))
        options = fields.match_options(self.schema) if self.schema else None
        source = str(row.get("source", ""))
        return {
            "name": f"{self.name}-find-{number}",
            "order": f"{self.place}:{number}",
            "number": number + 1,
            "row": row,
            "how": finder_options().select(how, how),
            "by_record": how == "record",
            "by_value": how not in {"", "record"},
            "fields": options.select(field_name, self._unknown(field_name))
            if options
            else None,
            "sources": self.sources.select(source, gone(source)),
            "typed": source in TYPED,
            "errors": self.remarks.at(f"{self.path}.find[{number}]"),
        }

    def _rule(self, number: int, row: Row, fields_of: Options | None) -> dict[str, Any]:
        field_name, source = str(row.get("field", "")), str(row.get("source", ""))
        schema = self.schema.fields.get(field_name) if self.schema else None
        errors = self.remarks.at(f"{self.path}.fields[{number}]")
        key = str(self.row.get("key", ""))
        return {
            "name": f"{self.name}-rules-{number}",
            "order": f"{self.place}:{number}",
            "anchor": f"at-{key}-{field_name}",
            "number": number + 1,
            "row": row,
            "title": schema.label if schema else field_name,
            "schema": schema,
            "fields": fields_of.select(field_name, self._unknown(field_name))
            if fields_of is not None
            else None,
            "sources": self.sources.select(source, gone(source)),
            "typed": source in TYPED,
            "template": source == "template",
            "table": details.table(
                row, self.stock, schema, f"{self.name}-rules-{number}"
            ),
            "may_match": bool(schema and schema.picklist),
            "transforms": details.transforms(row, f"{self.name}-rules-{number}"),
            "condition": self.boxes.box(
                name=f"{self.name}-rules-{number}-condition",
                value=row.get("condition"),
                order=f"ask-rule:{self.place}:{number}",
                errors=(),
            ),
            "blank": BLANK.select(str(row.get("blank", "")), "?"),
            "overwrite": OVERWRITE.select(str(row.get("overwrite", "")), "?"),
            "errors": errors,
            "findings": self.remarks.found(key, field_name) if field_name else [],
            "summary": details.summary(row),
            "open": bool(errors) or row.get("open") == "1",
        }


def gone(source: str) -> str:
    return _("%(source)s: not in this survey any more") % {"source": source}
