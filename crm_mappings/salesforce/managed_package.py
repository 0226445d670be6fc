"""Owns the package of a managed mapping: its object, its fields, and the permission
set that shows them to the connection's user. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from crm_mappings.plan.managed.proposals import (
    RESPONSE,
    FieldPlan,
    ObjectPlan,
    Proposal,
    State,
)
from crm_mappings.plan.managed.wishes import DIGITS
from crm_mappings.salesforce.permission_set import (
    MAKE,
    ObjectRights,
    build,
    flag,
    text,
)
from surveys.wording import gettext as _

PERMISSION_SET: Final = "Tellback_Responses"
KEY_LENGTH: Final = 64
VERSION: Final = "66.0"
LONGEST_HELP: Final = 510
SHOWN_LINES: Final = {"LongTextArea": "4", "MultiselectPicklist": "6"}
# Whoever may see a contact must be able to see its account.
READ_AS_WELL: Final = {"Contact": "Account"}


def files(proposal: Proposal) -> dict[str, str]:
    """Return path → text as the Metadata API takes it."""
    found = {"package.xml": _manifest(proposal)}
    for plan in proposal.objects:
        if plan.new:
            body = MAKE.CustomObject(*_object_parts(plan))
            found[f"objects/{plan.name}.object"] = _written(body)
    path = f"permissionsets/{PERMISSION_SET}.permissionset"
    return {**found, path: _permissions(proposal)}


def source_files(proposal: Proposal) -> dict[str, str]:
    """Return path → text as a project of Salesforce's own tools keeps it."""
    root = "force-app/main/default"
    found = {
        "sfdx-project.json": (
            '{\n  "packageDirectories": [{"path": "force-app", "default": true}],\n'
            f'  "sourceApiVersion": "{VERSION}"\n}}\n'
        ),
        "manifest/package.xml": _manifest(proposal),
    }
    for plan in proposal.objects:
        folder = f"{root}/objects/{plan.name}"
        if not plan.exists:
            body = MAKE.CustomObject(*_head_parts(plan))
            found[f"{folder}/{plan.name}.object-meta.xml"] = _written(body)
        for field in plan.new:
            path = f"{folder}/fields/{field.name}.field-meta.xml"
            found[path] = _written(MAKE.CustomField(*_field_parts(field)))
    path = f"{root}/permissionsets/{PERMISSION_SET}.permissionset-meta.xml"
    return {**found, path: _permissions(proposal)}


def _written(element: etree._Element) -> str:
    raw = etree.tostring(
        element, encoding="UTF-8", xml_declaration=True, pretty_print=True
    )
    return str(raw.decode())


def _manifest(proposal: Proposal) -> str:
    objects = [plan.name for plan in proposal.objects if not plan.exists]
    fields = [
        f"{plan.name}.{field.name}" for plan in proposal.objects for field in plan.new
    ]
    named = {
        "CustomObject": objects,
        "CustomField": fields,
        "PermissionSet": [PERMISSION_SET],
    }
    types = [
        MAKE.types(
            *(text("members", name) for name in sorted(names)), text("name", kind)
        )
        for kind, names in named.items()
        if names
    ]
    return _written(MAKE.Package(*types, text("version", VERSION)))


def _object_parts(plan: ObjectPlan) -> Iterator[etree._Element]:
    """A file that names fields alone leaves the object itself as it is."""
    head = [] if plan.exists else list(_head_parts(plan))
    for field in plan.new:
        yield MAKE.fields(*_field_parts(field))
    yield from head


def _head_parts(plan: ObjectPlan) -> Iterator[etree._Element]:
    yield text("deploymentStatus", "Deployed")
    yield text("description", _("Answers to surveys. Tellback writes these records."))
    yield flag("enableReports", on=True)
    yield flag("enableSearch", on=True)
    yield text("label", plan.label)
    yield MAKE.nameField(text("label", _("Response")), text("type", "Text"))
    yield text("pluralLabel", _("Tellback Responses"))
    yield text("sharingModel", "ReadWrite")


def _field_parts(field: FieldPlan) -> Iterator[etree._Element]:
    """The elements in the order of the schema: the name, then by the alphabet."""
    parts = {
        "description": clean(field.help)[:1000],
        "inlineHelpText": clean(field.help)[:LONGEST_HELP],
        "label": clean(field.label) or field.name,
        "type": field.wish.type,
        **_type_parts(field),
    }
    yield text("fullName", field.name)
    made = [text(name, value) for name, value in parts.items()]
    if field.values:
        made.append(_value_set(field))
    yield from sorted(made, key=lambda one: str(etree.QName(one).localname))


def _type_parts(field: FieldPlan) -> dict[str, str]:
    wish = field.wish
    lines = {"visibleLines": SHOWN_LINES[wish.type]} if wish.type in SHOWN_LINES else {}
    match wish.type:
        case "Text" if wish.key:
            marks = dict.fromkeys(("caseSensitive", "externalId", "unique"), "true")
            return {"length": str(KEY_LENGTH), **marks}
        case "Text" | "LongTextArea":
            return {"length": str(wish.length), **lines}
        case "Number":
            return {"precision": str(DIGITS), "scale": str(wish.scale)}
        case "Checkbox":
            return {"defaultValue": "false"}
        case "Lookup":
            return {
                "deleteConstraint": "SetNull",
                "referenceTo": wish.refers,
                "relationshipName": _relationship(field),
            }
    return lines


def _relationship(field: FieldPlan) -> str:
    """One look-up to each object; a second one is there only where names clash."""
    bare = field.name.removesuffix("__c")
    last = bare.rpartition("_")[2]
    return f"Tellback_Responses_{last}" if last.isdigit() else "Tellback_Responses"


def _value_set(field: FieldPlan) -> etree._Element:
    values = [
        MAKE.value(
            text("fullName", clean(one.value)),
            flag("default", on=False),
            *([] if one.active else [flag("isActive", on=False)]),
            text("label", clean(one.label)[:255] or one.value),
        )
        for one in field.values
    ]
    definition = MAKE.valueSetDefinition(flag("sorted", on=False), *values)
    return MAKE.valueSet(flag("restricted", on=field.restricted), definition)


def _permissions(proposal: Proposal) -> str:
    """All of it, each time: what a permission set leaves out, it takes away."""
    objects = {plan.name: _rights(plan) for plan in proposal.objects}
    for name, needed in READ_AS_WELL.items():
        if name in objects:
            objects.setdefault(needed, ObjectRights())
    body = build(
        label="Tellback Responses",
        description=_("Lets Tellback write the answers to surveys, and no more."),
        objects=objects,
        user_rights=(),
    )
    return body.decode()


def _rights(plan: ObjectPlan) -> ObjectRights:
    names = [*(field.name for field in plan.fields), *plan.others]
    return ObjectRights(
        create=plan.name == RESPONSE, edit=True, fields=dict.fromkeys(names, True)
    )


def clean(words: str) -> str:
    """Return a text without the characters that XML has no way to write."""
    kept = (char for char in words if char >= " " or char in "\n\t")
    return "".join(char for char in kept if not _unwritable(char)).strip()


def _unwritable(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or char in "\ufffe\uffff"


def summary(proposal: Proposal) -> dict[str, int]:
    """Return how much there is, and how much would come."""
    return {state.value: proposal.count(state) for state in State}
