"""Owns how a value is written to a field of Salesforce: one rule per field type.

A value that Salesforce would refuse is refused here, in words that name the field,
the value and the limit.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from crm_mappings.plan.ids import KEY_PREFIXES, id18
from crm_mappings.plan.schema import FieldSchema, PicklistValue
from surveys.conditions.values import moment, number
from surveys.texts import tidy
from surveys.wording import gettext as _
from surveys.wording import ngettext, quoted, whole

# What Salesforce takes for a whole number or a decimal without saying so.
WIDEST_NUMBER: Final = 18
FIRST_YEAR, LAST_YEAR = 1700, 4000
SEPARATOR: Final = ";"
SHOWN: Final = 40
LONG_TEXTS: Final = frozenset({"textarea"})
TRUE_WORDS: Final = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS: Final = frozenset({"false", "no", "off", "0"})
LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL: Final = re.compile(
    rf"{LOCAL}(?:\.{LOCAL})*@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueProblem:
    """Why a value cannot be written to a field."""

    code: str
    message: str


class RefusedValueError(ValueError):
    """Raised on the way to a `ValueProblem`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = ValueProblem(code=code, message=message)


def convert(
    value: object,
    field: FieldSchema,
    prefixes: Mapping[str, str] = KEY_PREFIXES,
) -> object | ValueProblem:
    """Return what goes over the wire, None for a blank, or why that is impossible.

    `prefixes` leads from the first three characters of a record id to its object.
    """
    try:
        if field.type == "reference":
            return _reference(value, field, prefixes)
        if field.type not in CONVERTERS:
            raise RefusedValueError(
                "unsupported_type",
                _(
                    "%(field)s is of the type %(type)s, which cannot be written from "
                    "an answer. Choose another field."
                )
                % {"field": field.title(), "type": field.type},
            )
        return CONVERTERS[field.type](value, field)
    except RefusedValueError as refused:
        return refused.problem


def as_text(value: object) -> str:
    """Return how a value reads in a text: lists joined by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return SEPARATOR.join(as_text(part) for part in value)
    if isinstance(value, float):
        exact = number(value)
        return "" if exact is None else f"{_plain(exact):f}"
    return str(value)


def written(text: str, field: FieldSchema) -> str:
    """Return a text as the field holds it: one line, or HTML where it is rich."""
    text = tidy(text)
    if field.html:
        return html.escape(text, quote=False).replace("\n", "<br>")
    return text if field.type in LONG_TEXTS else text.replace("\n", " ")


def fitted(text: str, field: FieldSchema, limit: int) -> str:
    """Return the longest beginning of a text that the field holds in `limit`."""
    text = tidy(text)
    length = 0
    for place, char in enumerate(text):
        length += _cost(char, field)
        if length > limit:
            return text[:place]
    return text


def matched(text: str, field: FieldSchema) -> PicklistValue | None:
    """Return the active picklist value that a text means: by value or by label."""
    active = [choice for choice in field.picklist if choice.active]
    exact = [choice for choice in active if choice.value == text]
    exact += [choice for choice in active if choice.label == text]
    if exact:
        return exact[0]
    folded = text.casefold()
    near = [
        choice
        for choice in active
        if folded in {choice.value.casefold(), choice.label.casefold()}
    ]
    return near[0] if len(near) == 1 else None


def shown(value: object) -> str:
    text = " ".join(as_text(value).split())
    return quoted(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _cost(char: str, field: FieldSchema) -> int:
    if not field.html:
        return 1
    return len("<br>") if char == "\n" else len(html.escape(char, quote=False))


def _text(value: object, field: FieldSchema) -> str | None:
    return _limited(written(as_text(value), field), field) or None


def _limited(text: str, field: FieldSchema) -> str:
    if field.length and len(text) > field.length:
        raise RefusedValueError(
            "too_long",
            _(
                "%(field)s: %(text)s has %(count)s characters; the field takes "
                "%(length)s. Add “truncate” to the rule to cut it."
            )
            % {
                "field": field.title(),
                "text": shown(text),
                "count": whole(len(text)),
                "length": whole(field.length),
            },
        )
    return text


def _email(value: object, field: FieldSchema) -> str | None:
    text = _text(value, field)
    if text is not None and not EMAIL.match(text):
        raise RefusedValueError(
            "not_an_email",
            _("%(field)s: %(text)s is not an e-mail address.")
            % {"field": field.title(), "text": shown(text)},
        )
    return text


def _boolean(value: object, field: FieldSchema) -> bool | None:
    word = as_text(value).strip().casefold()
    if not word:
        return None
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise RefusedValueError(
        "not_true_or_false",
        _("%(field)s is true or false; %(value)s is neither.")
        % {"field": field.title(), "value": shown(value)},
    )


def _number(value: object, field: FieldSchema) -> int | float | None:
    return _ranged(
        value, field, scale=field.scale, left=(field.precision or 18) - field.scale
    )


def _whole(value: object, field: FieldSchema) -> int | float | None:
    return _ranged(value, field, scale=0, left=field.digits or WIDEST_NUMBER)


def _ranged(
    value: object, field: FieldSchema, *, scale: int, left: int
) -> int | float | None:
    exact = _exact(value, field)
    if exact is None:
        return None
    # A float may stand for a number that is a little larger: look at what is sent.
    wire = _rounded(exact, scale) if abs(exact) < Decimal(10) ** (left + 1) else None
    if wire is None or abs(Decimal(repr(wire))) >= Decimal(10) ** left:
        raise RefusedValueError(
            "out_of_range",
            ngettext(
                "%(field)s: %(value)s is too large; the field takes %(count)s digit "
                "before the point.",
                "%(field)s: %(value)s is too large; the field takes %(count)s digits "
                "before the point.",
                left,
            )
            % {"field": field.title(), "value": shown(value), "count": left},
        )
    return wire


def _exact(value: object, field: FieldSchema) -> Decimal | None:
    if isinstance(value, bool):
        return Decimal(value)
    text = as_text(value).strip()
    exact = number(value if not isinstance(value, str) else text)
    if exact is None and text:
        raise RefusedValueError(
            "not_a_number",
            _(
                "%(field)s is a number; %(value)s is not. Write numbers like "
                "1234.5, without separators."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    return exact


def _rounded(exact: Decimal, scale: int) -> int | float:
    with localcontext() as context:
        context.prec = 100
        rounded = exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    whole = rounded == rounded.to_integral_value()
    return int(rounded) if whole else float(rounded)


def _plain(exact: Decimal) -> Decimal:
    return Decimal(int(exact)) if exact == exact.to_integral_value() else exact


def _date(value: object, field: FieldSchema) -> str | None:
    at = _moment(value, field)
    return at if at is None else f"{at:%Y-%m-%d}"


def _datetime(value: object, field: FieldSchema) -> str | None:
    at = _moment(value, field)
    return at if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _moment(value: object, field: FieldSchema) -> datetime | None:
    if not as_text(value).strip():
        return None
    at = instant(value)
    if at is None:
        raise RefusedValueError(
            "not_a_date",
            _(
                "%(field)s is a date; %(value)s is not. Dates are written like "
                "2026-12-31."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise RefusedValueError(
            "out_of_range",
            _("%(field)s: the year of %(value)s is not from %(first)s to %(last)s.")
            % {
                "field": field.title(),
                "value": shown(value),
                "first": FIRST_YEAR,
                "last": LAST_YEAR,
            },
        )
    return at


def instant(value: object) -> datetime | None:
    """Return a moment in UTC, or None; what names no zone is in UTC."""
    at = moment(value)
    try:
        return None if at is None else at.astimezone(UTC)
    except OverflowError:
        return None


def _time(value: object, field: FieldSchema) -> str | None:
    text = as_text(value).strip()
    if not text:
        return None
    at = instant(value)
    clock = _clock(text) if at is None else at.time()
    if clock is None:
        raise RefusedValueError(
            "not_a_time",
            _(
                "%(field)s is a time of day; %(value)s is not. Times are written "
                "like 13:45."
            )
            % {"field": field.title(), "value": shown(value)},
        )
    return f"{clock:%H:%M:%S}.{clock.microsecond // 1000:03}Z"


def _clock(text: str) -> time | None:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return None
    day = datetime(2000, 1, 2, tzinfo=UTC).date()
    return datetime.combine(day, clock, clock.tzinfo or UTC).astimezone(UTC).time()


def _picklist(value: object, field: FieldSchema) -> str | None:
    text = " ".join(tidy(as_text(value)).split("\n"))
    return _chosen(text, field) if text else None


def _chosen(text: str, field: FieldSchema) -> str:
    choice = matched(text, field)
    if choice is not None:
        return choice.value
    if field.restricted_picklist:
        raise RefusedValueError(
            "not_a_picklist_value",
            _(
                "%(field)s: %(text)s is not one of its values. Add it to the value "
                "table of the rule%(values)s."
            )
            % {"field": field.title(), "text": shown(text), "values": _some(field)},
        )
    return _limited(text, field)


def _some(field: FieldSchema) -> str:
    active = [choice.value for choice in field.picklist if choice.active]
    if not active:
        return ""
    values = ", ".join([*active[:8], *(["…"] if len(active) > 8 else [])])
    return _("; it takes %(values)s") % {"values": values}


def _multipicklist(value: object, field: FieldSchema) -> str | None:
    chosen: dict[str, None] = {}
    for part in value if isinstance(value, list | tuple) else [value]:
        text = tidy(as_text(part))
        whole = matched(text, field)
        for piece in [whole.value] if whole else text.split(SEPARATOR):
            if piece.strip():
                chosen[_chosen(piece.strip(), field)] = None
    return _limited(SEPARATOR.join(chosen), field) or None


def _id(value: object, field: FieldSchema) -> str | None:
    text = as_text(value).strip()
    if not text:
        return None
    try:
        return id18(text)
    except ValueError as error:
        raise RefusedValueError(
            "not_an_id",
            _("%(field)s holds the id of a record; %(value)s is none.")
            % {"field": field.title(), "value": shown(value)},
        ) from error


def _reference(
    value: object, field: FieldSchema, prefixes: Mapping[str, str]
) -> str | None:
    record = _id(value, field)
    target = prefixes.get(record[:3]) if record else None
    if target and field.reference_to and target not in field.reference_to:
        raise RefusedValueError(
            "wrong_record",
            _("%(field)s refers to %(names)s; %(record)s is the id of %(target)s.")
            % {
                "field": field.title(),
                "names": _(" or ").join(field.reference_to[:5]),
                "record": record,
                "target": target,
            },
        )
    return record


CONVERTERS: Final[Mapping[str, Callable[[object, FieldSchema], object]]] = {
    "string": _text,
    "textarea": _text,
    "phone": _text,
    "url": _text,
    "combobox": _text,
    "encryptedstring": _text,
    "email": _email,
    "boolean": _boolean,
    "int": _whole,
    "long": _whole,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "id": _id,
}
