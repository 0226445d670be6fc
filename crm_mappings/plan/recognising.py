"""Owns how a record is recognised: which field holds our key, and what is doubtful
about who chooses a record, by which field it is found and which may hold its key."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from typing import Final

from crm_mappings.plan.proving import Doubt
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import FromQuestion, ValueSource, parts
from crm_mappings.plan.specs import ByValue, MappingSpec, Several, StepSpec
from crm_mappings.plan.values import open_variable
from surveys.definition import Definition
from surveys.wording import gettext as _

# A moment can be written in many ways, and a set has no one value.
NOT_SOUGHT: Final = frozenset({"date", "datetime", "time", "multipicklist"})

KEY_LENGTH: Final = 36
KEY_TYPES: Final = frozenset({"string", "textarea", "url"})
# The field that Tellback adds to an object, by itself or in a package: only it is
# surely nobody else's.
OUR_KEY: Final = re.compile(r"(?:\w+__)?Tellback_Key(?:_\d+)?__c", re.ASCII)


def chooser_doubts(
    source: ValueSource, definition: Definition, mapping: MappingSpec
) -> Iterator[Doubt]:
    """A record that is written to must not be chosen by its respondent."""
    variable = open_variable(source, definition, mapping.steps)
    if variable is not None and mapping.trusts_links:
        yield Doubt(
            grade="note",
            message=_(
                "An administrator has allowed it: whoever changes %(variable)s in a "
                "link chooses the record that is written to."
            )
            % {"variable": variable},
            hint=_("Close the variable when that is not needed any more."),
        )
    elif variable is not None:
        yield Doubt(
            grade="will_fail",
            message=_(
                "Refused: the variable %(variable)s is open, so whoever follows a "
                "link could choose the record that is written to."
            )
            % {"variable": variable},
            hint=_(
                "Close the variable, or find the record by a record reference. Only "
                "an administrator can allow it, for this mapping."
            ),
        )
    elif any(isinstance(part, FromQuestion) for part in parts(source)):
        yield Doubt(
            grade="note",
            message=_(
                "The record is found by what a respondent types: anybody who knows "
                "such a value can write to that record."
            ),
            hint=_("Where you can, find it by a record reference of the invitation."),
        )


def sought_doubts(
    finder: ByValue, field: FieldSchema, step: StepSpec
) -> Iterator[Doubt]:
    """What the field by which a record is found cannot do."""
    if not field.filterable or field.type in NOT_SOUGHT:
        yield Doubt(
            grade="will_fail",
            message=_("Salesforce cannot find records by %(field)s.")
            % {"field": field.title()},
            hint=_("Choose another field to find the record by."),
        )
    if finder.how == "external_id" and not (field.external_id or field.id_lookup):
        yield Doubt(
            grade="will_fail",
            message=_("%(field)s is not an external id.") % {"field": field.title()},
            hint=_("Mark it as an external id in Salesforce, or find by any field."),
        )
    if finder.how == "email" and field.type != "email":
        yield Doubt(
            grade="note",
            message=_("%(field)s is not an e-mail field.") % {"field": field.title()},
            hint="",
        )
    if not field.unique and step.several is Several.FAIL:
        yield Doubt(
            grade="note",
            message=_(
                "Several records may have the same %(field)s; then a person must "
                "say which one is meant."
            )
            % {"field": field.title()},
            hint=_("Choose the newest or the oldest instead, if that is right."),
        )


def key_doubts(field: FieldSchema) -> Iterator[Doubt]:
    """What keeps a field from holding the key of a record."""
    if not (field.external_id or field.id_lookup):
        yield Doubt(
            grade="will_fail",
            message=_("%(field)s cannot hold a key: it is not an external id.")
            % {"field": field.title()},
            hint=_("Mark it as an external id in Salesforce, or choose another field."),
        )
    elif not field.unique:
        yield Doubt(
            grade="may_fail",
            message=_(
                "%(field)s is not unique: two records may hold the same key, and "
                "then Salesforce writes neither."
            )
            % {"field": field.title()},
            hint=_("Mark it as unique in Salesforce."),
        )


def holds_our_key(field: FieldSchema) -> bool:
    return field.type in KEY_TYPES and field.length >= KEY_LENGTH


def is_our_key(name: str | None) -> bool:
    """Say whether a field was made for our key."""
    return name is not None and OUR_KEY.fullmatch(name) is not None


def our_keys(
    mapping: MappingSpec, schemas: Mapping[str, ObjectSchema]
) -> dict[str, str]:
    """Return step -> the field made for our key, for steps that make records and name
    no key field: with it, no repeated write makes a second record."""
    keys = {}
    for step in mapping.steps:
        if step.may_create and step.key_field is None and step.object in schemas:
            ruled = {rule.field for rule in step.fields}
            keys[step.key] = own_key(schemas[step.object], ruled)
    return {step: field for step, field in keys.items() if field is not None}


def own_key(schema: ObjectSchema, ruled: Container[str] = ()) -> str | None:
    """Return the field of an object that was made for our key, if no rule fills it."""
    fitting = (
        name
        for name, field in schema.fields.items()
        if is_our_key(name) and _takes_our_key(field) and name not in ruled
    )
    return next(fitting, None)


def _takes_our_key(field: FieldSchema) -> bool:
    fits = field.external_id and field.unique and field.createable
    return fits and holds_our_key(field)


def keyed(mapping: MappingSpec, schemas: Mapping[str, ObjectSchema]) -> MappingSpec:
    """Return the mapping as it runs: records hold our key wherever there is a field
    for it."""
    keys = our_keys(mapping, schemas)
    steps = (
        replace(step, key_field=keys.get(step.key, step.key_field))
        for step in mapping.steps
    )
    return replace(mapping, steps=tuple(steps))


def key_advice(schema: ObjectSchema) -> Iterator[Doubt]:
    """A field that could hold our key, where none is chosen."""
    for field in schema.fields.values():
        if _takes_our_key(field):
            yield Doubt(
                grade="note",
                message=_(
                    "%(field)s could hold Tellback's key. Then no repeated write "
                    "makes a second record."
                )
                % {"field": field.title()},
                hint=_("Choose it as key field, unless another system fills it."),
            )
            return


def own_key_note(field: FieldSchema) -> Doubt:
    """What is done where no key field is chosen and there is one made for our key."""
    words = _(
        "New records get Tellback's key in %(field)s, so that no repeated write makes "
        "a second one."
    )
    return Doubt(grade="note", message=words % {"field": field.title()}, hint="")
