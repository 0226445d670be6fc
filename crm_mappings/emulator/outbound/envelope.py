"""Owns the bytes of an outbound message, and the reading of its acknowledgement."""

import re
from html import escape

from lxml import etree

from crm_mappings.emulator.outbound.queue import Notification
from crm_mappings.emulator.reading import Reader
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.values import as_xml

OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    " <soapenv:Body>\n"
    '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
)
CLOSING = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
ENTERPRISE = "urn:sobject.enterprise.soap.sforce.com"
OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NOT_SOAP = "org.xml.sax.SAXParseException: Content is not allowed in prolog."


def head(batch: list[Notification], *, org_id: str, instance_url: str) -> str:
    first = batch[0]
    version = first.rule.api_version
    soap = f"{escape(instance_url)}/services/Soap"
    return (
        f"   <OrganizationId>{org_id}</OrganizationId>\n"
        f"   <ActionId>{first.action_id}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        f"   <EnterpriseUrl>{soap}/c/{version}/{org_id[:15]}</EnterpriseUrl>\n"
        f"   <PartnerUrl>{soap}/u/{version}/{org_id[:15]}</PartnerUrl>\n"
    )


def notification(
    each: Notification, sobject: SObject, row: Row | None, reader: Reader
) -> str:
    """Id first, then the fields by name; what is null or gone is left out."""
    lines = [f"     <sf:Id>{each.record_id}</sf:Id>\n"]
    for name in sorted(set(each.rule.fields) - {"Id"}):
        field = sobject.find(name)
        value = reader.value(sobject, row, field) if field and row else None
        if field and value is not None:
            lines.append(f"     <sf:{field.name}>{_text(value)}</sf:{field.name}>\n")
    return (
        "   <Notification>\n"
        f"    <Id>{each.id}</Id>\n"
        f'    <sObject xsi:type="sf:{sobject.name}" xmlns:sf="{ENTERPRISE}">\n'
        f"{''.join(lines)}"
        "    </sObject>\n"
        "   </Notification>\n"
    )


def _text(value: object) -> str:
    """XML 1.0 has no control characters; Salesforce strips them as well."""
    shown = NOT_IN_XML.sub("", as_xml(value))
    return escape(shown, quote=False).replace("\r", "&#13;")


def problem_with_answer(status: int, body: bytes) -> str | None:
    """What is wrong with the listener's answer, or None if it acknowledged."""
    if status != 200:
        return f"HTTP status {status}"
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return NOT_SOAP
    acks = [element.text or "" for element in root.iter(f"{OUTBOUND}Ack")]
    if not acks:
        return "no acknowledgement in the SOAP response"
    return None if acks[0].strip() == "true" else "SOAP response was a nack"
