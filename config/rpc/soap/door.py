"""The SOAP door: one address, POST for calls, `?wsdl` for the description."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from config.problems import only, problem
from config.rpc.credentials import secret_of
from config.rpc.operations import (
    OPERATIONS,
    Problem,
    admit,
    call,
    finish,
    parameters,
    result,
    unfit,
)
from config.rpc.shapes import Unfit
from config.rpc.soap import ENVELOPE, NAMESPACE, name
from config.rpc.soap.codec import decode, encode
from config.rpc.soap.schema import schema
from config.rpc.soap.wsdl import wsdl
from config.rpc.xml import BadXml, legal, parse
from surveys.contract import Operation

CONTENT_TYPE = "text/xml; charset=utf-8"


class Fault(Exception):
    """The envelope cannot be worked on; `.code` is a fault code of SOAP 1.1."""

    def __init__(self, code: str, details: dict[str, Any]) -> None:
        super().__init__(details["title"])
        self.code = code
        self.details = details


@csrf_exempt
@only("GET", "HEAD", "POST")
def soap(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if any(key.lower() == "wsdl" for key in request.GET):
            address = f"{settings.BASE_URL}/api/soap/"
            return HttpResponse(description(address), content_type=CONTENT_TYPE)
        return HttpResponseRedirect("?wsdl")
    try:
        return respond(200, answer(request))
    except Fault as error:
        return respond(500, fault(error.code, error.details))
    except Problem as error:
        code = "Server" if error.status >= 500 else "Client"
        return finish(respond(500, fault(code, error.details)), error)


@cache
def description(address: str) -> bytes:
    return wsdl(OPERATIONS.values(), address)


def answer(request: HttpRequest) -> Any:
    """Do what the envelope asks; return the answer's body element."""
    now = timezone.now()
    header, body = opened(request)
    understand(header)
    operation = OPERATIONS.get(etree.QName(body).localname)
    if operation is None or body.tag != name(operation.name):
        title = f"There is no operation {etree.QName(body).localname[:100]}."
        raise Fault("Client", problem(404, "unknown-operation", title))
    admit(request, secret_of(request) or key_in(header), operation, now)
    check(body)
    try:
        values = decode(parameters(operation), body)
    except Unfit as error:
        raise Problem(unfit(error)) from error
    return wrapped(operation, call(operation, values, now))


def opened(request: HttpRequest) -> tuple[Any, Any]:
    """The header, if there is one, and the one element of the body."""
    if "xml" not in (request.content_type or ""):
        raise Fault("Client", problem(415, "unsupported-media-type", "Send text/xml."))
    try:
        root = parse(request.body)
    except RequestDataTooBig as error:
        title = "The body is too large."
        raise Fault("Client", problem(413, "too-large", title)) from error
    except BadXml as error:
        raise Fault("Client", problem(400, "parse-error", str(error))) from error
    if etree.QName(root).localname == "Envelope" and root.tag != e("Envelope"):
        raise Fault("VersionMismatch", problem(400, "version", "Send SOAP 1.1."))
    body = root.find(e("Body")) if root.tag == e("Envelope") else None
    if body is None or len(body) != 1:
        title = "Send an envelope with one element in its body."
        raise Fault("Client", problem(400, "parse-error", title))
    return root.find(e("Header")), body[0]


def e(local: str) -> str:
    return f"{{{ENVELOPE}}}{local}"


def understand(header: Any) -> None:
    for entry in header if header is not None else ():
        must = str(entry.get(e("mustUnderstand"), "")).strip() in {"1", "true"}
        ours = entry.get(e("actor"), "") in {"", f"{ENVELOPE}actor/next"}
        if must and ours and entry.tag != name("ApiKey"):
            title = (
                f"The header {etree.QName(entry).localname[:100]} is not known here."
            )
            raise Fault("MustUnderstand", problem(400, "must-understand", title))


def key_in(header: Any) -> str:
    found = header.find(name("ApiKey")) if header is not None else None
    return "" if found is None else "".join(found.itertext()).strip()


def check(body: Any) -> None:
    """Hold the call to the schema; raise `Problem` with every mistake."""
    # Made anew for each call: a compiled one is not safe among threads.
    rules = etree.XMLSchema(schema(OPERATIONS.values()))
    if not rules.validate(etree.ElementTree(body)):
        errors = [
            {"path": place(line.path), "message": readable(line.message)}
            for line in rules.error_log
        ]
        raise Problem(problem(400, "invalid", "The request has errors.", errors=errors))


def place(path: str | None) -> str:
    """`/*/*[2]` says little; the message names the element."""
    return "" if not path or "*" in path else path


def readable(message: str) -> str:
    return legal(message.replace(f"{{{NAMESPACE}}}", ""))[:500]


def wrapped(operation: Operation, value: Any) -> Any:
    node = etree.Element(name(f"{operation.name}Response"), nsmap={None: NAMESPACE})
    encode(node, "result", result(operation), value)
    return node


def fault(code: str, details: dict[str, Any]) -> Any:
    node = etree.Element(e("Fault"), nsmap={"soap": ENVELOPE})
    etree.SubElement(node, "faultcode").text = f"soap:{code}"
    etree.SubElement(node, "faultstring").text = legal(str(details["title"]))
    told = etree.SubElement(
        etree.SubElement(node, "detail"), name("ServiceFault"), nsmap={None: NAMESPACE}
    )
    for label in ("type", "title", "status"):
        etree.SubElement(told, name(label)).text = legal(str(details[label]))
    for error in details.get("errors", []):
        place = etree.SubElement(told, name("errors"))
        for label in ("path", "message"):
            etree.SubElement(place, name(label)).text = legal(str(error[label]))
    return node


def respond(status: int, element: Any) -> HttpResponse:
    root = etree.Element(e("Envelope"), nsmap={"soap": ENVELOPE})
    etree.SubElement(root, e("Body")).append(element)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response
