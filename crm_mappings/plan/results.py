"""Owns what a step leaves behind for the steps after it: its record's id and fields,
and whether the record was found or made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from crm_mappings.plan.convert import SEPARATOR
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from surveys.conditions import NameInfo, ValueType

FOUND: Final = "found"
CREATED: Final = "created"
OUTCOMES: Final = (FOUND, CREATED)
# How a condition compares what a field holds; other types are texts.
COMPARED: Final[Mapping[str, ValueType]] = {
    **dict.fromkeys(("int", "long", "double", "currency", "percent"), "number"),
    **dict.fromkeys(("date", "datetime"), "date"),
    "time": "time",
    "boolean": "boolean",
    "multipicklist": "list",
    **dict.fromkeys(("reference", "id"), "any"),
}
# What no later step can use: a file, and what only parts of it hold.
UNREADABLE: Final = frozenset({"base64", "address", "location", "complexvalue"})

# The class StepResult has an attribute of that name.
Anything: TypeAlias = object


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRef:
    """Stands for the id of a record that an earlier step will have created."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """The record of a step, as it is when the step is done."""

    id: str | StepRef
    outcome: str
    # What was found in it, and what the step itself writes to it.
    fields: Mapping[str, Anything] = field(default_factory=dict)

    def read(self, facet: str | None) -> Anything:
        """Return a field, the outcome, or without a facet the id."""
        if facet is None:
            return self.id
        return self.outcome if facet == "outcome" else self.fields.get(facet)


# The record of each earlier step; None where it has none.
Results: TypeAlias = Mapping[str, StepResult | None]


def readable(field: FieldSchema) -> bool:
    return field.type not in UNREADABLE


def known_fields(
    fields: Mapping[str, object], schema: ObjectSchema
) -> dict[str, object]:
    """Return the fields as later steps read them: several values as a list."""
    return {
        name: _read(value, schema.fields[name])
        for name, value in fields.items()
        if name in schema.fields and readable(schema.fields[name])
    }


def _read(value: object, field: FieldSchema) -> object:
    if field.type == "multipicklist" and isinstance(value, str):
        return value.split(SEPARATOR)
    return value


def record_names(schema: ObjectSchema | None) -> NameInfo:
    """Return what a condition can ask of the record of an earlier step."""
    fields = schema.fields.values() if schema else ()
    facets = {one.name: _compared(one) for one in fields if readable(one)}
    outcome = NameInfo(type="text", choices=OUTCOMES)
    return NameInfo(type="record", facets={"outcome": outcome, **facets})


def compared_as(field: FieldSchema) -> ValueType:
    return COMPARED.get(field.type, "text")


def _compared(field: FieldSchema) -> NameInfo:
    listed = field.type in {"picklist", "multipicklist"} and field.restricted_picklist
    choices = tuple(one.value for one in field.picklist) if listed else ()
    return NameInfo(type=compared_as(field), choices=choices)
