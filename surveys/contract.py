"""Owns what an operation of the API is, whatever protocol carries it.

Pure. Each room declares its operations in its `operations` door: parameters and result
are frozen dataclasses whose annotations say the types. Allowed are str, int, float,
bool, datetime, `Texts`, `Values`, `Json`, tuples of these, dataclasses of these, and
each of them `| None`; `Annotated[…, "help"]` says what a field is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType

# Names with texts: {"en": "How did we do?"}.
Texts = NewType("Texts", dict[str, str])
# Names with canonical values: {"csat": 4, "topics": ["speed"]}.
Values = NewType("Values", dict[str, object])
# A small document of any form; SOAP and XML-RPC carry it as JSON text.
Json = NewType("Json", object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    name: str
    # One line, and more where one line is too short.
    summary: str
    detail: str = ""
    scope: str
    parameters: type
    result: type
    # From the parameters and the time; raises an `APIException`.
    run: Callable[[Any, datetime], object]
    # Codes of the problems that this operation has of its own, and when.
    errors: Mapping[str, str]
    # The same over REST: method and address below /api/v1/.
    rest: str
    # Of what in the result `fields` of the parameters gives some members alone.
    sparse: type | None = None
    # The members that hold the fields asked for, where they are not members themselves;
    # `run` has refused what is not there.
    members: Callable[[Collection[str]], Collection[str]] | None = None
