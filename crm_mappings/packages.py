"""Owns the package that makes Salesforce tell us: an outbound message and its flow.

Pure: the same wish gives the same bytes. It is deployed by hand, from the zip or the
folder, with any tool that speaks the Metadata API.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from surveys.conditions import All, Any_, Comparison, Condition, Not, Op
from surveys.conditions.values import truth
from surveys.wording import gettext as _

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
OBJECT = re.compile(r"[A-Za-z]\w{0,79}\Z", re.ASCII)
FIELD = re.compile(r"[A-Za-z]\w{0,79}(?:\.[A-Za-z]\w{0,79}){0,4}\Z", re.ASCII)
LONGEST_NAME = 60
# What our side reads of every message, whatever the trigger needs.
ALWAYS = ("Id", "CreatedDate", "LastModifiedById", "LastModifiedDate")
COMMAND = "sf project deploy start --source-dir force-app"
STAMP = (2020, 1, 1, 0, 0, 0)


class PackageError(ValueError):
    """What is wished for cannot be packed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the org shall tell: of which object, when, which fields, and where to."""

    name: str
    object: str
    endpoint: str
    username: str  # the integration user, whose own changes are left out
    fields: Sequence[str]
    condition: Condition | None = None
    types: Mapping[str, str] = field(default_factory=dict)  # field -> describe type
    when: str = "matches"  # matches, created or becomes
    version: str = "66.0"


def files(wish: Wish) -> dict[str, str]:
    """Return path -> text, in the order of the zip."""
    _check(wish)
    return {
        "package.xml": _package(wish),
        f"workflows/{wish.object}.workflow": _workflow(wish),
        f"flows/{wish.name}.flow": _flow(wish),
    }


def source_files(wish: Wish) -> dict[str, str]:
    """The same as a project folder of the Salesforce CLI, for git and for review."""
    base = "force-app/main/default"
    found = files(wish)
    project = {
        "packageDirectories": [{"path": "force-app", "default": True}],
        "sourceApiVersion": wish.version,
    }
    return {
        "sfdx-project.json": json.dumps(project, indent=2) + "\n",
        "README.md": _("Deploy it by: %(command)s") % {"command": COMMAND} + "\n",
        **{
            f"{base}/{path}-meta.xml": text
            for path, text in found.items()
            if path != "package.xml"
        },
    }


def zipped(wish: Wish) -> bytes:
    """Return the package as a zip without a top folder, as the Metadata API takes it."""
    return _zip(files(wish))


def zipped_source(wish: Wish) -> bytes:
    """Return the project folder as a zip."""
    return _zip(
        {f"{wish.name}/{path}": text for path, text in source_files(wish).items()}
    )


def _zip(texts: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in texts.items():
            archive.writestr(zipfile.ZipInfo(path, STAMP), text)
    return out.getvalue()


def steps(wish: Wish) -> list[tuple[str, str]]:
    """Return what a person does in Setup by hand: what to do, with the exact value."""
    _check(wish)
    sent = ", ".join(_message_fields(wish))
    return [
        (
            _("Setup → Outbound Messages → New Outbound Message: the object"),
            wish.object,
        ),
        (_("Name"), wish.name),
        (_("Endpoint URL"), wish.endpoint),
        (_("User to send as"), wish.username),
        (_("Send Session ID"), _("leave it off")),
        (_("Fields to send"), sent),
        (
            _("Setup → Flows → New Flow → Record-Triggered Flow: the object"),
            wish.object,
        ),
        (_("Trigger the flow when"), _trigger_words(wish)),
        (_("Entry condition: formula"), formula(wish)),
        (_("Action: Outbound Message"), f"{wish.object}.{wish.name}"),
        (_("Save and activate the flow, named"), wish.name),
    ]


def formula(wish: Wish) -> str:
    """Return the entry condition: never for our own user, and only what may matter.

    It may let too much through (what a formula cannot say is decided here again), and
    never too little.
    """
    guard = f'{{!$User.Username}} <> "{_quoted(wish.username)}"'
    rule = _formula(wish.condition, wish.types) if wish.condition else ""
    changed = _changed(wish) if wish.when == "becomes" else ""
    parts = [part for part in (guard, changed, rule) if part]
    return parts[0] if len(parts) == 1 else f"AND({', '.join(parts)})"


def _check(wish: Wish) -> None:
    if not NAME.match(wish.name) or len(wish.name) > LONGEST_NAME:
        raise PackageError(
            _(
                "“%(name)s” is no developer name: letters, digits and single underscores."
            )
            % {"name": wish.name[:80]}
        )
    if not OBJECT.match(wish.object):
        raise PackageError(_("“%(name)s” is no object.") % {"name": wish.object[:80]})
    for name in wish.fields:
        if not FIELD.match(name):
            raise PackageError(_("“%(name)s” is no field.") % {"name": name[:80]})
    if not wish.endpoint.startswith("https://"):
        raise PackageError(
            _("Salesforce sends to https addresses only; set BASE_URL to one.")
        )
    if not wish.username:
        raise PackageError(_("Connect first: the user to send as is not known."))


def _message_fields(wish: Wish) -> list[str]:
    """A message holds fields of the record alone; those of others are read by us."""
    own = {name for name in wish.fields if "." not in name}
    return [*ALWAYS, *sorted(own - set(ALWAYS))]


def _package(wish: Wish) -> str:
    return (
        f'{HEAD}<Package xmlns="{NAMESPACE}">\n'
        f"    <types><members>{wish.object}.{wish.name}</members>"
        "<name>WorkflowOutboundMessage</name></types>\n"
        f"    <types><members>{wish.name}</members><name>Flow</name></types>\n"
        f"    <version>{escape(wish.version)}</version>\n"
        "</Package>\n"
    )


def _workflow(wish: Wish) -> str:
    fields = "".join(
        f"        <fields>{escape(name)}</fields>\n" for name in _message_fields(wish)
    )
    return (
        f'{HEAD}<Workflow xmlns="{NAMESPACE}">\n'
        "    <outboundMessages>\n"
        f"        <fullName>{wish.name}</fullName>\n"
        f"        <apiVersion>{escape(wish.version)}</apiVersion>\n"
        "        <description>Tells Tellback. Made by it; do not edit.</description>\n"
        f"        <endpointUrl>{escape(wish.endpoint)}</endpointUrl>\n"
        f"{fields}"
        "        <includeSessionId>false</includeSessionId>\n"
        f"        <integrationUser>{escape(wish.username)}</integrationUser>\n"
        f"        <name>{wish.name}</name>\n"
        "        <protected>false</protected>\n"
        "        <useDeadLetterQueue>false</useDeadLetterQueue>\n"
        "    </outboundMessages>\n"
        "</Workflow>\n"
    )


def _flow(wish: Wish) -> str:
    kind = "Create" if wish.when == "created" else "CreateAndUpdate"
    action = f"{wish.object}.{wish.name}"
    return (
        f'{HEAD}<Flow xmlns="{NAMESPACE}">\n'
        "    <actionCalls>\n"
        "        <name>Send_Outbound_Message</name>\n"
        "        <label>Send Outbound Message</label>\n"
        "        <locationX>176</locationX>\n"
        "        <locationY>287</locationY>\n"
        f"        <actionName>{action}</actionName>\n"
        "        <actionType>outboundMessage</actionType>\n"
        "        <flowTransactionModel>CurrentTransaction</flowTransactionModel>\n"
        f"        <nameSegment>{action}</nameSegment>\n"
        "    </actionCalls>\n"
        f"    <apiVersion>{escape(wish.version)}</apiVersion>\n"
        "    <environments>Default</environments>\n"
        f"    <interviewLabel>{wish.name} {{!$Flow.CurrentDateTime}}</interviewLabel>\n"
        f"    <label>{wish.name}</label>\n"
        "    <processType>AutoLaunchedFlow</processType>\n"
        "    <start>\n"
        "        <locationX>50</locationX>\n"
        "        <locationY>0</locationY>\n"
        "        <connector><targetReference>Send_Outbound_Message</targetReference>"
        "</connector>\n"
        f"        <filterFormula>{escape(formula(wish))}</filterFormula>\n"
        f"        <object>{wish.object}</object>\n"
        f"        <recordTriggerType>{kind}</recordTriggerType>\n"
        "        <triggerType>RecordAfterSave</triggerType>\n"
        "    </start>\n"
        "    <status>Active</status>\n"
        "</Flow>\n"
    )


def _trigger_words(wish: Wish) -> str:
    if wish.when == "created":
        return _("A record is created")
    return _("A record is created or updated")


def _changed(wish: Wish) -> str:
    """Something that the condition reads has changed; a new record always has."""
    names = sorted(name for name in _read(wish.condition) if "." not in name)
    if not names:
        return ""
    changed = [f"ISCHANGED({{!$Record.{name}}})" for name in names]
    return f"OR(ISNEW(), {', '.join(changed)})"


def _read(condition: Condition | None) -> set[str]:
    match condition:
        case All(parts=parts) | Any_(parts=parts):
            return {name for part in parts for name in _read(part)}
        case Not(part=part):
            return _read(part)
        case Comparison(source="field", name=name):
            return {name}
    return set()


def _formula(condition: Condition, types: Mapping[str, str]) -> str:
    """Say the condition as a formula; blank where a formula cannot say it."""
    match condition:
        case All(parts=parts):
            said = [text for part in parts if (text := _formula(part, types))]
            return f"AND({', '.join(said)})" if len(said) > 1 else "".join(said)
        case Any_(parts=parts):
            # One part that cannot be said lets everything through.
            every = [_formula(part, types) for part in parts]
            return f"OR({', '.join(every)})" if all(every) and every else ""
        case Comparison(source="field"):
            return _comparison(condition, types.get(condition.name, ""))
    return ""  # the opposite of something said too widely would be too narrow


def _comparison(one: Comparison, kind: str) -> str:
    """Picklists and checkboxes mean the same there; other texts may differ in case."""
    read = f"{{!$Record.{one.name}}}"
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    if kind == "boolean" and one.op is Op.EQ and truth(one.value) is not None:
        return f"{read} = {'TRUE' if truth(one.value) else 'FALSE'}"
    if kind != "picklist" or one.op not in {Op.EQ, Op.IN}:
        return ""
    said = [f'TEXT({read}) = "{_quoted(str(value))}"' for value in values]
    return said[0] if len(said) == 1 else f"OR({', '.join(said)})"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def developer_name(deployment_key: str, object_name: str) -> str:
    """Return a name that Salesforce takes, and that tells whose it is."""
    words = re.findall(r"[A-Za-z0-9]+", f"Tellback {deployment_key} {object_name}")
    return "_".join(words)[:LONGEST_NAME].rstrip("_")
