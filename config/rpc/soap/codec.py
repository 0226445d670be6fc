"""Owns how values become elements and back. What comes in was checked by the schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from config.rpc.shapes import ListOf, Misfit, Scalar, Shape, Struct, Unfit
from config.rpc.soap import XSI, name
from config.rpc.xml import legal


def decode(shape: Struct, element: Any) -> dict[str, Any]:
    """The children of the element as plain values."""
    found: dict[str, Any] = {}
    for member in shape.members:
        children = element.findall(name(member.name))
        if isinstance(member.shape, ListOf):
            item = member.shape.item
            found[member.name] = [decode_one(item, child) for child in children]
        elif children and not is_nil(children[0]):
            found[member.name] = decode_one(member.shape, children[0])
    return found


def decode_one(shape: Shape, element: Any) -> Any:
    if isinstance(shape, Struct):
        return decode(shape, element)
    if shape is Scalar.TEXTS:
        return {
            text_of(entry.find(name("name"))): text_of(entry.find(name("value")))
            for entry in element
        }
    return READ.get(shape, str)(text_of(element))


def moment(text: str) -> datetime:
    """xs:dateTime knows times that Python does not: 24:00:00, the year 12000."""
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError as error:
        problem = f"“{text.strip()}” is no time that is known here."
        raise Unfit((Misfit("", problem),)) from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


READ: dict[Shape, Callable[[str], Any]] = {
    Scalar.INTEGER: int,
    Scalar.NUMBER: lambda text: float(text.strip().replace("INF", "inf")),
    Scalar.BOOLEAN: lambda text: text.strip() in {"true", "1"},
    Scalar.MOMENT: moment,
}


def is_nil(element: Any) -> bool:
    return str(element.get(f"{{{XSI}}}nil", "")).strip() in {"true", "1"}


def text_of(element: Any) -> str:
    return "".join(element.itertext())


def encode(parent: Any, label: str, shape: Shape, value: Any) -> None:
    """Append the plain value below the parent; None is left out."""
    if value is None:
        return
    if isinstance(shape, ListOf):
        for item in value:
            encode(parent, label, shape.item, item)
        return
    node = etree.SubElement(parent, name(label))
    if isinstance(shape, Struct):
        for member in shape.members:
            encode(node, member.name, member.shape, value.get(member.name))
    elif shape is Scalar.TEXTS:
        for key, item in value.items():
            entry(node, key, [str(item)])
    elif shape is Scalar.VALUES:
        for key, item in value.items():
            kind, texts = written(item)
            entry(node, key, texts, kind=kind)
    else:
        node.text = legal(text(value))


def entry(parent: Any, key: str, texts: list[str], kind: str = "") -> None:
    node = etree.SubElement(parent, name("entry"))
    etree.SubElement(node, name("name")).text = legal(str(key))
    if kind:
        etree.SubElement(node, name("kind")).text = kind
    for one in texts:
        etree.SubElement(node, name("value")).text = legal(one)


def written(value: object) -> tuple[str, list[str]]:
    """The kind of a value of `Values`, and its texts."""
    match value:
        case None:
            return "nothing", []
        case bool():
            return "boolean", [text(value)]
        case int() | float():
            return "number", [text(value)]
        case str():
            return "text", [value]
        case list() if all(isinstance(item, str) for item in value):
            return "list", value
        case _:
            return "json", [json.dumps(value, ensure_ascii=False)]


def text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
