"""Owns what a field has to be able to hold, and whether one that exists does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crm_mappings.plan.schema import FieldSchema

LONG_TEXT: Final = 32_768
LONGEST_TEXT: Final = 131_072
DIGITS: Final = 18
# How a describe calls what the Metadata API calls so.
TYPES: Final = {
    "Text": "string",
    "LongTextArea": "textarea",
    "Number": "double",
    "Checkbox": "boolean",
    "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist",
    "DateTime": "datetime",
    "Date": "date",
    "Url": "url",
    "Email": "email",
    "Phone": "phone",
    "Lookup": "reference",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWish:
    """A custom field as it would be created; `left` digits before the point, and
    `scale` behind it, are what one that exists must have."""

    type: str
    length: int = 0
    left: int = 0
    scale: int = 0
    values: tuple[tuple[str, str], ...] = ()
    refers: str = ""
    key: bool = False


def text(length: int = 255) -> FieldWish:
    return FieldWish(type="Text", length=length)


def long_text(longest: int) -> FieldWish:
    length = LONG_TEXT if longest <= LONG_TEXT else LONGEST_TEXT
    return FieldWish(type="LongTextArea", length=length)


def whole(left: int) -> FieldWish:
    return FieldWish(type="Number", left=left)


def number(low: float | None, high: float | None, step: float | None) -> FieldWish:
    """Room for the range, with as many decimals as it leaves."""
    most = max((abs(end) for end in (low, high) if end is not None), default=0)
    left = len(str(int(most))) + 1 if low is not None and high is not None else 15
    if step is not None and step == int(step) and (low is None or low == int(low)):
        return FieldWish(type="Number", left=min(left, 15))
    return FieldWish(type="Number", left=min(left, 15), scale=6 if left <= 12 else 3)


def picklist(*values: tuple[str, str], several: bool = False) -> FieldWish:
    kind = "MultiselectPicklist" if several else "Picklist"
    return FieldWish(type=kind, values=values)


def lookup(refers: str) -> FieldWish:
    return FieldWish(type="Lookup", refers=refers)


def simple(kind: str) -> FieldWish:
    """A type that needs nothing said."""
    return FieldWish(type=kind)


def fits(wish: FieldWish, there: FieldSchema) -> bool:
    """Say whether a field that is there can hold what is wished for."""
    if there.type != TYPES[wish.type] or there.calculated or there.html:
        return False
    if wish.key and not (there.external_id and there.unique):
        return False
    if wish.type in {"Text", "LongTextArea"} and there.length < wish.length:
        return False
    if wish.type == "Number":
        left = (there.precision or DIGITS) - there.scale
        return left >= wish.left and there.scale >= wish.scale
    return not wish.refers or wish.refers in there.reference_to


def lacking(wish: FieldWish, there: FieldSchema) -> tuple[tuple[str, str], ...]:
    """Return the choices that a picklist does not have yet."""
    known = {one.value for one in there.picklist if one.active}
    return tuple(one for one in wish.values if one[0] not in known)
