"""Owns the XML schema: a wrapper element for each call and answer, a type for each
dataclass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from config.rpc.operations import parameters, result
from config.rpc.shapes import ListOf, Member, Scalar, Shape, Struct, structs
from config.rpc.soap import NAMESPACE
from surveys.contract import Operation

XS = "http://www.w3.org/2001/XMLSchema"
TYPES = {
    Scalar.TEXT: "xs:string",
    Scalar.INTEGER: "xs:int",
    Scalar.NUMBER: "xs:double",
    Scalar.BOOLEAN: "xs:boolean",
    Scalar.MOMENT: "xs:dateTime",
    Scalar.JSON: "xs:string",
    Scalar.TEXTS: "tns:Texts",
    Scalar.VALUES: "tns:Values",
}
# How a value of `Values` is to be read.
KINDS = ("text", "number", "boolean", "list", "json", "nothing")
FIXED = f"""
<xs:schema xmlns:xs="{XS}" xmlns:tns="{NAMESPACE}">
  <xs:complexType name="Texts"><xs:sequence>
    <xs:element name="entry" type="tns:TextEntry" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="TextEntry"><xs:sequence>
    <xs:element name="name" type="xs:string"/>
    <xs:element name="value" type="xs:string"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="Values"><xs:sequence>
    <xs:element name="entry" type="tns:ValueEntry" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="ValueEntry"><xs:sequence>
    <xs:element name="name" type="xs:string"/>
    <xs:element name="kind" type="tns:ValueKind"/>
    <xs:element name="value" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType>
  <xs:simpleType name="ValueKind"><xs:restriction base="xs:string">
    {"".join(f'<xs:enumeration value="{kind}"/>' for kind in KINDS)}
  </xs:restriction></xs:simpleType>
  <xs:complexType name="FaultError"><xs:sequence>
    <xs:element name="path" type="xs:string"/>
    <xs:element name="message" type="xs:string"/>
  </xs:sequence></xs:complexType>
  <xs:complexType name="ServiceFault"><xs:sequence>
    <xs:element name="type" type="xs:string"/>
    <xs:element name="title" type="xs:string"/>
    <xs:element name="status" type="xs:int"/>
    <xs:element name="errors" type="tns:FaultError" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType>
  <xs:element name="ServiceFault" type="tns:ServiceFault"/>
  <xs:element name="ApiKey" type="xs:string"/>
</xs:schema>
"""


def schema(operations: Iterable[Operation]) -> Any:
    """Return the <xs:schema> element for these operations."""
    operations = list(operations)
    root = etree.Element(
        xs("schema"),
        {"targetNamespace": NAMESPACE, "elementFormDefault": "qualified"},
        nsmap={"xs": XS, "tns": NAMESPACE},
    )
    root.extend(etree.fromstring(FIXED, etree.XMLParser(remove_blank_text=True)))
    wrappers = [parameters(operation) for operation in operations]
    named = structs(*wrappers, *(result(operation) for operation in operations))
    # What can be asked for in part promises no member.
    partial = {operation.sparse for operation in operations}
    # A type that only wraps the parameters of a call stands in its element.
    for shape in named:
        if shape not in wrappers:
            complex_type(root, shape, partial=shape.cls in partial, name=shape.name)
    for operation in operations:
        call = etree.SubElement(root, xs("element"), name=operation.name)
        complex_type(call, parameters(operation))
        answer = etree.SubElement(root, xs("element"), name=f"{operation.name}Response")
        inner = etree.SubElement(
            etree.SubElement(answer, xs("complexType")), xs("sequence")
        )
        of = f"tns:{result(operation).name}"
        etree.SubElement(inner, xs("element"), name="result", type=of)
    return root


def xs(local: str) -> str:
    return f"{{{XS}}}{local}"


def complex_type(
    parent: Any, shape: Struct, *, partial: bool = False, **attributes: str
) -> None:
    place = etree.SubElement(parent, xs("complexType"), attributes)
    sequence = etree.SubElement(place, xs("sequence"))
    for member in shape.members:
        element(sequence, member, partial=partial)


def element(sequence: Any, member: Member, *, partial: bool) -> None:
    shape: Shape = member.shape
    attributes = {"name": member.name}
    if isinstance(shape, ListOf):
        attributes |= {"minOccurs": "0", "maxOccurs": "unbounded"}
        shape = shape.item
    elif member.optional:
        attributes |= {"minOccurs": "0", "nillable": "true"}
    elif partial:
        attributes["minOccurs"] = "0"
    attributes["type"] = f"tns:{shape.name}" if isinstance(shape, Struct) else of(shape)
    node = etree.SubElement(sequence, xs("element"), attributes)
    if member.help:
        note = etree.SubElement(node, xs("annotation"))
        etree.SubElement(note, xs("documentation")).text = member.help


def of(shape: Shape) -> str:
    if not isinstance(shape, Scalar):
        raise TypeError(f"There is no list of {shape} in a schema.")
    return TYPES[shape]
