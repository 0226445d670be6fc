"""Owns how outbound messages and the flows that send them are read: together they
become a rule by which the org tells of records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from crm_mappings.emulator.metadata.reading import Problem, children, text
from crm_mappings.emulator.outbound.rules import OutboundMessageRule, When
from crm_mappings.emulator.schema.catalogue import Catalogue

EXCEPT = re.compile(r'\{!\$User\.Username\}\s*<>\s*"((?:[^"\\]|\\.)*)"')
CHANGED = re.compile(r"ISCHANGED\(\{!\$Record\.(\w+)\}\)")
EQUALS = re.compile(r'TEXT\(\{!\$Record\.(\w+)\}\)\s*=\s*"((?:[^"\\]|\\.)*)"')
EVENTS = {"Create": "created", "Update": "updated", "CreateAndUpdate": "saved"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An outbound message: what is sent, and where to."""

    name: str  # Case.Told
    endpoint: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A record-triggered flow whose one action is an outbound message."""

    name: str
    message: str
    when: When
    except_user: str | None
    active: bool

    def rule(self, message: Message) -> OutboundMessageRule:
        return OutboundMessageRule(
            name=self.name,
            object=message.name.partition(".")[0],
            fields=message.fields,
            endpoint=message.endpoint,
            when=self.when,
            except_user=self.except_user,
            active=self.active,
        )


def read_message(
    element: etree._Element, name: str, objects: Catalogue, usernames: set[str]
) -> Message:
    object_name = name.partition(".")[0]
    if not objects.has(object_name):
        raise Problem(f"In field: object - no CustomObject named {object_name} found")
    sobject = objects.full(object_name)
    fields = tuple(each.text or "" for each in children(element, "fields"))
    for each in fields:
        if sobject.find(each) is None:
            raise Problem(
                f"In field: fields - no CustomField named {object_name}.{each} found"
            )
    endpoint, user = text(element, "endpointUrl"), text(element, "integrationUser")
    if not endpoint.startswith(("https://", "http://127.0.0.1")):
        raise Problem("Endpoint URL must be a valid https address")
    if user not in usernames:
        raise Problem(f"In field: integrationUser - no User named {user} found")
    return Message(name=name, endpoint=endpoint, fields=fields)


def read_flow(
    element: etree._Element,
    name: str,
    objects: Catalogue,
    messages: Mapping[str, Message],
) -> Flow:
    start = next(children(element, "start"), None)
    if start is None:
        raise Problem("The flow has no start element")
    object_name, kind = text(start, "object"), text(start, "recordTriggerType")
    if not objects.has(object_name):
        raise Problem(f"The object {object_name} of the start element does not exist")
    if kind not in EVENTS:
        raise Problem(f"'{kind}' is not a valid value for the enum 'RecordTriggerType'")
    formula = text(start, "filterFormula")
    if kind == "Create" and "ISCHANGED" in formula:
        raise Problem("The ISCHANGED function is not allowed when a record is created")
    for field in set(re.findall(r"\{!\$Record\.(\w+)\}", formula)):
        if objects.full(object_name).find(field) is None:
            raise Problem(
                f"The formula expression is invalid: Field {field} does not exist"
            )
    message = text(next(children(element, "actionCalls"), start), "actionName")
    if message not in messages:
        raise Problem(f"The action {message} of type outboundMessage does not exist")
    return Flow(
        name=name,
        message=message,
        when=_when(formula, EVENTS[kind]),
        except_user=_unquoted(EXCEPT.search(formula)),
        active=text(element, "status") == "Active",
    )


def _when(formula: str, event: str) -> When:
    """What a formula says beyond this is let through, as the listener decides anyway."""
    changed = tuple(CHANGED.findall(formula))
    wanted = dict(EQUALS.findall(formula))
    becomes = wanted.get(changed[0]) if len(changed) == 1 and len(wanted) == 1 else None
    return When(event=event, fields=changed, becomes=becomes)


def _unquoted(found: re.Match[str] | None) -> str | None:
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else None
