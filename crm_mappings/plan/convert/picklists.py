"""Owns how a value becomes one of a picklist's, by value or by label."""

from __future__ import annotations

from crm_mappings.plan.convert.refusing import (
    SEPARATOR,
    RefusedValueError,
    as_text,
    shown,
)
from crm_mappings.plan.convert.texts import limited
from crm_mappings.plan.schema import FieldSchema, PicklistValue
from surveys.texts import tidy
from surveys.wording import gettext as _


def matched(text: str, field: FieldSchema) -> PicklistValue | None:
    """Return the active picklist value that a text means: by value or by label."""
    active = [choice for choice in field.picklist if choice.active]
    exact = [choice for choice in active if choice.value == text]
    exact += [choice for choice in active if choice.label == text]
    if exact:
        return exact[0]
    folded = text.casefold()
    near = [
        choice
        for choice in active
        if folded in {choice.value.casefold(), choice.label.casefold()}
    ]
    return near[0] if len(near) == 1 else None


def picklist_wire(value: object, field: FieldSchema) -> str | None:
    text = " ".join(tidy(as_text(value)).split("\n"))
    return _chosen(text, field) if text else None


def _chosen(text: str, field: FieldSchema) -> str:
    choice = matched(text, field)
    if choice is not None:
        return choice.value
    if field.restricted_picklist:
        raise RefusedValueError(
            "not_a_picklist_value",
            _(
                "%(field)s: %(text)s is not one of its values. Add it to the value "
                "table of the rule%(values)s."
            )
            % {"field": field.title(), "text": shown(text), "values": _some(field)},
        )
    return limited(text, field)


def _some(field: FieldSchema) -> str:
    active = [choice.value for choice in field.picklist if choice.active]
    if not active:
        return ""
    values = ", ".join([*active[:8], *(["…"] if len(active) > 8 else [])])
    return _("; it takes %(values)s") % {"values": values}


def multipicklist_wire(value: object, field: FieldSchema) -> str | None:
    chosen: dict[str, None] = {}
    for part in value if isinstance(value, list | tuple) else [value]:
        text = tidy(as_text(part))
        whole = matched(text, field)
        for piece in [whole.value] if whole else text.split(SEPARATOR):
            if piece.strip():
                chosen[_chosen(piece.strip(), field)] = None
    return limited(SEPARATOR.join(chosen), field) or None
