"""Owns what a permission set allows, and how its XML is read."""

from dataclasses import dataclass, field

from lxml import etree

from crm_mappings.emulator.metadata.reading import Problem, children, flag, text
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.setup import PERMISSIONS

# Whoever may see the one must be able to see the other.
DEPENDS = {"Contact": "Account", "Opportunity": "Account", "Contract": "Account"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAccess:
    create: bool
    edit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    name: str
    label: str
    # Field ("Contact.X__c") → may it be edited; object → what is allowed.
    fields: dict[str, bool] = field(default_factory=dict)
    objects: dict[str, ObjectAccess] = field(default_factory=dict)
    rights: tuple[str, ...] = ()


def read_permission_set(
    element: etree._Element, name: str, objects: Catalogue
) -> PermissionSet:
    label = text(element, "label")
    if not label:
        raise Problem("Required field is missing: label")
    return PermissionSet(
        name=name,
        label=label,
        fields=_fields(element, objects),
        objects=_objects(element, objects),
        rights=_rights(element),
    )


def _fields(element: etree._Element, objects: Catalogue) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for each in children(element, "fieldPermissions"):
        named = text(each, "field")
        object_name, _, field_name = named.partition(".")
        sobject = objects.full(object_name) if objects.has(object_name) else None
        known = sobject.find(field_name) if sobject else None
        if sobject is None or known is None:
            raise Problem(f"In field: field - no CustomField named {named} found")
        if not known.nillable and not known.defaulted:
            raise Problem(f"You cannot deploy to a required field: {named}")
        if flag(each, "readable") or flag(each, "editable"):
            found[f"{sobject.name}.{known.name}"] = flag(each, "editable")
    return found


def _objects(element: etree._Element, objects: Catalogue) -> dict[str, ObjectAccess]:
    found: dict[str, ObjectAccess] = {}
    for each in children(element, "objectPermissions"):
        name = text(each, "object")
        if not objects.has(name):
            raise Problem(f"In field: object - no CustomObject named {name} found")
        create, edit = flag(each, "allowCreate"), flag(each, "allowEdit")
        if not flag(each, "allowRead"):
            if create or edit:
                verb = "Edit" if edit else "Create"
                raise Problem(
                    f"Permission {verb} {name} depends on permission(s): Read {name}"
                )
            continue
        found[objects.full(name).name] = ObjectAccess(create=create, edit=edit)
    for name, needed in DEPENDS.items():
        if name in found and needed not in found:
            raise Problem(
                f"Permission Read {name} depends on permission(s): Read {needed}"
            )
    return found


def _rights(element: etree._Element) -> tuple[str, ...]:
    names = []
    for each in children(element, "userPermissions"):
        name = text(each, "name")
        if name not in PERMISSIONS:
            raise Problem(f"Unknown user permission: {name}")
        if flag(each, "enabled"):
            names.append(name)
    return tuple(names)
