"""Owns how a field that refers to a record is written: by an id of its object."""

from __future__ import annotations

from collections.abc import Mapping

from crm_mappings.plan.convert.refusing import RefusedValueError, as_text, shown
from crm_mappings.plan.ids import id18, is_id
from crm_mappings.plan.schema import FieldSchema
from surveys.wording import gettext as _


def id_wire(value: object, field: FieldSchema) -> str | None:
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


def reference_wire(
    value: object, field: FieldSchema, prefixes: Mapping[str, str]
) -> str | None:
    if field.record_types:
        return _record_type(value, field)
    record = id_wire(value, field)
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


def _record_type(value: object, field: FieldSchema) -> str | None:
    """Return the id of a record type by its API name, its name or its id: names are
    the same in a sandbox and in production, ids are not."""
    text = as_text(value).strip()
    if not text:
        return None
    spelled = id18(text) if is_id(text) else text
    for known in field.record_types:
        if spelled in {known.developer_name, known.name, known.id}:
            return known.id
    names = ", ".join(
        known.developer_name or known.name for known in field.record_types
    )
    raise RefusedValueError(
        "no_such_record_type",
        _("%(field)s: there is no record type %(text)s; there is %(names)s.")
        % {"field": field.title(), "text": shown(value), "names": names},
    )
