"""The XML-RPC door: `survey.<operation>` with one struct of named parameters."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

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
)
from config.rpc.shapes import ListOf, Member, Struct
from config.rpc.xmlrpc import PREFIX, wire
from surveys.contract import Operation

SYSTEM = {
    "system.listMethods": "Lists the names of all methods.",
    "system.methodHelp": "Says what a method does and takes.",
    "system.methodSignature": "Says the types of a method: result first.",
}
# With the key in the headers, or as the first argument.
SIGNATURE = [["struct", "struct"], ["struct", "string", "struct"]]
SYSTEM_SIGNATURE = {
    "system.listMethods": [["array"]],
    "system.methodHelp": [["string", "string"]],
    "system.methodSignature": [["array", "string"]],
}


@csrf_exempt
@only("POST")
def xmlrpc(request: HttpRequest) -> HttpResponse:
    try:
        asked = wire.read(body(request))
        return respond(wire.answer(answer(request, asked)))
    except wire.NoCall as error:
        return refuse(Problem(problem(400, "parse-error", str(error))))
    except Problem as error:
        return refuse(error)


def body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig as error:
        title = "The body is too large."
        raise Problem(problem(413, "too-large", title)) from error


def answer(request: HttpRequest, asked: wire.Call) -> Any:
    if asked.method in SYSTEM:
        return introspect(asked)
    operation = find(asked.method)
    now = timezone.now()
    secret, values = split(request, asked.arguments)
    admit(request, secret, operation, now)
    return call(operation, wire.with_zone(values), now)


def find(method: str) -> Operation:
    operation = OPERATIONS.get(method.removeprefix(PREFIX))
    if operation is None or not method.startswith(PREFIX):
        title = f"There is no method {method[:100]}; system.listMethods names all."
        raise Problem(problem(404, "unknown-operation", title))
    return operation


def split(request: HttpRequest, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """The key and the parameters: the key is in the headers, or the first argument."""
    secret, rest = secret_of(request), arguments
    if not secret and rest and isinstance(rest[0], str):
        secret, rest = rest[0] or "empty", rest[1:]
    if len(rest) > 1:
        title = "Send one struct with the parameters by name."
        raise Problem(problem(400, "invalid", title))
    return secret, rest[0] if rest else {}


def introspect(asked: wire.Call) -> Any:
    if asked.method == "system.listMethods":
        return [*SYSTEM, *(PREFIX + name for name in OPERATIONS)]
    if len(asked.arguments) != 1 or not isinstance(asked.arguments[0], str):
        raise Problem(problem(400, "invalid", "Send the name of one method."))
    (method,) = asked.arguments
    helping = asked.method == "system.methodHelp"
    if method in SYSTEM:
        return SYSTEM[method] if helping else SYSTEM_SIGNATURE[method]
    operation = find(method)
    return help_text(operation) if helping else SIGNATURE


def help_text(operation: Operation) -> str:
    lines = [f"{operation.summary}.", operation.detail, f"Scope: {operation.scope}"]
    lines += ["", "Parameters, in one struct:", *members(parameters(operation))]
    lines += ["", "Result, a struct:", *members(result(operation))]
    lines += ["", *(f"Fault {code}: {when}" for code, when in operation.errors.items())]
    return "\n".join(lines).strip()


def members(shape: Struct, indent: str = "  ") -> list[str]:
    lines = []
    for member in shape.members:
        lines.append(
            f"{indent}{member.name}: {type_name(member)} {member.help}".rstrip()
        )
        inner = member.shape.item if isinstance(member.shape, ListOf) else member.shape
        if isinstance(inner, Struct):
            lines += members(inner, indent + "  ")
    return lines


NAMES = {
    "text": "string",
    "integer": "int",
    "number": "double",
    "boolean": "boolean",
    "moment": "dateTime.iso8601, UTC",
    "json": "string, a JSON document",
    "texts": "struct of strings",
    "values": "struct",
}


def type_name(member: Member) -> str:
    shape = member.shape
    if isinstance(shape, ListOf):
        return "array of" if isinstance(shape.item, Struct) else "array"
    named = "struct" if isinstance(shape, Struct) else NAMES[shape.value]
    return f"{named} or nil." if member.optional else f"{named}."


def refuse(error: Problem) -> HttpResponse:
    places = "; ".join(f"{one['path']}: {one['message']}" for one in error.errors)
    text = f"{error.type}: {error} {places}".strip()
    return finish(respond(wire.fault(error.status, text)), error)


def respond(content: bytes) -> HttpResponse:
    """200 always: XML-RPC tells faults in the body."""
    response = HttpResponse(content, content_type="text/xml; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
