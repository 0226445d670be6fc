"""Owns rows as documents: the fields of a row by name, and back with every problem.

Rooms whose set-up is kept as documents (deployments, connections) share the form:
what is as it is by default is left out, and a field that is left out is the default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _

from surveys import conditions
from surveys.definition import Problem
from surveys.texts import storable, texts_in, tidy

Row = TypeVar("Row", bound=models.Model)

if TYPE_CHECKING:
    Column = models.Field[Any, Any]
else:
    # Generic for the types alone.
    Column = models.Field


class DocumentRefused(ValueError):
    """The document cannot be taken; `problems` say where and why, all at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in problems))


class KeyTaken(ValueError):
    """Only a new row was wanted, and there is one with this key."""


def keep(
    rows: models.Manager[Row],
    values: Mapping[str, Any],
    *,
    key: str,
    only_new: bool = False,
) -> Row:
    """Create or update the row with this key. Raises `KeyTaken`, also for the later of
    two who make one at the same moment."""
    if not only_new:
        return rows.update_or_create(key=key, defaults=values)[0]
    found, made = rows.get_or_create(key=key, defaults=values)
    if not made:
        raise KeyTaken(key)
    return found


def columns(model: type[models.Model], besides: Collection[str]) -> list[Column]:
    """What a person can set, but for what is named: never a key of another row."""
    return [
        column
        for column in model._meta.concrete_fields  # noqa: SLF001 - Django's own way
        if column.editable
        and not column.primary_key
        and not column.is_relation
        and column.name not in besides
        and not getattr(column, "auto_now_add", False)
    ]


def write(row: models.Model, fields: Sequence[Column]) -> dict[str, Any]:
    """The fields that are not as they are by default."""
    values = {column.name: _plain(getattr(row, column.name)) for column in fields}
    return {
        column.name: values[column.name]
        for column in fields
        if values[column.name] != _plain(column.get_default())
    }


def read(
    document: Mapping[str, Any],
    fields: Sequence[Column],
    path: str = "",
    beside: Collection[str] = (),
) -> tuple[dict[str, Any], list[Problem]]:
    """Values for every field, and what is wrong. `beside` are other known names."""
    values: dict[str, Any] = {}
    problems = list(
        _unknown(document, {column.name for column in fields}, beside, path)
    )
    for column in fields:
        if column.name not in document:
            values[column.name] = column.get_default()
            if not column.blank and not column.has_default():
                problems.append(Problem(f"{path}{column.name}", _("This is missing.")))
            continue
        try:
            values[column.name] = _value(column, document[column.name])
        except ValidationError as error:
            problems += [
                Problem(f"{path}{column.name}", tidy(message))
                for message in error.messages
            ]
    return values, problems


def _unknown(
    document: Mapping[str, Any],
    known: Collection[str],
    beside: Collection[str],
    path: str,
) -> Iterator[Problem]:
    for name in document:
        if name not in known and name not in beside:
            yield Problem(f"{path}{tidy(str(name))[:80]}", _("This is not known here."))


def _value(column: Column, given: Any) -> Any:
    if isinstance(column, models.JSONField):
        return _json(column, given)
    if isinstance(given, dict | list):
        raise ValidationError(_("Use a single value here."))
    if isinstance(column, models.CharField | models.TextField):
        if not isinstance(given, str):
            raise ValidationError(_("Use a text here (in quotation marks)."))
        given = tidy(given)
    if isinstance(column, models.TimeField) and not isinstance(given, str | None):
        raise ValidationError(_("Use a time in quotation marks, such as “09:00”."))
    if isinstance(column, models.BooleanField) and not isinstance(given, bool):
        raise ValidationError(_("Use true or false."))
    if isinstance(column, models.IntegerField | models.DecimalField) and (
        isinstance(given, bool) or not isinstance(given, int | float | None)
    ):
        raise ValidationError(_("Use a number."))
    fraction = isinstance(given, float) and not given.is_integer()
    if isinstance(column, models.IntegerField) and fraction:
        raise ValidationError(_("Use a whole number."))
    try:
        value = column.clean(given, None)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ValidationError(
            _("Use another value: %(why)s") % {"why": error}
        ) from error
    if isinstance(value, datetime) and is_naive(value):
        return make_aware(value, UTC)
    return value


def _json(column: Column, given: Any) -> Any:
    if not all(map(storable, texts_in(given))):
        raise ValidationError(_("It has control characters in it."))
    kept = column.get_default()
    if given is None and column.null:
        return None
    if kept is not None and not isinstance(given, type(kept)):
        wanted = _("a list") if isinstance(kept, list) else _("an object")
        raise ValidationError(_("Use %(wanted)s here.") % {"wanted": wanted})
    if column.name == "condition":
        try:
            return conditions.to_document(conditions.parse(given))
        except conditions.ConditionError as error:
            raise ValidationError(error.message) from error
    column.run_validators(given)
    return given


def _plain(value: Any) -> Any:
    """As JSON and YAML say it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | time):
        return value.isoformat()
    return value
