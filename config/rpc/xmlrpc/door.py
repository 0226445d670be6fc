"""The XML-RPC door: `survey.<operation>` with one struct of named parameters, alone or
several in a `system.multicall`."""

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

MULTICALL = "system.multicall"
# Of those in one body: what all of them give is in memory at the same time.
MOST_CALLS = 20
SYSTEM = {
    "system.listMethods": "Lists the names of all methods.",
    "system.methodHelp": "Says what a method does and takes.",
    "system.methodSignature": "Says the types of a method: result first.",
    MULTICALL: (
        f"Makes up to {MOST_CALLS} calls, structs of methodName and params, in their "
        "order. Each has its own key, counts as a call, and gives an array of its "
        "result, or a struct of faultCode and faultString; one fault stops no other."
    ),
}
# With the key in the headers, or as the first argument.
SIGNATURE = [["struct", "struct"], ["struct", "string", "struct"]]
SYSTEM_SIGNATURE = {
    "system.listMethods": [["array"]],
    "system.methodHelp": [["string", "string"]],
    "system.methodSignature": [["array", "string"]],
    MULTICALL: [["array", "array"]],
}


@csrf_exempt
@only("POST")
def xmlrpc(request: HttpRequest) -> HttpResponse:
    try:
        asked = wire.read(body(request))
        act = several if asked.method == MULTICALL else answer
        return respond(wire.answer(act(request, asked)))
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


def several(request: HttpRequest, asked: wire.Call) -> list[Any]:
    """Make each call by itself, and return what came of it."""
    calls = asked.arguments[0] if len(asked.arguments) == 1 else None
    if not isinstance(calls, list) or len(calls) > MOST_CALLS:
        title = f"Send one array of at most {MOST_CALLS} calls."
        raise Problem(problem(400, "invalid", title))
    return [one_of_several(request, call) for call in calls]


def one_of_several(request: HttpRequest, given: Any) -> Any:
    try:
        return [answer(request, wire.called(given))]
    except wire.NoCall as error:
        return wire.fault_of(400, told(Problem(problem(400, "invalid", str(error)))))
    except Problem as error:
        return wire.fault_of(error.status, told(error))


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
    if asked.method == MULTICALL:
        raise Problem(problem(400, "invalid", "A multicall is not made within one."))
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
    return finish(respond(wire.fault(error.status, told(error))), error)


def told(error: Problem) -> str:
    places = "; ".join(f"{one['path']}: {one['message']}" for one in error.errors)
    return f"{error.type}: {error} {places}".strip()


def respond(content: bytes) -> HttpResponse:
    """200 always: XML-RPC tells faults in the body."""
    response = HttpResponse(content, content_type="text/xml; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
