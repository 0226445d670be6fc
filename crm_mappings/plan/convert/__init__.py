"""Owns how a value is written to a field of Salesforce: one rule per field type.

A value that Salesforce would refuse is refused here, in words that name the field,
the value and the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crm_mappings.plan.convert.files import FileContent, file_wire, not_a_file
from crm_mappings.plan.convert.moments import (
    date_wire,
    datetime_wire,
    instant,
    time_wire,
)
from crm_mappings.plan.convert.numbers import boolean_wire, number_wire, whole_wire
from crm_mappings.plan.convert.picklists import (
    matched,
    multipicklist_wire,
    picklist_wire,
)
from crm_mappings.plan.convert.references import id_wire, reference_wire
from crm_mappings.plan.convert.refusing import (
    SEPARATOR,
    RefusedValueError,
    ValueProblem,
    as_text,
    shown,
)
from crm_mappings.plan.convert.texts import email_wire, fitted, text_wire, written
from crm_mappings.plan.ids import KEY_PREFIXES
from crm_mappings.plan.schema import FieldSchema
from surveys.wording import gettext as _

__all__ = [
    "CONVERTERS",
    "SEPARATOR",
    "FileContent",
    "RefusedValueError",
    "ValueProblem",
    "as_text",
    "convert",
    "fitted",
    "instant",
    "matched",
    "not_a_file",
    "shown",
    "written",
]


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
            return reference_wire(value, field, prefixes)
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


CONVERTERS: Final[Mapping[str, Callable[[object, FieldSchema], object]]] = {
    "string": text_wire,
    "textarea": text_wire,
    "phone": text_wire,
    "url": text_wire,
    "combobox": text_wire,
    "encryptedstring": text_wire,
    "email": email_wire,
    "boolean": boolean_wire,
    "int": whole_wire,
    "long": whole_wire,
    "double": number_wire,
    "currency": number_wire,
    "percent": number_wire,
    "date": date_wire,
    "datetime": datetime_wire,
    "time": time_wire,
    "picklist": picklist_wire,
    "multipicklist": multipicklist_wire,
    "id": id_wire,
    "base64": file_wire,
}
