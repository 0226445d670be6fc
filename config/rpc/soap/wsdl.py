"""Owns the WSDL 1.1: one port type, one binding, one service, as WS-I BP 1.1 has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from config.rpc.soap import NAMESPACE
from config.rpc.soap.schema import schema
from surveys.contract import Operation

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
HTTP = "http://schemas.xmlsoap.org/soap/http"


def wsdl(operations: Iterable[Operation], address: str) -> bytes:
    operations = list(operations)
    root = etree.Element(
        w("definitions"),
        {"name": "Tellback", "targetNamespace": NAMESPACE},
        nsmap={None: WSDL, "soap": SOAP, "tns": NAMESPACE},
    )
    etree.SubElement(root, w("types")).append(schema(operations))
    message(root, "ServiceFault", "fault", "ServiceFault")
    message(root, "ApiKey", "key", "ApiKey")
    for operation in operations:
        message(root, operation.name, "parameters", operation.name)
        answer = f"{operation.name}Response"
        message(root, answer, "parameters", answer)
    port_type(root, operations)
    binding(root, operations)
    service = etree.SubElement(root, w("service"), name="Tellback")
    port = etree.SubElement(
        service, w("port"), name="TellbackPort", binding="tns:TellbackBinding"
    )
    etree.SubElement(port, s("address"), location=address)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def w(local: str) -> str:
    return f"{{{WSDL}}}{local}"


def s(local: str) -> str:
    return f"{{{SOAP}}}{local}"


def message(root: Any, name: str, part: str, element: str) -> None:
    node = etree.SubElement(root, w("message"), name=name)
    etree.SubElement(node, w("part"), name=part, element=f"tns:{element}")


def port_type(root: Any, operations: Iterable[Operation]) -> None:
    place = etree.SubElement(root, w("portType"), name="Tellback")
    for operation in operations:
        node = etree.SubElement(place, w("operation"), name=operation.name)
        etree.SubElement(node, w("documentation")).text = words(operation)
        etree.SubElement(node, w("input"), message=f"tns:{operation.name}")
        etree.SubElement(node, w("output"), message=f"tns:{operation.name}Response")
        etree.SubElement(
            node, w("fault"), name="ServiceFault", message="tns:ServiceFault"
        )


def binding(root: Any, operations: Iterable[Operation]) -> None:
    place = etree.SubElement(
        root, w("binding"), name="TellbackBinding", type="tns:Tellback"
    )
    etree.SubElement(place, s("binding"), style="document", transport=HTTP)
    for operation in operations:
        node = etree.SubElement(place, w("operation"), name=operation.name)
        etree.SubElement(
            node, s("operation"), soapAction=f"{NAMESPACE}:{operation.name}"
        )
        call = etree.SubElement(node, w("input"))
        etree.SubElement(
            call, s("header"), message="tns:ApiKey", part="key", use="literal"
        )
        etree.SubElement(call, s("body"), use="literal")
        etree.SubElement(etree.SubElement(node, w("output")), s("body"), use="literal")
        fault = etree.SubElement(node, w("fault"), name="ServiceFault")
        etree.SubElement(fault, s("fault"), name="ServiceFault", use="literal")


def words(operation: Operation) -> str:
    said = [f"{operation.summary}.", operation.detail, f"Scope: {operation.scope}."]
    faults = [f"{code}: {when}" for code, when in operation.errors.items()]
    return " ".join(filter(None, [*said, *faults]))
