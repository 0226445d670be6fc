"""Owns the named changes that a value can go through on its way to a field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_TRUNCATE: Final = 131_072
MAX_ARGUMENT: Final = 255
# The directives that read the same on every machine.
DIRECTIVES: Final = re.compile(r"%([YymdHMS%])")


class TransformError(ValueError):
    """A transform that does not exist or lacks what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A name and, after a colon, what it needs: `truncate:255`."""

    name: str
    argument: str | None = None


# Name -> whether an argument is needed (True), possible (None), or refused (False).
ARGUMENTS: Final[Mapping[str, bool | None]] = {
    "trim": False,
    "truncate": None,
    "upper": False,
    "lower": False,
    "title": False,
    "number": False,
    "date_format": True,
    "default": True,
    "split_first_name": False,
    "split_last_name": False,
    "join": None,
}


def parse_transform(document: object) -> Transform:
    """Return the transform of a text such as `trim` or `truncate:255`."""
    if not isinstance(document, str):
        raise TransformError("A transform is a text such as 'trim' or 'truncate:255'.")
    name, colon, rest = document.partition(":")
    argument = rest if colon else None
    if name not in ARGUMENTS:
        raise TransformError(f"There is no {name!r}; there is {', '.join(ARGUMENTS)}.")
    needed = ARGUMENTS[name]
    if needed and not argument:
        raise TransformError(f"{name!r} needs something after a colon.")
    if needed is False and argument is not None:
        raise TransformError(f"{name!r} takes nothing after a colon.")
    if argument is not None:
        _check_argument(name, argument)
    return Transform(name=name, argument=argument)


def transform_document(transform: Transform) -> str:
    if transform.argument is None:
        return transform.name
    return f"{transform.name}:{transform.argument}"


def _check_argument(name: str, argument: str) -> None:
    if len(argument) > MAX_ARGUMENT:
        raise TransformError(f"{name!r} takes {MAX_ARGUMENT} characters at most.")
    if name == "truncate" and not (
        re.match(r"[1-9][0-9]{0,5}\Z", argument) and int(argument) <= MAX_TRUNCATE
    ):
        raise TransformError(f"'truncate:' needs a number from 1 to {MAX_TRUNCATE}.")
    if name == "date_format" and "%" in DIRECTIVES.sub("", argument):
        raise TransformError("'date_format:' knows %Y %y %m %d %H %M %S and %%.")
