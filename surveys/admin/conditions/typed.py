"""What stands in the rows of a rule's form, right or wrong, and what it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from surveys import conditions
from surveys.admin.conditions.names import Groups, NameChoice, names_in, token
from surveys.admin.conditions.words import OP_LABELS, shown
from surveys.conditions import All, Any_, Comparison, Condition, Op
from surveys.conditions.values import clock, moment, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    # source|name|facet, the operator, and the value as it was typed.
    what: str = ""
    op: str = ""
    value: str = ""

    @property
    def blank(self) -> bool:
        return not self.what and not self.value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form of one rule as it was sent; kept as it is when something is wrong."""

    join: str = "all"
    rows: tuple[Row, ...] = ()
    # A rule that rows cannot show (nested or negated), as JSON, and whether the
    # rows shall replace it.
    kept: str = ""
    replace: bool = False


def from_document(document: object) -> Typed:
    if document is None:
        return Typed()
    try:
        condition = conditions.parse(document)
    except conditions.ConditionError:
        return Typed(kept=json.dumps(document))
    parts = condition.parts if isinstance(condition, All | Any_) else (condition,)
    rows = tuple(_row(part) for part in parts if isinstance(part, Comparison))
    if len(rows) < len(parts):
        return Typed(kept=json.dumps(document))
    return Typed(join="any" if isinstance(condition, Any_) else "all", rows=rows)


def _row(part: Comparison) -> Row:
    values = part.value if isinstance(part.value, tuple) else (part.value,)
    return Row(
        what=token(part.source, part.name, part.facet),
        op=part.op.value,
        value="" if part.value is None else ", ".join(shown(one) for one in values),
    )


def to_document(typed: Typed, groups: Groups) -> dict[str, Any] | None:
    """Raise `ValidationError` with a line for each row that is wrong."""
    if typed.kept and not typed.replace:
        return _kept(typed.kept)
    known = {name.value: name for name in names_in(groups)}
    parts: list[Condition] = []
    wrong = []
    for number_, row in enumerate(typed.rows, 1):
        if row.blank:
            continue
        try:
            parts.append(_comparison(row, known))
        except ValidationError as error:
            wrong += [
                _("Row %(row)s: %(message)s") % {"row": number_, "message": message}
                for message in error.messages
            ]
    if wrong:
        raise ValidationError(wrong)
    return _joined(parts, typed.join)


def _joined(parts: list[Condition], join: str) -> dict[str, Any] | None:
    if not parts:
        return None
    made = Any_ if join == "any" else All
    condition = parts[0] if len(parts) == 1 else made(tuple(parts))
    try:
        document = conditions.to_document(condition)
        conditions.parse(document)
    except conditions.ConditionError as error:
        raise ValidationError(error.message) from error
    return document


def _kept(text: str) -> dict[str, Any]:
    try:
        return conditions.to_document(conditions.parse(json.loads(text)))
    except (ValueError, RecursionError) as error:
        raise ValidationError(
            _("This rule cannot be read. Tick “Replace it” and choose it anew.")
        ) from error


def _comparison(row: Row, known: Mapping[str, NameChoice]) -> Comparison:
    if not row.what:
        raise ValidationError(_("Choose what to compare."))
    name = known.get(row.what)
    if name is None:
        raise ValidationError(
            _("“%(name)s” cannot be read here. Choose another.")
            % {"name": row.what.partition("|")[2]}
        )
    op = _op(row.op, name)
    return Comparison(
        source=name.source,
        name=name.name,
        facet=name.facet,
        op=op,
        value=_value(row.value.strip(), op, name),
    )


def _op(word: str, name: NameChoice) -> Op:
    if not word:
        raise ValidationError(_("Choose how to compare."))
    if word not in set(name.ops):
        raise ValidationError(
            _("“%(name)s” can be asked: %(ops)s.")
            % {
                "name": name.label,
                "ops": ", ".join(str(OP_LABELS[op]) for op in name.ops),
            }
        )
    return Op(word)


def _value(text: str, op: Op, name: NameChoice) -> object:
    if op in conditions.PRESENCE:
        return None
    if not text:
        raise ValidationError(_("Give a value to compare with."))
    if op is Op.WITHIN_DAYS:
        return _days(text)
    if op in conditions.SEVERAL:
        return tuple(_scalar(one.strip(), name) for one in _split(text, name))
    return _scalar(text, name)


def _split(text: str, name: NameChoice) -> list[str]:
    labels = {str(label).casefold() for _key, label in name.values}
    if text.casefold() in labels:
        return [text]
    return [part for part in text.split(",") if part.strip()]


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    raise ValidationError(_("Give the days as a whole number."))


def _scalar(text: str, name: NameChoice) -> object:
    if name.values:
        key = _chosen(text, name)
        return key == "true" if name.type == "boolean" else key
    if name.type == "number":
        exact = number(text)
        if exact is None:
            raise ValidationError(_("“%(text)s” is not a number.") % {"text": text})
        return int(exact) if exact == exact.to_integral_value() else float(exact)
    if name.type == "date" and moment(text) is None:
        raise ValidationError(
            _("“%(text)s” is not a date such as 2026-12-31.") % {"text": text}
        )
    if name.type == "time" and clock(text) is None:
        raise ValidationError(
            _("“%(text)s” is not a time such as 13:45.") % {"text": text}
        )
    return text


def _chosen(text: str, name: NameChoice) -> str:
    """The key, where a person may have typed the label."""
    for key, label in name.values:
        if text == key or text.casefold() == str(label).casefold():
            return key
    raise ValidationError(
        _("“%(text)s” is not a choice here. There is: %(choices)s.")
        % {"text": text, "choices": ", ".join(key for key, _label in name.values)}
    )
