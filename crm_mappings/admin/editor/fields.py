"""Owns how an object's fields are offered: which, in what order, in what words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm_mappings.admin.editor.options import Group, Option, Options
from crm_mappings.plan.schema import FieldSchema, ObjectSchema

NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
# What kinds of fact a field's type can hold; a type that is not here holds any.
TAKES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(NUMBERS, "number"),
        "boolean": "boolean number",
        "date": "date",
        "datetime": "date",
        "time": "date text",
        "base64": "file",
        "multipicklist": "list text number boolean",
        "email": "text",
        "phone": "text",
        "url": "text",
    }
)
MATCHABLE = frozenset(
    {"string", "email", "phone", "url", "picklist", "reference", "id", "int", "double"}
)


def type_words(field: FieldSchema) -> str:
    """Return a field's type as an administrator of Salesforce knows it."""
    if field.type in NUMBERS and field.precision:
        whole = field.precision - field.scale
        return f"{_(TYPE_WORDS[field.type])} ({whole}, {field.scale})"
    if field.record_types:
        return _("Record type")
    if field.type == "reference":
        return _("Lookup (%(to)s)") % {"to": ", ".join(field.reference_to[:3])}
    words = _(TYPE_WORDS[field.type]) if field.type in TYPE_WORDS else field.type
    return f"{words} ({field.length})" if field.type in SIZED else words


SIZED = frozenset({"string", "textarea", "email", "url", "phone"})
TYPE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "string": gettext_noop("Text"),
        "textarea": gettext_noop("Text area"),
        "boolean": gettext_noop("Checkbox"),
        "double": gettext_noop("Number"),
        "int": gettext_noop("Number"),
        "long": gettext_noop("Number"),
        "currency": gettext_noop("Currency"),
        "percent": gettext_noop("Percent"),
        "date": gettext_noop("Date"),
        "datetime": gettext_noop("Date/Time"),
        "time": gettext_noop("Time"),
        "email": gettext_noop("Email"),
        "phone": gettext_noop("Phone"),
        "url": gettext_noop("URL"),
        "picklist": gettext_noop("Picklist"),
        "multipicklist": gettext_noop("Multi-select picklist"),
        "combobox": gettext_noop("Combo box"),
        "id": gettext_noop("Id"),
        "base64": gettext_noop("File"),
        "address": gettext_noop("Address"),
    }
)


def gives_words(kind: str) -> str:
    """Return the kind of a fact in a word."""
    return _(GIVES_WORDS[kind]) if kind in GIVES_WORDS else kind


GIVES_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "number": gettext_noop("number"),
        "text": gettext_noop("text"),
        "boolean": gettext_noop("yes or no"),
        "list": gettext_noop("list"),
        "date": gettext_noop("date"),
        "time": gettext_noop("time"),
        "id": gettext_noop("record"),
        "any": gettext_noop("any"),
    }
)


def why_not(field: FieldSchema, action: str) -> str:
    """Return why the action cannot write a field; "" where it can."""
    if field.writable(action):
        return ""
    if field.calculated:
        return _("Calculated by Salesforce")
    if field.createable and not field.updateable:
        return _("Can only be set when a record is created")
    if field.updateable and not field.createable:
        return _("Can only be changed later, not when a record is created")
    if not field.permissionable:
        return _("Kept by Salesforce itself")
    return _("Read-only, or the connected user may not edit it")


def needed(schema: ObjectSchema, action: str) -> tuple[FieldSchema, ...]:
    """Return the fields without which a record of the object cannot be made."""
    if action == "update":
        return ()
    return tuple(field for field in schema.fields.values() if field.required_on_create)


def field_options(schema: ObjectSchema, action: str) -> Options:
    """Return what the action may write: what is required first, then by label."""
    writable = [f for f in schema.fields.values() if f.writable(action)]
    first = {field.name for field in needed(schema, action)}
    return Options(
        [
            _group(_("Required"), (f for f in writable if f.name in first)),
            _group(_("Fields"), (f for f in writable if f.name not in first)),
        ]
    )


def match_options(schema: ObjectSchema) -> Options:
    """Return the fields that a record can be found by: what is unique first."""
    usable = [
        field
        for field in schema.fields.values()
        if field.filterable and (field.type in MATCHABLE or field.id_lookup)
    ]
    return Options(
        [
            _group(_("External ids and unique fields"), filter(_identifies, usable)),
            _group(_("Fields"), (f for f in usable if not _identifies(f))),
        ]
    )


def key_options(schema: ObjectSchema) -> Options:
    """Return the external id fields that may hold Tellback's key."""
    return Options([_group("", (f for f in schema.fields.values() if holds_key(f)))])


def holds_key(field: FieldSchema) -> bool:
    return field.external_id and field.createable and field.type == "string"


def _identifies(field: FieldSchema) -> bool:
    return field.external_id or field.unique or field.id_lookup


def _group(label: str, fields: Iterable[FieldSchema]) -> Group:
    ordered = sorted(fields, key=lambda field: field.label.casefold())
    return Group(label=label, options=tuple(map(_option, ordered)))


def takes(field: FieldSchema) -> str:
    """Return the kinds of fact that a field holds: of a look-up, records of which
    objects."""
    if field.type != "reference":
        return TAKES.get(field.type, "")
    return " ".join([*record_kinds(field.reference_to), "text"])


def record_kinds(objects: Iterable[str]) -> list[str]:
    return [f"id:{name}" for name in objects] or ["id"]


def _option(field: FieldSchema) -> Option:
    return Option(
        value=field.name,
        label=f"{field.title()} · {type_words(field)}",
        takes=takes(field),
    )
