"""Owns the components of a package: which there are, what each brings, and the
message that the org gives of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from crm_mappings.emulator.metadata.custom_fields import NAME as FIELD_NAME
from crm_mappings.emulator.metadata.custom_fields import read_field
from crm_mappings.emulator.metadata.messages import (
    Flow,
    Message,
    read_flow,
    read_message,
)
from crm_mappings.emulator.metadata.permission_sets import (
    PermissionSet,
    read_permission_set,
)
from crm_mappings.emulator.metadata.reading import (
    Package,
    Problem,
    children,
    has,
    parse,
    text,
)
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import (
    Field,
    audit,
    deletion,
    identity,
    owner,
)
from crm_mappings.emulator.schema.fields import (
    text as text_field,
)
from crm_mappings.emulator.schema.objects import SObject

ORDER = (
    *("CustomObject", "CustomField", "PermissionSet"),
    *("WorkflowOutboundMessage", "Flow"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The org as it would be with the components that came before."""

    objects: Catalogue
    sets: dict[str, PermissionSet]
    messages: dict[str, Message]
    usernames: set[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    kind: str
    full_name: str
    file: str
    element: etree._Element | None = None
    problem: str = ""

    @property
    def object_name(self) -> str:
        return self.full_name.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a component."""

    component: Component
    problem: str = ""
    created: bool = False
    changed: bool = False
    made: SObject | Field | PermissionSet | Message | Flow | None = None

    def as_json(self, number: int) -> dict[str, Any]:
        """A DeployMessage."""
        failed = bool(self.problem)
        return {
            "changed": self.changed and not failed,
            "columnNumber": 13 if failed else -1,
            "componentType": self.component.kind,
            "created": self.created and not failed,
            "createdDate": None,
            "deleted": False,
            "fileName": self.component.file,
            "fullName": self.component.full_name,
            "id": None,
            "lineNumber": 3 + number if failed else 0,
            "problem": self.problem or None,
            "problemType": "Error" if failed else None,
            "requiresProductionTestRun": False,
            "success": not failed,
            "warning": False,
        }


def components(package: Package) -> list[Component]:
    """Every component that the package names, in the order of their dependence."""
    found = [*_in_files(package), *_missing(package)]
    known = [each for each in found if each.kind in ORDER]
    others = [each for each in found if each.kind not in ORDER]
    return [*others, *sorted(known, key=lambda each: ORDER.index(each.kind))]


def _in_files(package: Package) -> Iterator[Component]:
    for path, body in sorted(package.files.items()):
        folder, name = PurePosixPath(path).parts[0], PurePosixPath(path).stem
        if folder == "objects":
            yield from _object_file(package, path, name, body)
        elif folder == "permissionsets":
            yield _one(package, "PermissionSet", name, path, body)
        elif folder == "flows":
            yield _one(package, "Flow", name, path, body)
        elif folder == "workflows":
            yield from _workflow_file(package, path, name, body)


def _one(package: Package, kind: str, name: str, path: str, body: bytes) -> Component:
    part = Component(kind=kind, full_name=name, file=path)
    if not package.names(kind, name):
        return replace(part, problem="Not in package.xml")
    try:
        return replace(part, element=parse(body, kind))
    except Problem as problem:
        return replace(part, problem=problem.text)


def _object_file(
    package: Package, path: str, name: str, body: bytes
) -> Iterator[Component]:
    """A file of an object holds its fields; naming only these leaves it alone."""
    try:
        root = parse(body, "CustomObject")
    except Problem as problem:
        yield Component(
            kind="CustomObject", full_name=name, file=path, problem=problem.text
        )
        return
    if package.names("CustomObject", name):
        yield Component(kind="CustomObject", full_name=name, file=path, element=root)
    for each in children(root, "fields"):
        full_name = f"{name}.{text(each, 'fullName')}"
        own = package.names("CustomObject", name)
        listed = own or package.names("CustomField", full_name)
        yield Component(
            kind="CustomField",
            full_name=full_name,
            file=path,
            element=each,
            problem="" if listed else "Not in package.xml",
        )


def _workflow_file(
    package: Package, path: str, name: str, body: bytes
) -> Iterator[Component]:
    kind = "WorkflowOutboundMessage"
    try:
        root = parse(body, "Workflow")
    except Problem as problem:
        yield Component(kind=kind, full_name=name, file=path, problem=problem.text)
        return
    for each in children(root, "outboundMessages"):
        full_name = f"{name}.{text(each, 'fullName')}"
        listed = package.names(kind, full_name)
        yield Component(
            kind=kind,
            full_name=full_name,
            file=path,
            element=each,
            problem="" if listed else "Not in package.xml",
        )


def _missing(package: Package) -> Iterator[Component]:
    there = {(each.kind, each.full_name) for each in _in_files(package)}
    for kind, names in package.members.items():
        for name in names:
            if (kind, name) in there or name == "*":
                continue
            problem = (
                f"An object '{name}' of type {kind} was named in package.xml, but was "
                "not found in zipped directory"
            )
            if kind not in ORDER:
                problem = f"Unknown type name '{kind}' specified in package.xml"
            yield Component(
                kind=kind, full_name=name, file="package.xml", problem=problem
            )


def judge(part: Component, trial: Trial) -> Outcome:
    """What the org makes of a component, with the others as they are by now."""
    if part.problem or part.element is None:
        return Outcome(component=part, problem=part.problem)
    try:
        return JUDGES[part.kind](part, part.element, trial)
    except Problem as problem:
        return Outcome(component=part, problem=problem.text)


def _permission_set(part: Component, element: etree._Element, trial: Trial) -> Outcome:
    made = read_permission_set(element, part.full_name, trial.objects)
    before = trial.sets.get(part.full_name)
    return Outcome(
        component=part, made=made, created=before is None, changed=before != made
    )


def _message(part: Component, element: etree._Element, trial: Trial) -> Outcome:
    made = read_message(element, part.full_name, trial.objects, trial.usernames)
    before = trial.messages.get(part.full_name)
    trial.messages[part.full_name] = made
    return Outcome(
        component=part, made=made, created=before is None, changed=before != made
    )


def _flow(part: Component, element: etree._Element, trial: Trial) -> Outcome:
    """Each deploy of a flow makes another version of it."""
    made = read_flow(element, part.full_name, trial.objects, trial.messages)
    return Outcome(component=part, made=made, created=True, changed=True)


def _object(part: Component, element: etree._Element, trial: Trial) -> Outcome:
    name, objects = part.full_name, trial.objects
    if objects.has(name):
        return Outcome(component=part, made=objects.full(name))
    if not FIELD_NAME.match(name):
        raise Problem(f"Entity {name}: fullName must end with: __c")
    label, plural = text(element, "label"), text(element, "pluralLabel")
    if not label:
        raise Problem("Must specify a non-empty label for the CustomObject")
    if not plural:
        raise Problem("Must specify a non-empty pluralLabel for the CustomObject")
    for needed in ("nameField", "sharingModel", "deploymentStatus"):
        if not has(element, needed):
            raise Problem(f"Must specify {needed} for the CustomObject")
    made = SObject(
        name=name,
        label=label,
        plural=plural,
        prefix="",
        fields=(
            identity("Record"),
            owner("Group,User"),
            deletion(),
            _name_field(next(children(element, "nameField"))),
            *audit(),
        ),
    )
    return Outcome(component=part, made=made, created=True, changed=True)


def _name_field(element: etree._Element) -> Field:
    kind, label = text(element, "type"), text(element, "label")
    if kind not in {"Text", "AutoNumber"} or not label:
        raise Problem("Must specify a nameField of type Text or AutoNumber")
    automatic = kind == "AutoNumber"
    return text_field(
        "Name",
        label,
        80,
        defaulted=True,
        id_lookup=True,
        name_field=True,
        permissionable=False,
        auto_number=automatic,
        createable=not automatic,
        updateable=not automatic,
    )


def _field(part: Component, element: etree._Element, trial: Trial) -> Outcome:
    objects = trial.objects
    if not objects.has(part.object_name):
        raise Problem(
            f"Entity of type 'CustomObject' named '{part.object_name}' cannot be found"
        )
    sobject = objects.full(part.object_name)
    made = read_field(element, sobject, objects)
    before = sobject.find(made.name)
    return Outcome(
        component=part, made=made, created=before is None, changed=before != made
    )


JUDGES: dict[str, Callable[[Component, etree._Element, Trial], Outcome]] = {
    "CustomObject": _object,
    "CustomField": _field,
    "PermissionSet": _permission_set,
    "WorkflowOutboundMessage": _message,
    "Flow": _flow,
}
