"""Gathers the operations of all rooms and calls them for a key.

What goes wrong comes back as one thing: problem details, as REST tells them.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions

import deployments.operations
import responses.operations
import surveys.operations
from config import throttling
from config.access import LacksScope, UnknownKey, find_key
from config.problems import describe, problem
from config.rpc.shapes import Part, Struct, Unfit, build, plain, struct
from surveys import sparse
from surveys.contract import Operation

log = logging.getLogger(__name__)

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        *surveys.operations.OPERATIONS,
        *deployments.operations.OPERATIONS,
        *responses.operations.OPERATIONS,
    )
}


class Problem(Exception):
    """The call was refused or failed; `.details` are problem details."""

    def __init__(self, details: dict[str, Any], *, wait: float | None = None) -> None:
        super().__init__(details["title"])
        self.details = details
        # Seconds after which the same call may be allowed.
        self.wait = wait

    @property
    def type(self) -> str:
        return str(self.details["type"])

    @property
    def status(self) -> int:
        return int(self.details["status"])

    @property
    def errors(self) -> list[dict[str, str]]:
        return list(self.details.get("errors", []))


def parameters(operation: Operation) -> Struct:
    return struct(operation.parameters)


def result(operation: Operation) -> Struct:
    return struct(operation.result)


def admit(
    request: HttpRequest, secret: str, operation: Operation, now: datetime
) -> None:
    """Let the key in if it may call this now; raise `Problem` if not."""
    try:
        if not secret:
            raise exceptions.NotAuthenticated
        key = find_key(request, secret, now=now)
        if key is None:
            raise UnknownKey
        rate, allowed = throttling.count(key, now=now)
        throttling.tell(request, rate)
        if not allowed:
            raise exceptions.Throttled(wait=rate.reset)
        if operation.scope not in key.scopes:
            raise LacksScope(operation.scope)
    except exceptions.APIException as error:
        wait = getattr(error, "wait", None)
        raise Problem(describe(error), wait=wait) from error


def finish(response: HttpResponse, error: Problem) -> HttpResponse:
    """Say when to call again, where waiting helps."""
    if error.wait is not None:
        response["Retry-After"] = str(math.ceil(error.wait))
    return response


def call(operation: Operation, values: object, now: datetime) -> Any:
    """Run the operation on plain values and return such; raise `Problem` for all that
    can go wrong."""
    try:
        asked = build(parameters(operation), values)
        done = operation.run(asked, now)
        return plain(result(operation), done, part(operation, asked))
    except Unfit as error:
        raise Problem(unfit(error)) from error
    except exceptions.APIException as error:
        raise Problem(describe(error)) from error
    except Exception as error:  # a bug of ours is told as one, without its insides
        log.exception("The operation %s failed", operation.name)
        raise Problem(FAILED) from error


def part(operation: Operation, asked: Any) -> Part | None:
    """What of the result is wanted; None: all of it."""
    if operation.sparse is None or asked.fields is None:
        return None
    names = sparse.read(asked.fields)
    if operation.members is not None:
        return Part(operation.sparse, operation.members(names)) if names else None
    try:
        sparse.check(names, [one.name for one in struct(operation.sparse).members])
    except sparse.UnknownFields as error:
        raise exceptions.ValidationError({sparse.NAME: [str(error)]}) from error
    return Part(operation.sparse, names)


FAILED = problem(500, "server-error", "Something went wrong here; it was noted.")


def unfit(error: Unfit) -> dict[str, Any]:
    errors = [{"path": one.path, "message": one.message} for one in error.misfits]
    return problem(400, "invalid", "The request has errors.", errors=errors)
