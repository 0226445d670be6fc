"""Owns the permission set that gives an integration user exactly what is used: the
XML of Salesforce's Metadata API. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree
from lxml.builder import ElementMaker

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
MAKE = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRights:
    create: bool = False
    edit: bool = False
    # Field -> may it be written. Only fields that field-level security touches.
    fields: Mapping[str, bool] = field(default_factory=dict)


def build(
    *,
    label: str,
    description: str,
    objects: Mapping[str, ObjectRights],
    user_rights: tuple[str, ...],
) -> bytes:
    """Return the file; its elements stand in the order that Salesforce writes."""
    parts = [text("description", description)]
    for name, rights in sorted(objects.items()):
        parts += [
            _field(f"{name}.{key}", writable=writable)
            for key, writable in sorted(rights.fields.items())
        ]
    parts += [text("hasActivationRequired", "false"), text("label", label[:80])]
    parts += [_object(name, rights) for name, rights in sorted(objects.items())]
    parts += [_user_right(name) for name in sorted(user_rights)]
    return bytes(
        etree.tostring(
            MAKE.PermissionSet(*parts),
            encoding="UTF-8",
            xml_declaration=True,
            pretty_print=True,
        )
    )


def text(name: str, words: str) -> etree._Element:
    return MAKE(name, words)


def flag(name: str, *, on: bool) -> etree._Element:
    return text(name, "true" if on else "false")


def _field(name: str, *, writable: bool) -> etree._Element:
    return MAKE.fieldPermissions(
        flag("editable", on=writable), text("field", name), flag("readable", on=True)
    )


def _object(name: str, rights: ObjectRights) -> etree._Element:
    return MAKE.objectPermissions(
        flag("allowCreate", on=rights.create),
        flag("allowDelete", on=False),
        flag("allowEdit", on=rights.edit),
        flag("allowRead", on=True),
        flag("modifyAllRecords", on=False),
        text("object", name),
        flag("viewAllRecords", on=False),
    )


def _user_right(name: str) -> etree._Element:
    return MAKE.userPermissions(flag("enabled", on=True), text("name", name))
