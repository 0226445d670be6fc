"""Owns what became different between two descriptions of one object. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from surveys.wording import gettext as _


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different now; without a field it is the object itself."""

    object: str
    field: str = ""
    text: str


def differences(
    name: str, before: ObjectSchema, after: ObjectSchema | None
) -> tuple[Change, ...]:
    """Return what an administrator has changed, object first, then field by field."""
    if after is None:
        gone = _("The object is gone, or the user may not see it any more.")
        return (Change(object=name, text=gone),)
    texts = [("", text) for text in _of_object(before, after)]
    for key in sorted({**before.fields, **after.fields}):
        found = _of_field(before.fields.get(key), after.fields.get(key))
        texts += [(key, text) for text in found]
    return tuple(Change(object=name, field=key, text=text) for key, text in texts)


def _of_object(before: ObjectSchema, after: ObjectSchema) -> Iterator[str]:
    yield from _switch(
        before.createable,
        after.createable,
        _("Records may be created now."),
        _("Records may not be created any more."),
    )
    yield from _switch(
        before.updateable,
        after.updateable,
        _("Records may be changed now."),
        _("Records may not be changed any more."),
    )
    old = {row.developer_name for row in before.record_types if row.active}
    new = {row.developer_name for row in after.record_types if row.active}
    yield from _lists(old, new, _("New record types: %s"), _("Record types gone: %s"))


def _of_field(before: FieldSchema | None, after: FieldSchema | None) -> Iterator[str]:
    if after is None:
        yield _("The field is gone, or the user may not see it any more.")
    elif before is None:
        kind = {"type": after.type, "label": after.label}
        yield _("A new field: %(label)s (%(type)s).") % kind
        if after.required_on_create:
            yield _("It is required when a record is created.")
    else:
        yield from _of_type(before, after)
        yield from _of_rights(before, after)
        yield from _of_values(before, after)


def _of_type(before: FieldSchema, after: FieldSchema) -> Iterator[str]:
    pairs = (
        (_("Type"), before.type, after.type),
        (_("Length"), before.length, after.length),
        (_("Digits"), before.precision, after.precision),
        (_("Decimal places"), before.scale, after.scale),
        (_("Label"), before.label, after.label),
        (_("Points at"), before.reference_to, after.reference_to),
        (_("Depends on"), before.controller, after.controller),
    )
    for what, old, new in pairs:
        if old != new:
            values = {"what": what, "old": _said(old), "new": _said(new)}
            yield _("%(what)s: %(old)s is now %(new)s.") % values


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "–"
    return "–" if value is None else str(value)


def _of_rights(before: FieldSchema, after: FieldSchema) -> Iterator[str]:
    yield from _switch(
        before.createable,
        after.createable,
        _("It may be set on new records now."),
        _("It may not be set on new records any more."),
    )
    yield from _switch(
        before.updateable,
        after.updateable,
        _("It may be changed now."),
        _("It may not be changed any more."),
    )
    yield from _switch(
        before.required_on_create,
        after.required_on_create,
        _("It is required now when a record is created."),
        _("It is not required any more."),
    )
    yield from _switch(
        before.external_id,
        after.external_id,
        _("It is an external id now."),
        _("It is no external id any more."),
    )
    yield from _switch(
        before.unique,
        after.unique,
        _("It must be unique now."),
        _("It need not be unique any more."),
    )


def _of_values(before: FieldSchema, after: FieldSchema) -> Iterator[str]:
    old = {row.value for row in before.picklist if row.active}
    new = {row.value for row in after.picklist if row.active}
    yield from _lists(old, new, _("New values: %s"), _("Values gone: %s"))
    yield from _switch(
        before.restricted_picklist,
        after.restricted_picklist,
        _("Only its listed values are taken now."),
        _("Other values than the listed ones are taken now."),
    )
    was = {row.value: row.valid_for for row in before.picklist}
    moved = sorted(
        row.value
        for row in after.picklist
        if row.value in was and was[row.value] != row.valid_for
    )
    if moved and before.controller == after.controller:
        yield _("Other values allow these now: %s") % ", ".join(moved)


def _switch(before: bool, after: bool, on: str, off: str) -> Iterator[str]:
    if before != after:
        yield on if after else off


def _lists(before: set[str], after: set[str], new: str, gone: str) -> Iterator[str]:
    if after - before:
        yield new % ", ".join(sorted(after - before))
    if before - after:
        yield gone % ", ".join(sorted(before - after))
