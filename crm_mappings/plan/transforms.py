"""Owns the named changes that a value can go through on its way to a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from crm_mappings.plan.convert import (
    SEPARATOR,
    RefusedValueError,
    ValueProblem,
    as_text,
    fitted,
    instant,
    shown,
)
from crm_mappings.plan.schema import FieldSchema
from surveys.conditions import is_blank
from surveys.conditions.values import number
from surveys.wording import gettext as _

MAX_TRUNCATE: Final = 131_072
MAX_ARGUMENT: Final = 255
# The directives that read the same on every machine.
DIRECTIVES: Final = re.compile(r"%([YymdHMS%])")
NUMBERS: Final = re.compile(r"[+-]?[0-9.,]*[0-9]")


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
        raise TransformError(
            _("A transform is a text such as 'trim' or 'truncate:255'.")
        )
    name, colon, rest = document.partition(":")
    argument = rest if colon else None
    if name not in ARGUMENTS:
        raise TransformError(
            _("There is no %(name)r; there is %(names)s.")
            % {"name": name, "names": ", ".join(ARGUMENTS)}
        )
    needed = ARGUMENTS[name]
    if needed and not (argument or "").strip():
        raise TransformError(
            _("%(name)r needs something after a colon.") % {"name": name}
        )
    if needed is False and argument is not None:
        raise TransformError(
            _("%(name)r takes nothing after a colon.") % {"name": name}
        )
    if argument is not None:
        _check_argument(name, argument)
    return Transform(name=name, argument=argument)


def transform_document(transform: Transform) -> str:
    if transform.argument is None:
        return transform.name
    return f"{transform.name}:{transform.argument}"


def _check_argument(name: str, argument: str) -> None:
    if len(argument) > MAX_ARGUMENT:
        raise TransformError(
            _("%(name)r takes %(most)s characters at most.")
            % {"name": name, "most": MAX_ARGUMENT}
        )
    if name == "truncate" and not (
        re.match(r"[1-9][0-9]{0,5}\Z", argument) and int(argument) <= MAX_TRUNCATE
    ):
        raise TransformError(
            _("'truncate:' needs a number from 1 to %(most)s.") % {"most": MAX_TRUNCATE}
        )
    if name == "date_format" and "%" in DIRECTIVES.sub("", argument):
        raise TransformError(_("'date_format:' knows %Y %y %m %d %H %M %S and %%."))


def apply(
    transforms: tuple[Transform, ...], value: object, field: FieldSchema
) -> object | ValueProblem:
    """Return the value after each change in turn, or why one is impossible."""
    try:
        for transform in transforms:
            value = _changed(transform, value, field)
    except RefusedValueError as refused:
        return refused.problem
    return value


def _changed(transform: Transform, value: object, field: FieldSchema) -> object:
    if transform.name == "default":
        return transform.argument if is_blank(value) else value
    if is_blank(value):
        return value
    if transform.name == "join":
        return _joined(value, transform.argument)
    change = CHANGES[transform.name]
    if isinstance(value, list | tuple):
        return [change(part, transform.argument, field) for part in value]
    return change(value, transform.argument, field)


def _joined(value: object, separator: str | None) -> object:
    if not isinstance(value, list | tuple):
        return value
    return (SEPARATOR if separator is None else separator).join(map(as_text, value))


def _trim(value: object, _argument: str | None, _field: FieldSchema) -> object:
    return value.strip() if isinstance(value, str) else value


def _truncate(value: object, argument: str | None, field: FieldSchema) -> object:
    text = as_text(value)
    if argument is not None:
        return text[: int(argument)]
    return fitted(text, field, field.length) if field.length else text


def _upper(value: object, _argument: str | None, _field: FieldSchema) -> object:
    return "".join(_one(char, char.upper()) for char in as_text(value))


def _lower(value: object, _argument: str | None, _field: FieldSchema) -> object:
    return "".join(_one(char, char.lower()) for char in as_text(value))


def _title(value: object, _argument: str | None, _field: FieldSchema) -> object:
    # Not str.title(), which writes "O'Neill's" with a capital S.
    return re.sub(
        r"\S+",
        lambda word: (
            _one(word[0][0], word[0][0].upper())
            + "".join(_one(char, char.lower()) for char in word[0][1:])
        ),
        as_text(value),
    )


def _one(char: str, changed: str) -> str:
    """Keep a letter whose other case is several letters: no text may grow."""
    return changed if len(changed) == 1 else char


def _number(value: object, _argument: str | None, field: FieldSchema) -> object:
    if isinstance(value, bool):
        return int(value)
    exact = number(value) if not isinstance(value, str) else _only_number(value)
    if exact is None:
        raise RefusedValueError(
            "not_a_number",
            _(
                "%(field)s: %(value)s does not hold one number. Numbers are "
                "written like 1234.5, without separators."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _only_number(text: str) -> Decimal | None:
    """Return the one number of a text; with a second one nothing is sure."""
    found = NUMBERS.findall(text)
    return number(found[0]) if len(found) == 1 else None


def _date_format(value: object, argument: str | None, field: FieldSchema) -> object:
    at = instant(value)
    if at is None:
        raise RefusedValueError(
            "not_a_date",
            _("%(field)s: %(value)s is not a date such as 2026-12-31.")
            % {"field": field.title(), "value": shown(value)},
        )
    return DIRECTIVES.sub(lambda found: PARTS[found[1]](at), argument or "")


def _first_name(value: object, _argument: str | None, _field: FieldSchema) -> object:
    return _split(as_text(value))[0]


def _last_name(value: object, _argument: str | None, _field: FieldSchema) -> object:
    return _split(as_text(value))[1]


def _split(name: str) -> tuple[str, str]:
    """Return first and last name; a name of one word is a last name.

    "Lovelace, Ada" is turned round, and "Ludwig van Beethoven" keeps his "van".
    """
    if "," in name:
        last, _comma, first = name.partition(",")
        return first.strip(), last.strip()
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1][0].islower():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


Change = Callable[[object, str | None, FieldSchema], object]
CHANGES: Final[Mapping[str, Change]] = {
    "trim": _trim,
    "truncate": _truncate,
    "upper": _upper,
    "lower": _lower,
    "title": _title,
    "number": _number,
    "date_format": _date_format,
    "split_first_name": _first_name,
    "split_last_name": _last_name,
}
PARTS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "Y": lambda at: f"{at.year:04}",
    "y": lambda at: f"{at.year % 100:02}",
    "m": lambda at: f"{at.month:02}",
    "d": lambda at: f"{at.day:02}",
    "H": lambda at: f"{at.hour:02}",
    "M": lambda at: f"{at.minute:02}",
    "S": lambda at: f"{at.second:02}",
    "%": lambda _at: "%",
}
