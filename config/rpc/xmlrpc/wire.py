"""Owns how XML-RPC calls are read and answers are written.

Reading is done by a parser that takes no DTD and no entity; what it finds is made into
values by the standard library, whose every complaint is one of ours.
"""

from __future__ import annotations

import xmlrpc.client
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.xmlrpc import DefusedExpatParser

from config.rpc.xml import has_doctype, legal

LARGEST = 2**31 - 1
DEEPEST = 20
# What the reader of the standard library raises on calls that are none.
COMPLAINTS = (
    ExpatError,
    DefusedXmlException,
    xmlrpc.client.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class NoCall(ValueError):
    """The body is no call of XML-RPC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    arguments: tuple[Any, ...]


def read(body: bytes) -> Call:
    """Return the call; raise `NoCall`."""
    if has_doctype(body):
        raise NoCall("A document type is not taken here.")
    reader = xmlrpc.client.Unmarshaller(use_builtin_types=True)
    parser = DefusedExpatParser(reader, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
        arguments = reader.close()
    except COMPLAINTS as error:
        raise NoCall("This is no well-formed call.") from error
    if too_deep(arguments):
        raise NoCall("The call is nested too deeply.")
    method = reader.getmethodname()
    if not isinstance(method, str) or not method:
        raise NoCall("The call names no method.")
    return Call(method=method, arguments=tuple(arguments))


def called(given: Any) -> Call:
    """Return one of several calls; raise `NoCall`."""
    match given:
        case {"methodName": str(method), "params": list(arguments), **more} if not more:
            return Call(method=method, arguments=tuple(arguments))
    raise NoCall("A call is a struct of methodName, a string, and params, an array.")


def too_deep(values: Any) -> bool:
    """Whether the values nest deeper than any call has to; seen without recursion."""
    level = list(values)
    for _depth in range(DEEPEST):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def with_zone(value: Any) -> Any:
    """XML-RPC times have no zone: they are UTC here, in and out."""
    match value:
        case datetime():
            return value.replace(tzinfo=UTC)
        case dict():
            return {name: with_zone(item) for name, item in value.items()}
        case list():
            return [with_zone(item) for item in value]
        case _:
            return value


def answer(value: Any) -> bytes:
    text = xmlrpc.client.dumps((writable(value),), methodresponse=True, allow_none=True)
    return declared(text)


def fault(code: int, text: str) -> bytes:
    return declared(xmlrpc.client.dumps(xmlrpc.client.Fault(code, legal(text))))


def fault_of(code: int, text: str) -> dict[str, Any]:
    """A fault among the results of several calls."""
    return {"faultCode": code, "faultString": text}


def declared(text: str) -> bytes:
    """UTF-8 whatever the text holds; the standard library declares the version alone."""
    return text.encode("utf-8", "xmlcharrefreplace")


def writable(value: Any) -> Any:
    """What every client can read: 32 bits, no zone, no signs that XML cannot carry."""
    if isinstance(value, dict):
        return {legal(str(name)): writable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [writable(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return str(value)
    return legal(value) if isinstance(value, str) else value
