"""Owns how a number, or true and false, is written within a field's digits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from crm_mappings.plan.convert.refusing import RefusedValueError, as_text, shown
from crm_mappings.plan.schema import FieldSchema
from surveys.conditions.values import number
from surveys.wording import gettext as _
from surveys.wording import ngettext

WIDEST_NUMBER: Final = 18
TRUE_WORDS: Final = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS: Final = frozenset({"false", "no", "off", "0"})


def boolean_wire(value: object, field: FieldSchema) -> bool | None:
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


def number_wire(value: object, field: FieldSchema) -> int | float | None:
    return _ranged(
        value, field, scale=field.scale, left=(field.precision or 18) - field.scale
    )


def whole_wire(value: object, field: FieldSchema) -> int | float | None:
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
