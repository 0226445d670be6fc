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
from crm_mappings.admin.editor.panes import field_pane
from crm_mappings.admin.editor.sheet import Row
from crm_mappings.admin.editor.stock import Earlier, Stock
from crm_mappings.admin.editor.trying import Tried, tried
from crm_mappings.models import FieldRule, Step
from crm_mappings.plan.check import Finding
from crm_mappings.plan.recognising import own_key
from crm_mappings.plan.schema import FieldSchema, ObjectSchema

ACTIONS = Step.Action.choices
NO_MATCH = Step.NoMatch.choices
BLANK = FieldRule.Blank.choices
DUPLICATES = Step.Duplicates.choices
OVERWRITE = FieldRule.Overwrite.choices
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


@dataclass(slots=True)
class Lists:
    """The long lists of a page, each drawn once: its name -> its options."""

    drawn: dict[str, SafeString] = field(default_factory=dict)

    def name(self, name: str, options: Options) -> str:
        if name not in self.drawn:
            self.drawn[name] = options.datalist
        return name


def build(
    sheet: Row, stock: Stock, boxes: Boxes, remarks: Remarks, lists: Lists
) -> list[dict[str, Any]]:
    """Return the steps as the template shows them."""
    made = earlier_steps(sheet["steps"])
    return [
        _Step(
            place,
            row,
            stock,
            boxes.after(made[:place]),
            remarks,
            stock.source_options(made[:place]),
            lists,
        ).view()
        for place, row in enumerate(sheet["steps"])
    ]


def earlier_steps(rows: Iterable[Row]) -> list[Earlier]:
    return [
        Earlier(key=str(row.get("key", "")), object=str(row.get("object", "")))
        for row in rows
    ]


@dataclass(slots=True)
class _Step:
    place: int
    row: Row
    stock: Stock
    boxes: Boxes
    remarks: Remarks
    sources: Options
    lists: Lists

    @property
    def name(self) -> str:
        return f"steps-{self.place}"

    @property
    def path(self) -> str:
        return f"steps[{self.place}]"

    @property
    def key(self) -> str:
        return str(self.row.get("key", ""))

    @property
    def action(self) -> str:
        return str(self.row.get("action") or "update")

    @property
    def schema(self) -> ObjectSchema | None:
        return self.stock.schema(str(self.row.get("object", "")))

    def view(self) -> dict[str, Any]:
        row, schema = self.row, self.schema
        writes = self.action != "find"
        return {
            "name": self.name,
            "place": self.place,
            "number": self.place + 1,
            "row": row,
            "title": sentence(row, schema),
            "objects": self._objects(),
            "described": schema is not None,
            "writes": writes,
            "pane": field_pane(schema, self.action, row) if schema and writes else None,
            **self._choices(),
            "finders": [
                self._finder(number, finder)
                for number, finder in enumerate(row["find"])
            ],
            "rules": self._rules(),
            "condition": self.boxes.box(
                name=f"{self.name}-condition",
                value=row.get("condition"),
                order=f"ask-step:{self.place}",
                errors=self.remarks.errors.get(f"{self.path}.condition", []),
            ),
            "errors": self.remarks.own(self.path, ("fields", "find")),
            "findings": self._findings(),
            "missing": self._missing(),
        }

    def _choices(self) -> dict[str, Any]:
        """Return the short selects of a step, those that its action asks."""
        row = self.row
        asked = {
            "action": plain(ACTIONS).select(self.action, self.action),
            "finds": self.action != "create",
            "asks_no_match": self.action in {"update", "find"},
            "no_match": plain(NO_MATCH).select(str(row.get("no_match", "")), "?"),
            "several": several_options(self.action).select(
                str(row.get("several", "")), "?"
            ),
            "key_fields": self._key_fields(),
            "own_key": self._own_key(),
        }
        if sheets.may_create(row):
            asked["duplicates"] = plain(DUPLICATES).select(
                str(row.get("duplicates", "")), "?"
            )
        return asked

    def _findings(self) -> list[Finding]:
        """Return what is said of the step itself, and of fields without a rule."""
        ruled = {str(rule.get("field", "")) for rule in self.row["rules"]}
        named = [
            finding
            for finding in self.remarks.findings
            if finding.step == self.key and finding.field not in {*ruled, None}
        ]
        return [*self.remarks.found(self.key, None), *named]

    def _missing(self) -> list[FieldSchema]:
        ruled = {str(rule.get("field", "")) for rule in self.row["rules"]}
        needed = fields.needed(self.schema, self.action) if self.schema else ()
        known = {*ruled, self.row.get("key_field")}
        return [field for field in needed if field.name not in known]

    def _objects(self) -> str:
        options = self.stock.object_options
        return self.lists.name("objects", options) if options else ""

    def _list(self, what: str, options: Options) -> str:
        name = f"{what}-{self.row.get('object')}-{self.action}"
        return self.lists.name(name, options)

    def _sources(self) -> str:
        return self.lists.name(f"sources-{self.place}", self.sources)

    def _key_fields(self) -> SafeString | None:
        """Return the choices of a key field; None where a step makes no record."""
        chosen = str(self.row.get("key_field", ""))
        if not sheets.may_create(self.row) and not chosen:
            return None
        options = fields.key_options(self.schema) if self.schema else plain([])
        return options.select(chosen, self._unknown(chosen))

    def _own_key(self) -> str:
        """Return the field that holds our key where none is chosen; "" for none."""
        ruled = {str(rule.get("field", "")) for rule in self.row["rules"]}
        field = own_key(self.schema, ruled) if self.schema else None
        return field or ""

    def _unknown(self, name: str) -> str:
        if self.schema is None or name in self.schema.fields or not name:
            return name
        text = _("%(field)s: not among the fields of %(object)s")
        return text % {"field": name, "object": self.schema.name}

    def _finder(self, number: int, row: Row) -> dict[str, Any]:
        how, source = str(row.get("how", "")), str(row.get("source", ""))
        options = fields.match_options(self.schema) if self.schema else None
        return {
            "name": f"{self.name}-find-{number}",
            "order": f"{self.place}:{number}",
            "number": number + 1,
            "row": row,
            "how": finder_options().select(how, how),
            "by_record": how == "record",
            "by_value": how not in {"", "record"},
            "fields": self._list("match", options) if options else "",
            "unknown_field": self._unknown(str(row.get("field", ""))),
            "sources": self._sources(),
            "unknown": self._gone(source),
            "typed": source in TYPED,
            "errors": self.remarks.at(f"{self.path}.find[{number}]"),
        }

    def _gone(self, source: str) -> str:
        """Say of a source that it is not there any more."""
        if not source or source in self.sources:
            return ""
        return _("%(source)s: not in this survey any more") % {"source": source}

    def _rules(self) -> list[dict[str, Any]]:
        schema, listed = self.schema, ""
        if schema is not None:
            options = fields.field_options(schema, self.action)
            listed = self._list("fields", options)
        rows = enumerate(self.row["rules"])
        return [self._rule(number, row, listed) for number, row in rows]

    def _rule(self, number: int, row: Row, listed: str) -> dict[str, Any]:
        field_name, source = str(row.get("field", "")), str(row.get("source", ""))
        schema = self.schema
        described = schema.fields.get(field_name) if schema else None
        errors = self.remarks.at(f"{self.path}.fields[{number}]")
        findings = self.remarks.found(self.key, field_name) if field_name else []
        name = f"{self.name}-rules-{number}"
        return {
            **self._field(field_name, described),
            **self._source(row, source, described, name),
            "name": name,
            "order": f"{self.place}:{number}",
            "anchor": f"at-{self.key}-{field_name}",
            "number": number + 1,
            "is_last": number + 1 == len(self.row["rules"]),
            "row": row,
            "fields": listed,
            "condition": self.boxes.box(
                name=f"{name}-condition",
                value=row.get("condition"),
                order=f"ask-rule:{self.place}:{number}",
                errors=(),
            ),
            "blank": plain(BLANK).select(str(row.get("blank", "")), "?"),
            "overwrite": plain(OVERWRITE).select(str(row.get("overwrite", "")), "?"),
            "errors": errors,
            "findings": findings,
            "is_fine": bool(findings) and all(one.grade == "fine" for one in findings),
            "summary": details.summary(row),
            "open": bool(errors) or row.get("open") == "1",
        }

    def _field(self, name: str, described: FieldSchema | None) -> dict[str, Any]:
        """Return what is written to."""
        return {
            "title": described.label if described else name,
            "schema": described,
            "type": fields.type_words(described) if described else "",
            "is_required": bool(described and described.required_on_create),
            "unknown_field": self._unknown(name),
            "may_match": bool(described and described.picklist),
        }

    def _source(
        self, row: Row, source: str, described: FieldSchema | None, name: str
    ) -> dict[str, Any]:
        """Return what is written there, and what becomes of it on the way."""
        return {
            "sources": self._sources(),
            "unknown": self._gone(source),
            # Labels are long, and cut where there is little room.
            "says": source.partition(".")[2].replace("..", "."),
            "reads_steps": self.place > 0,
            "typed": source in TYPED,
            "template": source == "template",
            "constants": details.constants(row, described),
            "tried": self._tried(row, described),
            "table": details.table(row, self.stock, described, name),
            "transforms": details.transforms(row, name),
        }

    def _tried(self, row: Row, described: FieldSchema | None) -> Tried | None:
        if self.schema is None or described is None or not row.get("source"):
            return None
        document = sheets.rule_document(
            row, "", lambda _path, value: self._asked(value)
        )
        return tried(document, described, self.schema, self.stock.latest)

    def _asked(self, value: object) -> Any:
        document, mistakes = self.boxes.read(value)
        return None if mistakes else document


def sentence(row: Row, schema: ObjectSchema | None) -> str:
    """Say in a few words what a step does, for its heading."""
    name = schema.label if schema else str(row.get("object", ""))
    if not name:
        return _("a new step")
    words = {
        "create": _("Create %(object)s"),
        "upsert": _("Update or create %(object)s"),
        "find": _("Find %(object)s"),
    }
    made = words.get(str(row.get("action")), _("Update %(object)s"))
    return made % {"object": name}
