"""Owns how the XML of a custom field becomes a field, or why it cannot."""

import re
from dataclasses import replace
from typing import Any

from lxml import etree

from crm_mappings.emulator.metadata.reading import Problem, children, flag, has, text
from crm_mappings.emulator.metadata.reading import whole as number_of
from crm_mappings.emulator.schema import fields
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject

NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")
LONGEST_NAME = 40 + len("__c")
LONGEST_LABEL = 40
LONGEST_VALUE = 255
KEYS = {"Text", "Number", "Email"}
NEVER_LOOKED_UP = {"Task", "Event", "CampaignMember", "PermissionSet"}
# What each type cannot do without.
NEEDED = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Number": ("precision", "scale"),
    "Checkbox": ("defaultValue",),
    "Picklist": ("valueSet",),
    "MultiselectPicklist": ("valueSet", "visibleLines"),
    "Lookup": ("referenceTo", "relationshipName"),
    **dict.fromkeys(("DateTime", "Date", "Url", "Email", "Phone"), ()),
}


def read_field(element: etree._Element, sobject: SObject, objects: Catalogue) -> Field:
    """The field as the org will describe it; raises ``Problem``."""
    name, kind = text(element, "fullName"), text(element, "type")
    _check_name(name)
    _check_shape(element, kind)
    label = text(element, "label")
    if not label:
        raise Problem("Must specify a non-empty label for the CustomField")
    if len(label) > LONGEST_LABEL:
        raise Problem(f"Label: data value too large: {label} (max length=40)")
    made: Field = MAKERS[kind](element, name, label, sobject, objects)
    standing = sobject.find(name)
    if standing is not None:
        _check_change(standing, made)
    return made


def _check_name(name: str) -> None:
    if not name.endswith("__c"):
        raise Problem("fullName must end with: __c")
    if not NAME.match(name):
        raise Problem(
            "The Field Name can only contain alphanumeric characters, must begin "
            "with a letter, cannot end with an underscore or contain two "
            "consecutive underscore characters"
        )
    if len(name) > LONGEST_NAME:
        raise Problem(f"Field Name: data value too large: {name} (max length=40)")


def _check_shape(element: etree._Element, kind: str) -> None:
    if kind not in NEEDED:
        raise Problem(f"'{kind}' is not a valid value for the enum 'FieldType'")
    for part in NEEDED[kind]:
        if not has(element, part):
            raise Problem(f"Must specify '{part}' for a CustomField of type {kind}")
    if kind == "Checkbox" and has(element, "required"):
        raise _cannot("required", kind)
    for part in ("externalId", "unique"):
        if flag(element, part) and kind not in KEYS:
            raise _cannot(part, kind)


def _cannot(part: str, kind: str) -> Problem:
    return Problem(f"Can not specify '{part}' for a CustomField of type {kind}")


def _check_change(before: Field, after: Field) -> None:
    if before.type != after.type or before.long != after.long:
        shown = f"from {before.type} to {after.type}"
        raise Problem(f"Cannot change field type {shown} via the API")
    if before.refers != after.refers:
        raise Problem("Cannot update referenceTo for an existing Lookup field")


def _more(element: etree._Element) -> dict[str, Any]:
    required = flag(element, "required")
    key = flag(element, "externalId")
    return {
        "nillable": not required,
        "permissionable": not required,
        "external_id": key,
        "unique": flag(element, "unique"),
        "id_lookup": key,
        "case_sensitive": flag(element, "caseSensitive"),
    }


def _text(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
    length = _between(element, "length", 1, 255)
    return fields.text(name, label, length, **_more(element))


def _long_text(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
    length = _between(element, "length", 256, 131_072)
    _between(element, "visibleLines", 2, 50)
    return fields.area(name, label, length)


def _number(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
    precision = _between(element, "precision", 1, 18)
    scale = _between(element, "scale", 0, 17)
    if scale > precision:
        raise Problem("Precision must be greater than or equal to scale")
    return fields.number(name, label, precision, scale, **_more(element))


def _checkbox(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
    return fields.check(name, label, default=flag(element, "defaultValue"))


def _choice(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
    """What a package leaves out of a picklist, the picklist no longer has."""
    values, labels, restricted = _value_set(element)
    if text(element, "type") == "MultiselectPicklist":
        _between(element, "visibleLines", 3, 10)
        made = fields.picks(name, label, "", restricted=restricted)
    else:
        made = fields.pick(name, label, "", restricted=restricted)
    return replace(made, values=values, labels=labels)


def _value_set(
    element: etree._Element,
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    value_set = next(children(element, "valueSet"))
    definition = next(children(value_set, "valueSetDefinition"), None)
    if definition is None:
        raise Problem("Must specify a valueSetDefinition or a valueSetName")
    found: dict[str, str] = {}
    for each in children(definition, "value"):
        name, label = text(each, "fullName"), text(each, "label")
        if not name or not label:
            raise Problem("Required field is missing: label")
        if len(label) > LONGEST_VALUE or len(name) > LONGEST_VALUE:
            raise Problem(f"Picklist value: data value too large: {label[:50]}")
        if name.lower() in {known.lower() for known in found}:
            raise Problem(f"Duplicate value in picklist: {name}")
        if text(each, "isActive", "true") != "false":
            found[name] = label
    return tuple(found), tuple(found.values()), flag(value_set, "restricted")


def _plain(maker: Any) -> Any:
    def make(element: etree._Element, name: str, label: str, *_rest: object) -> Field:
        required = flag(element, "required")
        more = {"nillable": not required, "permissionable": not required}
        made: Field = maker(name, label, **more)
        return made

    return make


def _lookup(
    element: etree._Element,
    name: str,
    label: str,
    sobject: SObject,
    objects: Catalogue,
) -> Field:
    target = text(element, "referenceTo")
    known = objects.has(target)
    if not known or target in NEVER_LOOKED_UP:
        raise Problem(
            f"referenceTo value of '{target}' does not resolve to a valid sObject type"
        )
    relationship = f"{text(element, 'relationshipName')}__r"
    for child, field in objects.children(target):
        taken = (field.child_relationship or "").lower() == relationship.lower()
        if taken and (child.name, field.name) != (sobject.name, name):
            shown = relationship.removesuffix("__r")
            raise Problem(
                f"There is already a Child Relationship named {shown} on {target}."
            )
    return fields.link(name, label, target, child_relationship=relationship)


def _between(element: etree._Element, name: str, low: int, high: int) -> int:
    given = number_of(element, name)
    if given is None or not low <= given <= high:
        raise Problem(f"Value for {name} must be between {low} and {high}")
    return given


MAKERS: dict[str, Any] = {
    "Text": _text,
    "LongTextArea": _long_text,
    "Number": _number,
    "Checkbox": _checkbox,
    "Picklist": _choice,
    "MultiselectPicklist": _choice,
    "DateTime": _plain(fields.moment),
    "Date": _plain(fields.day),
    "Url": _plain(fields.url),
    "Email": _plain(fields.email),
    "Phone": _plain(fields.phone),
    "Lookup": _lookup,
}
