"""Owns dependent picklists: whether two rules give values that go together."""

from __future__ import annotations

from collections.abc import Iterator

from crm_mappings.plan.proving import Doubt
from crm_mappings.plan.schema import FieldSchema, ObjectSchema, valid_for
from crm_mappings.plan.sources import FromConstant, ValueSource
from crm_mappings.plan.specs import FieldSpec, StepSpec
from surveys.wording import gettext as _


def dependent_doubts(
    rule: FieldSpec, field: FieldSchema, step: StepSpec, schema: ObjectSchema
) -> Iterator[Doubt]:
    """Prove what two constants say; warn of the rest."""
    if field.controller is None:
        return
    controller = schema.fields.get(field.controller)
    ruling = next((one for one in step.fields if one.field == field.controller), None)
    fits = (
        _goes_with(rule.value, field, ruling.value, controller)
        if controller and ruling
        else None
    )
    names = {"field": field.title(), "controller": field.controller}
    if fits is False:
        text = _("%(field)s cannot have this value beside that of %(controller)s.")
        hint = _("Choose values that go together.")
        yield Doubt(grade="will_fail", message=text % names, hint=hint)
    elif fits is None:
        text = _("Which values %(field)s may have depends on %(controller)s.")
        hint = _("See that what is written goes with the %(controller)s.")
        yield Doubt(grade="note", message=text % names, hint=hint % names)


def _goes_with(
    value: ValueSource, field: FieldSchema, ruling: ValueSource, controller: FieldSchema
) -> bool | None:
    """Say whether two constants go together; None when they are no constants."""
    if not isinstance(value, FromConstant) or not isinstance(ruling, FromConstant):
        return None
    chosen = [one for one in field.picklist if one.value == value.value]
    if controller.type == "boolean":
        places = [int(ruling.value in {True, "true"})]
    else:
        ruled = [one.value for one in controller.picklist]
        places = [place for place, one in enumerate(ruled) if one == ruling.value]
    if not chosen or not places:
        return None
    return valid_for(chosen[0], places[0])
