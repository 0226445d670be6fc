"""Owns the reading of outbound messages: bytes of anybody's to notifications.

Pure. Any bytes give an `OutboundMessage` or a `MessageRefused`, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from surveys.hardened_xml import has_document_type, read_root
from surveys.wording import gettext as _

LARGEST = 1024 * 1024
MOST_NOTIFICATIONS = 100
DEEPEST = 12
_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_OBJECT = re.compile(r"[A-Za-z]\w{0,99}", re.ASCII)
_ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<soapenv:Envelope "
    'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    "<soapenv:Body>"
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<Ack>{answer}</Ack>"
    "</notificationsResponse>"
    "</soapenv:Body>"
    "</soapenv:Envelope>"
)


class MessageRefused(Exception):
    """Bytes that are not an outbound message; says which part of it is not."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One record as it was when Salesforce sent it. Blank fields are left out."""

    id: str
    object: str
    record_id: str
    fields: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    organization_id: str
    action_id: str
    notifications: tuple[Notification, ...]


def parse(body: bytes) -> OutboundMessage:
    """Read the body of a POST, or raise `MessageRefused`."""
    message = _only(_only(_envelope(body), f"{_SOAP}Body"), f"{_OUTBOUND}notifications")
    found = message.findall(f"{_OUTBOUND}Notification")
    if not 0 < len(found) <= MOST_NOTIFICATIONS:
        raise MessageRefused(_("A message holds 1 to 100 notifications."))
    return OutboundMessage(
        organization_id=_id(message, f"{_OUTBOUND}OrganizationId"),
        action_id=_id(message, f"{_OUTBOUND}ActionId"),
        notifications=tuple(_notifications(found)),
    )


def ack(answer: bool) -> bytes:
    """Return the one answer that Salesforce takes for all of a message."""
    return _ACK.format(answer="true" if answer else "false").encode()


def _envelope(body: bytes) -> Any:
    if len(body) > LARGEST:
        raise MessageRefused(_("The message is larger than 1 MB."))
    if b"\x00" in body or body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise MessageRefused(_("The message is not UTF-8."))
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", body, re.IGNORECASE):
        raise MessageRefused(_("The message holds a document type definition."))
    root = _tree(body)
    if root.tag != f"{_SOAP}Envelope":
        raise MessageRefused(_("The message is not a SOAP 1.1 envelope."))
    _check_depth(root)
    return root


def _tree(body: bytes) -> Any:
    # The encoding is ours, not the document's: nothing hides behind another one.
    try:
        root = read_root(body, encoding="utf-8")
    except (etree.LxmlError, ValueError, LookupError):
        raise MessageRefused(_("The message is not well-formed XML.")) from None
    if has_document_type(root):
        raise MessageRefused(_("The message holds a document type definition."))
    return root


def _check_depth(root: Any) -> None:
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise MessageRefused(_("The message is nested too deeply."))


def _only(parent: Any, tag: str) -> Any:
    found = parent.findall(tag)
    if len(found) != 1:
        name = etree.QName(tag).localname
        raise MessageRefused(_("The message must hold one %(name)s.") % {"name": name})
    return found[0]


def _text(element: Any) -> str | None:
    if element.get(f"{_XSI}nil") in {"true", "1"}:
        return None
    return element.text or ""


def _id(parent: Any, tag: str) -> str:
    text = (_text(_only(parent, tag)) or "").strip()
    if not _ID.fullmatch(text):
        name = etree.QName(tag).localname
        raise MessageRefused(
            _("%(name)s is not an id of Salesforce's.") % {"name": name}
        )
    return text


def _notifications(elements: list[Any]) -> Iterator[Notification]:
    for element in elements:
        notification_id = _id(element, f"{_OUTBOUND}Id")
        record = element.find(f"{_OUTBOUND}sObject")
        # A record that was deleted meanwhile is announced without its data.
        if record is not None and len(record):
            yield _notification(notification_id, record)


def _notification(notification_id: str, record: Any) -> Notification:
    object_ = (record.get(f"{_XSI}type") or "").rpartition(":")[2]
    if not _OBJECT.fullmatch(object_):
        raise MessageRefused(_("A notification does not say which object it is about."))
    fields = dict(_fields(record))
    record_id = fields.get("Id") or ""
    if not _ID.fullmatch(record_id):
        raise MessageRefused(_("A notification does not hold the id of its record."))
    return Notification(
        id=notification_id, object=object_, record_id=record_id, fields=fields
    )


def _fields(record: Any) -> Iterator[tuple[str, str | None]]:
    for element in record:
        name = etree.QName(element).localname
        if name == "fieldsToNull":
            yield (_text(element) or ""), None
        elif not len(element):
            yield name, _text(element)
