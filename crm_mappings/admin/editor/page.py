"""Owns a visit to the editor: what was sent becomes a sheet, the order is carried
out, and the sheet is either saved or drawn again as it was typed."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm_mappings import activation, documents
from crm_mappings.admin.editor import answers, orders, panes, screen
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.boxes import Boxes
from crm_mappings.admin.editor.options import plain
from crm_mappings.admin.editor.screen import Remarks
from crm_mappings.admin.editor.sheet import Row
from crm_mappings.admin.editor.stock import Stock, load
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan.check import Finding
from crm_mappings.plan.differing import Difference, as_drafted, differences
from crm_mappings.plan.rules import MappingError, parse
from surveys.models import Survey

PLACE = re.compile(r"steps\[(\d+)\]")
KEEPING = frozenset({"save", "activate", "preview"})


def fingerprint(mapping: Mapping) -> str:
    """Return what tells one state of a draft from another."""
    text = json.dumps(documents.mapping_document(mapping), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(kw_only=True)
class Page:
    """One drawing of the editor."""

    mapping: Mapping
    sheet: Row
    stock: Stock
    survey: Survey
    connection: Connection
    boxes: Boxes
    dirty: bool = False
    refused: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    checked: bool = False

    def documented(self, sheet: Row) -> tuple[Row, list[tuple[str, str]]]:
        """Return the document of a sheet, and what is wrong in its conditions."""
        mistakes: list[tuple[str, str]] = []

        def read(path: str, value: object) -> Any:
            document, wrong = self._boxes_at(path, sheet).read(value)
            mistakes.extend((path, message) for message in wrong)
            return document

        return sheets.to_document(sheet, read), mistakes

    def _boxes_at(self, path: str, sheet: Row) -> Boxes:
        """A condition may ask for the steps before its own."""
        place = PLACE.match(path)
        if place is None:
            return self.boxes
        earlier = sheet["steps"][: int(place[1])]
        return self.boxes.after(screen.earlier_steps(earlier))

    def note(self, path: str, message: str) -> None:
        self.errors.setdefault(path, []).append(message)

    def check(self, now: datetime) -> None:
        """Ask what the org and the survey say of what stands in the boxes; rows in
        which something is still to be chosen are left out while one works on them."""
        kept = sheets.finished(self.sheet) if self.dirty else self.sheet
        document, mistakes = self.documented(kept)
        if mistakes or (self.dirty and not readable(document)):
            return
        standing = Mapping(survey=self.survey, connection=self.connection)
        self.findings = activation.check_document(
            mapping=standing, document=document, now=now
        )
        self.checked = True

    def save(self, *, may_trust: bool = False) -> bool:
        """Save the sheet as the draft; False when something in it is refused."""
        self.sheet = sheets.without_blanks(self.sheet)
        document, mistakes = self.documented(self.sheet)
        for path, message in [*mistakes, *self._unknown_fields()]:
            self.note(path, message)
        self._same_draft()
        if self.errors:
            return False
        try:
            documents.save_document(document=document, may_trust=may_trust)
        except MappingError as error:
            for problem in error.problems:
                self.note(problem.path, problem.message)
        return not self.errors

    def _same_draft(self) -> None:
        """Refuse to write over what somebody else has saved meanwhile."""
        base, kept = self.sheet.get("base"), fingerprint(self.mapping)
        self.sheet["base"] = kept
        if base and base != kept:
            self.note(
                "",
                _(
                    "Somebody else has saved this mapping since you opened it. Save "
                    "again to replace theirs, or open it anew to see it."
                ),
            )

    def _unknown_fields(self) -> list[tuple[str, str]]:
        mistakes = []
        for place, number, step, rule in sheets.rules(self.sheet):
            schema, name = self.stock.schema(step.get("object", "")), rule.get("field")
            if schema is None or not name or name in schema.fields:
                continue
            text = _(
                "%(object)s has no field “%(field)s” that the connection's user may "
                "see. Choose another one."
            )
            mistakes.append(
                (
                    f"steps[{place}].fields[{number}].field",
                    text % {"object": schema.name, "field": name},
                )
            )
        return mistakes

    def changes(self) -> list[Difference]:
        """Return what the draft changes of what runs."""
        live = self.mapping.live_revision
        if live is None:
            return []
        draft = documents.mapping_document(self.mapping)
        return differences(as_drafted(live.document, draft), draft)

    def context(self) -> dict[str, Any]:
        remarks = Remarks(errors=self.errors, findings=self.findings)
        lists = screen.Lists()
        grades = Counter(str(finding.grade) for finding in self.findings)
        return {
            "original": self.mapping,
            "sheet": self.sheet,
            "base": self.sheet.get("base") or fingerprint(self.mapping),
            "dirty": self.dirty,
            "refused": self.refused,
            "errors": self._top_errors(),
            "gaps": self.stock.gaps,
            "checked": self.checked,
            "counts": grades,
            "findings": remarks.found(None, None),
            "steps": screen.build(self.sheet, self.stock, self.boxes, remarks, lists),
            "lists": lists.drawn,
            "known": panes.known_groups(self.sheet, self.stock),
            "has_samples": bool(self.stock.samples),
            "place": max(len(self.sheet["steps"]) - 1, 0),
            "changes": self.changes(),
            "condition": self.boxes.box(
                name="condition",
                value=self.sheet.get("condition"),
                order="ask-mapping",
                errors=self.errors.get("condition", []),
            ),
            "records": self.stock.records,
            "surveys": survey_options(self.sheet["survey"]),
            "connections": connection_options(self.sheet["connection"]),
        }

    def _top_errors(self) -> list[str]:
        """Return the mistakes that belong to no row, and how many others there are."""
        own = [
            message
            for path, messages in self.errors.items()
            if not path.startswith("steps[")
            for message in messages
        ]
        if any(path.startswith("steps[") for path in self.errors):
            own.append(_("Look at the rows that are marked below."))
        return own


def readable(document: Row) -> bool:
    try:
        parse(document)
    except MappingError:
        return False
    return True


def survey_options(chosen: str) -> Any:
    rows = Survey.objects.order_by("key")
    return plain((row.key, f"{row} ({row.key})") for row in rows).select(chosen, chosen)


def connection_options(chosen: str) -> Any:
    rows = Connection.objects.order_by("name")
    return plain((row.key, row.name) for row in rows).select(chosen, chosen)


def shown(mapping: Mapping, now: datetime, *, may_read: bool = False) -> Page:
    """Return the page of a draft as it is kept."""
    sheet = sheets.from_document(documents.mapping_document(mapping))
    page = _page(mapping, sheet, now, may_read)
    page.check(now)
    return page


def typed(
    mapping: Mapping, posted: QueryDict, now: datetime, *, may_read: bool = False
) -> Page:
    """Return the page of what was sent, with its order carried out."""
    sheet = sheets.read(dict(_texts(posted)))
    sheet["key"] = mapping.key
    order = posted.get("_do", "")
    orders.apply(sheet, order)
    _name_steps(sheet)
    page = _page(mapping, sheet, now, may_read)
    page.dirty = True
    if order.startswith("match-rule:"):
        _match(page, order)
    return page


def _texts(posted: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield each name with its text; several chosen values make a list in one."""
    for name, values in posted.lists():
        yield name, ", ".join(values) if name.endswith("-value") else values[-1]


def _name_steps(sheet: Row) -> None:
    """Call a step that has an object and no name yet after its object."""
    names = {step.get("key") for step in sheet["steps"]}
    for step in sheet["steps"]:
        if step.get("object") and not step.get("key"):
            name = documents.step_key(step["object"])
            free = (f"{name[:37]}_{number}" for number in count(2))
            step["key"] = (
                name
                if name not in names
                else next(other for other in free if other not in names)
            )
            names.add(step["key"])


def _match(page: Page, order: str) -> None:
    """Fill the blank rows of a value table with what is called the same."""
    at = orders.parts(order)[2]
    for place, number, step, rule in sheets.rules(page.sheet):
        schema = page.stock.schema(str(step.get("object", "")))
        field_ = schema.fields.get(str(rule.get("field"))) if schema else None
        if [place, number] != at or field_ is None:
            continue
        source = sheets.token_source(str(rule.get("source", "")), "")
        written = {row.get("answer"): row.get("write") for row in rule["table"]}
        known = answers.answers(page.stock.definition, source)
        found = answers.matched(known, field_)
        rule["table"] = [
            {"answer": answer, "write": written.get(answer) or found.get(answer, "")}
            for answer in dict.fromkeys([*written, *found])
        ]
        rule["open"] = "1"


def _page(mapping: Mapping, sheet: Row, now: datetime, may_read: bool) -> Page:
    survey = Survey.objects.filter(key=sheet.get("survey")).first() or mapping.survey
    found = Connection.objects.filter(key=sheet.get("connection")).first()
    connection = found or mapping.connection
    sheet["survey"], sheet["connection"] = survey.key, connection.key
    objects = [str(step.get("object", "")) for step in sheet["steps"]]
    stock = load(
        survey=survey,
        connection=connection,
        objects=objects,
        now=now,
        may_read=may_read,
    )
    return Page(
        mapping=mapping,
        sheet=sheet,
        stock=stock,
        survey=survey,
        connection=connection,
        boxes=Boxes(stock),
    )
