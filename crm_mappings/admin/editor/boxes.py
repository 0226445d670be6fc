"""Owns the boxes of a condition in the editor: drawn only where there is one, read
back as a document, with what is wrong said where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _

from crm_mappings.admin.editor.stock import Earlier, Stock
from crm_mappings.plan.results import record_names
from surveys.admin.conditions import (
    ConditionField,
    ConditionWidget,
    NameChoice,
    NameGroup,
    survey_groups,
)
from surveys.conditions import ValueType

COMPARED = frozenset({"number", "text", "boolean", "list", "date", "time"})
# What a posted condition has and a document has not.
POSTED = frozenset({"join", "kept"})


def media() -> forms.Media:
    return ConditionWidget().media


class Boxes:
    """The conditions of one page, all with the same names to choose from."""

    def __init__(self, stock: Stock, steps: Sequence[Earlier] = ()) -> None:
        self.stock = stock
        self.widget = ConditionWidget()
        self.field = ConditionField(widget=self.widget)
        records = (_record(stock, step) for step in steps if step.key)
        known = (*groups(stock), _steps(steps), *records)
        self.widget.groups = self.field.groups = tuple(g for g in known if g.names)

    def after(self, steps: Sequence[Earlier]) -> Boxes:
        """Return the conditions of a step, which may ask for those before it."""
        return Boxes(self.stock, steps)

    def box(
        self, *, name: str, value: object, order: str, errors: Sequence[str]
    ) -> dict[str, Any]:
        """Return a condition as the template shows it; `order` opens a closed one."""
        if value is None:
            return {"html": None, "order": order, "errors": errors}
        html = self.widget.render(name, self._shown(value), {"id": f"id_{name}"})
        return {"html": html, "order": order, "errors": errors}

    def read(self, value: object) -> tuple[Any, list[str]]:
        """Return the document of a condition, and what is wrong in it."""
        if not is_posted(value):
            return value, []
        try:
            return self.field.clean(self._shown(value)), []
        except forms.ValidationError as error:
            return None, list(error.messages)

    def _shown(self, value: object) -> object:
        """Return what the widget shows: a document, or what was typed."""
        if not is_posted(value):
            return value
        flat = dict(_flat("c", value))
        typed = self.widget.value_from_datadict(flat, {}, "c")
        # The widget adds blank rows by itself, each time that it is drawn.
        return replace(typed, rows=tuple(row for row in typed.rows if not row.blank))


def groups(stock: Stock) -> tuple[NameGroup, ...]:
    """Return everything that a condition of a mapping can read."""
    if stock.definition is None:
        return ()
    definition = stock.definition
    asked = survey_groups(
        definition.questions(), definition.variables, definition.default_language
    )
    declared = {variable.key for variable in definition.variables}
    given = _group(_("Variables of triggers"), "variable", stock, declared)
    response = _group(_("Response"), "response", stock, set())
    return tuple(group for group in (*asked, given, response) if group.names)


def _steps(steps: Sequence[Earlier]) -> NameGroup:
    names = tuple(
        NameChoice(
            source="step",
            name=step.key,
            label=_("Record of step “%(step)s”") % {"step": step.key},
            type="record",
        )
        for step in steps
        if step.key
    )
    return NameGroup(label=_("Earlier steps"), names=names)


def _record(stock: Stock, step: Earlier) -> NameGroup:
    """What a condition can ask of the record of an earlier step: how it came, and
    its fields, by label."""
    schema = stock.schema(step.object)
    asked = record_names(schema).facets
    ways = {"found": _("found"), "created": _("created")}
    labels = {
        name: {one.value: one.label for one in field.picklist}
        for name, field in (schema.fields if schema else {}).items()
    }
    fields = schema.fields if schema else {}
    titles = {name: fields[name].title() for name in asked if name in fields}
    words = {"step": step.key, "object": step.object}
    how = _("found or created")
    names = tuple(
        NameChoice(
            source="step",
            name=step.key,
            facet=name,
            label=f"{step.key} → {titles.get(name) or how}",
            type=info.type,
            choices=tuple(
                (one, labels.get(name, ways).get(one, one)) for one in info.choices
            ),
        )
        for name, info in sorted(
            asked.items(), key=lambda one: titles.get(one[0], "").casefold()
        )
    )
    label = _("Record of step “%(step)s” (%(object)s)") % words
    return NameGroup(label=label, names=names)


def _group(label: str, source: Any, stock: Stock, but: set[str]) -> NameGroup:
    names = tuple(
        NameChoice(
            source=source,
            name=fact.source[source],
            label=fact.label,
            type=cast(ValueType, fact.type if fact.type in COMPARED else "any"),
        )
        for fact in stock.facts
        if source in fact.source and fact.source[source] not in but
    )
    return NameGroup(label=label, names=names)


def is_posted(value: object) -> bool:
    return isinstance(value, dict) and bool(POSTED & set(value))


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}-{key}", inner)
    else:
        yield name, str(value)
