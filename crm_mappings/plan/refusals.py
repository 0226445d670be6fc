"""Owns why a record cannot be written, in words: what the org does not have or does
not allow."""

from __future__ import annotations

from crm_mappings.plan.convert import ValueProblem
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from surveys.wording import gettext as _


def left_out(
    schema: ObjectSchema, given: set[str | None]
) -> list[tuple[ValueProblem, str]]:
    return [
        (
            ValueProblem(
                code="required_missing",
                message=_(
                    "A new %(object)s needs %(field)s, and there is no value for it."
                )
                % {"object": schema.label, "field": field.title()},
            ),
            field.name,
        )
        for field in schema.fields.values()
        if field.required_on_create and field.name not in given
    ]


def unknown_object(name: str) -> ValueProblem:
    return ValueProblem(
        code="unknown_object",
        message=_(
            "The org has no object %(object)s, or the connected user may not see it."
        )
        % {"object": name},
    )


def not_allowed(schema: ObjectSchema, action: str) -> ValueProblem:
    return ValueProblem(
        code="not_allowed",
        message=_("The connected user may not %(action)s a record of %(object)s.")
        % {"action": _(action), "object": schema.label},
    )


def read_only(field: FieldSchema) -> ValueProblem:
    return ValueProblem(
        code="not_writable",
        message=_(
            "%(field)s cannot be written: it is read-only in Salesforce, or "
            "the connected user may not edit it."
        )
        % {"field": field.title()},
    )
