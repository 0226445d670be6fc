"""Owns how the XML of a permission set is read, and what of the deployed objects and
fields the integration user may see by those that are assigned."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from crm_mappings.emulator.metadata.reading import Problem, children, flag, text
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.schema.setup import PERMISSIONS

if TYPE_CHECKING:
    from crm_mappings.emulator.org import Org

ALL_DATA = ("PermissionsModifyAllData", "PermissionsViewAllData")
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


@dataclass(slots=True, kw_only=True)
class Access:
    """What deploys have brought, and who may see what of it."""

    sets: dict[str, PermissionSet] = field(default_factory=dict)  # by row id
    objects: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)

    def settle(self, org: "Org") -> None:
        """Show the integration user what its permission sets allow, and no more."""
        held = [self.sets[each] for each in _assigned(org) if each in self.sets]
        now = org.clock.now().replace(microsecond=0)
        for name in {each.partition(".")[0] for each in self.fields} | self.objects:
            seen = self._seen(org, org.catalogue.full(name), held)
            if seen is None:
                org.catalogue.conceal(name, now=now)
            else:
                org.catalogue.show(seen, now=now)

    def _seen(
        self, org: "Org", full: SObject, held: list[PermissionSet]
    ) -> SObject | None:
        given = [each.objects[full.name] for each in held if full.name in each.objects]
        standing = org.catalogue.find(full.name)
        if full.name in self.objects:
            whole = _all_data(org)
            if not given and not whole:
                return None
            standing = replace(
                full,
                createable=whole or any(each.create for each in given),
                updateable=whole or any(each.edit for each in given),
            )
        if standing is None:
            return None
        editable: dict[str, bool] = {}
        for each in held:
            for name, edit in each.fields.items():
                editable[name] = editable.get(name, False) or edit
        return replace(standing, fields=tuple(self._fields(full, standing, editable)))

    def _fields(
        self, full: SObject, standing: SObject, editable: dict[str, bool]
    ) -> Any:
        yield from (
            each
            for each in standing.fields
            if f"{full.name}.{each.name}" not in self.fields
        )
        for each in full.fields:
            name = f"{full.name}.{each.name}"
            if name not in self.fields:
                continue
            if not each.permissionable or editable.get(name):
                yield each
            elif name in editable:
                yield replace(each, createable=False, updateable=False)


def _assigned(org: "Org") -> list[str]:
    rows = org.rows.table("PermissionSetAssignment").live()
    mine = [each for each in rows if each["AssigneeId"] == org.integration_id]
    return [str(each["PermissionSetId"]) for each in mine]


def _all_data(org: "Org") -> bool:
    sets = org.rows.table("PermissionSet").rows
    held = [sets[each] for each in _assigned(org) if each in sets]
    return any(row.get(name) for row in held for name in ALL_DATA)
