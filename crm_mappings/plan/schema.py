"""Owns what an org says of an object: a Salesforce describe as plain data."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from crm_mappings.plan.ids import id18, is_id
from surveys.wording import gettext as _

__all__ = [
    "DescribeError",
    "FieldSchema",
    "ObjectSchema",
    "PicklistValue",
    "RecordType",
    "controlling_values",
    "id18",
    "is_id",
    "parse_describe",
    "valid_for",
]


class DescribeError(ValueError):
    """What came is not the description of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PicklistValue:
    value: str
    label: str
    active: bool = True
    # Base64 bit set: for which values of the controlling field it may be chosen.
    valid_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    id: str
    name: str
    developer_name: str
    active: bool
    available: bool
    default: bool
    master: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """One field, as the connected user may see and write it."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted_on_create: bool = False
    calculated: bool = False
    external_id: bool = False
    id_lookup: bool = False
    unique: bool = False
    filterable: bool = True
    restricted_picklist: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    # The API name of the field that a dependent picklist depends on.
    controller: str | None = None
    reference_to: tuple[str, ...] = ()
    # By which a path leads through the reference: Contact, for ContactId.
    relationship: str = ""
    # Of the field that holds a record's type: those that the user may choose.
    record_types: tuple[RecordType, ...] = ()
    help: str = ""
    html: bool = False
    encrypted: bool = False
    # False: field-level security does not touch it, it is always visible.
    permissionable: bool = True

    @property
    def required_on_create(self) -> bool:
        return self.createable and not self.nillable and not self.defaulted_on_create

    def writable(self, action: str) -> bool:
        """Say whether `create`, `update` or `upsert` may write this field."""
        if action == "create":
            return self.createable
        if action == "update":
            return self.updateable
        return self.createable and self.updateable

    def title(self) -> str:
        """Name the field for a person who knows labels and one who knows names."""
        return self.name if self.label == self.name else f"{self.label} ({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSchema:
    """One object with the fields that the connected user may see."""

    name: str
    label: str
    key_prefix: str = ""
    createable: bool = True
    updateable: bool = True
    queryable: bool = True
    fields: Mapping[str, FieldSchema] = field(default_factory=dict)
    record_types: tuple[RecordType, ...] = ()


def valid_for(value: PicklistValue, index: int) -> bool:
    """Say whether `value` may be chosen beside the controlling value at `index`.

    Bits count from the left; a checkbox controls by 0 (false) and 1 (true).
    """
    try:
        raw = base64.b64decode(value.valid_for)
    except binascii.Error:
        return False
    return index // 8 < len(raw) and bool(raw[index // 8] & (0x80 >> index % 8))


def controlling_values(value: PicklistValue, controller: FieldSchema) -> list[str]:
    """Return the values of the controlling field beside which `value` may stand."""
    choices = (
        ["false", "true"]
        if controller.type == "boolean"
        else [choice.value for choice in controller.picklist]
    )
    return [text for index, text in enumerate(choices) if valid_for(value, index)]


def parse_describe(describe: Mapping[str, Any]) -> ObjectSchema:
    """Return the object of the body of `GET /sobjects/<Object>/describe`."""
    try:
        return _object(describe)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DescribeError(
            _("This is not the description of a Salesforce object: %(error)r.")
            % {"error": error}
        ) from error


def _object(describe: Mapping[str, Any]) -> ObjectSchema:
    fields = [_field(entry) for entry in describe["fields"]]
    types = tuple(
        _record_type(entry) for entry in describe.get("recordTypeInfos") or ()
    )
    return ObjectSchema(
        name=_text(describe["name"]),
        label=describe.get("label") or describe["name"],
        key_prefix=describe.get("keyPrefix") or "",
        createable=bool(describe.get("createable")),
        updateable=bool(describe.get("updateable")),
        queryable=bool(describe.get("queryable")),
        fields={entry.name: _typed(entry, types) for entry in fields},
        record_types=types,
    )


def _typed(field: FieldSchema, types: tuple[RecordType, ...]) -> FieldSchema:
    """Let the field of the record type know which types there are to choose."""
    if field.reference_to != ("RecordType",):
        return field
    usable = (one for one in types if one.active and one.available and not one.master)
    return replace(field, record_types=tuple(usable))


def _field(entry: Mapping[str, Any]) -> FieldSchema:
    return FieldSchema(
        name=_text(entry["name"]),
        label=entry.get("label") or entry["name"],
        type=_text(entry["type"]),
        length=int(entry.get("length") or 0),
        precision=int(entry.get("precision") or 0),
        scale=int(entry.get("scale") or 0),
        digits=int(entry.get("digits") or 0),
        nillable=bool(entry.get("nillable")),
        createable=bool(entry.get("createable")),
        updateable=bool(entry.get("updateable")),
        defaulted_on_create=bool(entry.get("defaultedOnCreate")),
        calculated=bool(entry.get("calculated")),
        external_id=bool(entry.get("externalId")),
        id_lookup=bool(entry.get("idLookup")),
        unique=bool(entry.get("unique")),
        filterable=bool(entry.get("filterable", True)),
        restricted_picklist=bool(entry.get("restrictedPicklist")),
        picklist=tuple(_choice(value) for value in entry.get("picklistValues") or ()),
        controller=entry.get("controllerName") or None,
        reference_to=tuple(entry.get("referenceTo") or ()),
        relationship=entry.get("relationshipName") or "",
        help=entry.get("inlineHelpText") or "",
        html=bool(entry.get("htmlFormatted")),
        encrypted=bool(entry.get("encrypted")) or entry["type"] == "encryptedstring",
        permissionable=bool(entry.get("permissionable", True)),
    )


def _choice(entry: Mapping[str, Any]) -> PicklistValue:
    return PicklistValue(
        value=_text(entry["value"]),
        label=entry.get("label") or entry["value"],
        active=bool(entry.get("active", True)),
        valid_for=entry.get("validFor") or "",
    )


def _record_type(entry: Mapping[str, Any]) -> RecordType:
    return RecordType(
        id=id18(entry["recordTypeId"]),
        name=_text(entry["name"]),
        developer_name=entry.get("developerName") or "",
        active=bool(entry.get("active")),
        available=bool(entry.get("available")),
        default=bool(entry.get("defaultRecordTypeMapping")),
        master=bool(entry.get("master")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(_("a name is missing: %(value)r") % {"value": value})
    return value
