"""Owns the proof of a mapping before it is live: what an org's objects and a
survey say of it, each finding with its grade and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crm_mappings.plan.dependent import dependent_doubts
from crm_mappings.plan.domains import domain
from crm_mappings.plan.lookups import ID, object_prefixes
from crm_mappings.plan.naming import (
    nearest,
    unknown_names,
    unknown_results,
    unused_names,
)
from crm_mappings.plan.proving import Doubt, Grade, doubts, may_be_blank
from crm_mappings.plan.ranges import Domain
from crm_mappings.plan.recognising import (
    KEY_LENGTH,
    chooser_doubts,
    holds_our_key,
    key_advice,
    key_doubts,
    our_keys,
    own_key_note,
    sought_doubts,
)
from crm_mappings.plan.response_facts import ResponseNames
from crm_mappings.plan.results import record_names
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import ValueSource
from crm_mappings.plan.specs import (
    Action,
    ByRecord,
    ByValue,
    FieldSpec,
    MappingSpec,
    Overwrite,
    StepSpec,
)
from surveys import conditions
from surveys.conditions import Condition, names_of
from surveys.definition import Definition, names
from surveys.wording import gettext as _

__all__ = ["Finding", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that the check has to say of a mapping, a step or a field."""

    step: str | None
    field: str | None
    grade: Grade
    message: str
    # What to do about it.
    hint: str = ""
    # An answer that would fail.
    example: str = ""


def check(
    mapping: MappingSpec, schemas: Mapping[str, ObjectSchema], definition: Definition
) -> tuple[Finding, ...]:
    """Return all that can be said before a response meets the mapping.

    Without `will_fail` and `may_fail`, Salesforce can refuse no value for its type.
    """
    checker = _Checker(mapping, schemas, definition)
    checker.check_mapping()
    for step in mapping.steps:
        checker.check_step(step)
    return tuple(checker.findings)


class _Checker:
    """Collects the findings, step by step."""

    def __init__(
        self,
        mapping: MappingSpec,
        schemas: Mapping[str, ObjectSchema],
        definition: Definition,
    ) -> None:
        self.mapping = mapping
        self.schemas = schemas
        self.definition = definition
        self.prefixes = object_prefixes(schemas)
        self.own_keys = our_keys(mapping, schemas)
        self.asked = names(definition)
        self.names = names_of({}, self.asked, ResponseNames())
        self.findings: list[Finding] = []
        self.step: str | None = None
        self.field: str | None = None

    def say(
        self, grade: Grade, message: str, hint: str = "", example: str = ""
    ) -> None:
        self.findings.append(
            Finding(
                step=self.step,
                field=self.field,
                grade=grade,
                message=message,
                hint=hint,
                example=example,
            )
        )

    def say_all(self, doubts: Iterable[Doubt]) -> None:
        for doubt in doubts:
            self.say(doubt.grade, doubt.message, doubt.hint, doubt.example)

    def check_mapping(self) -> None:
        if self.mapping.survey != self.definition.key:
            self.say(
                "will_fail",
                _("The mapping is for the survey %(survey)s, not for %(definition)s.")
                % {"survey": self.mapping.survey, "definition": self.definition.key},
                _("Choose the survey that it is for."),
            )
        self.check_condition(self.mapping.condition)
        unused = unused_names(self.mapping, self.definition)
        if unused:
            self.say(
                "note",
                _("Not written to Salesforce: %(unused)s.")
                % {"unused": ", ".join(unused)},
                _("Add a field rule for each that is wanted there."),
            )

    def check_condition(self, condition: Condition | None) -> None:
        if condition is None:
            return
        for problem in conditions.check(condition, self.names):
            self.say("will_fail", problem, _("Correct the condition."))

    def let_ask_for(self, step: StepSpec) -> None:
        """Later steps may ask whether this one has a record."""
        earlier = self.mapping.steps[: self.mapping.steps.index(step)]
        known = {
            ("step", one.key): record_names(self.schemas.get(one.object))
            for one in earlier
        }
        self.names = names_of(known, self.asked, ResponseNames())

    def check_step(self, step: StepSpec) -> None:
        self.step, self.field = step.key, None
        self.let_ask_for(step)
        self.check_condition(step.condition)
        schema = self.schemas.get(step.object)
        if schema is None:
            self.say(
                "will_fail",
                _(
                    "The org has no object %(object)s, or the connected user may not "
                    "see it."
                )
                % {"object": step.object},
                _("Choose another object, or give the user access to it."),
            )
            return
        self.check_access(step, schema)
        for finder in step.find:
            self.check_finder(finder, step, schema)
        if step.key_field is not None:
            self.check_key(step.key_field, step, schema)
        elif step.key in self.own_keys:
            self.say_all([own_key_note(schema.fields[self.own_keys[step.key]])])
        elif step.may_create:
            self.say_all(key_advice(schema))
        for rule in step.fields:
            self.field = rule.field
            self.check_rule(rule, step, schema)
        if step.may_create:
            self.check_required(step, schema)
        self.step = self.field = None

    def check_access(self, step: StepSpec, schema: ObjectSchema) -> None:
        for needed, allowed, verb in (
            (step.may_create, schema.createable, _("create")),
            (step.may_update, schema.updateable, _("update")),
            (step.action is not Action.CREATE, schema.queryable, _("find")),
        ):
            if needed and not allowed:
                self.say(
                    "will_fail",
                    _("The connected user may not %(verb)s records of %(object)s.")
                    % {"verb": verb, "object": schema.label},
                    _("Give the user this permission on the object in Salesforce."),
                )

    # How the record is found.

    def check_finder(
        self, finder: ByRecord | ByValue, step: StepSpec, schema: ObjectSchema
    ) -> None:
        if isinstance(finder, ByRecord):
            if finder.record != step.object:
                self.say(
                    "may_fail",
                    _(
                        "The record reference %(record)s need not be the id of a "
                        "record of %(object)s."
                    )
                    % {"record": finder.record, "object": step.object},
                    _("Find it by the record reference %(object)s.")
                    % {"object": step.object},
                )
            return
        self.say_all(self.choosers(finder.value))
        known = self.known(finder.value)
        if finder.field == ID:
            return
        field = self.find_field(finder.field, schema)
        if field is None:
            return
        self.say_all(sought_doubts(finder, field, step))
        if known:
            self.check_sought_value(finder, field)

    def check_sought_value(self, finder: ByValue, field: FieldSchema) -> None:
        sought = FieldSpec(field=finder.field, value=finder.value)
        for doubt in doubts(sought, field, self.domain(finder.value), self.prefixes):
            if doubt.grade == "will_fail":
                self.say(
                    "will_fail",
                    _("Finds nothing. %(message)s") % {"message": doubt.message},
                    doubt.hint,
                )

    def choosers(self, source: ValueSource) -> Iterator[Doubt]:
        return chooser_doubts(source, self.definition, self.mapping)

    def check_key(self, name: str, step: StepSpec, schema: ObjectSchema) -> None:
        field = self.find_field(name, schema)
        if field is None:
            return
        self.say_all(key_doubts(field))
        if step.key_rule is not None:
            self.say_all(self.choosers(step.key_rule.value))
        elif not holds_our_key(field):
            self.say(
                "will_fail",
                _(
                    "%(field)s cannot hold Tellback's key, a text of %(length)s "
                    "characters."
                )
                % {"field": field.title(), "length": KEY_LENGTH},
                _("Choose a text field of that length, marked as an external id."),
            )
        elif not field.createable:
            self.read_only(field)

    # What is written.

    def check_rule(self, rule: FieldSpec, step: StepSpec, schema: ObjectSchema) -> None:
        before = len(self.findings)
        self.check_condition(rule.condition)
        field = self.find_field(rule.field, schema)
        known = self.known(rule.value)
        if field is not None:
            self.check_writable(field, step)
            if known:
                self.check_value(rule, field, step)
            self.say_all(dependent_doubts(rule, field, step, schema))
        if step.action is Action.CREATE and rule.overwrite is Overwrite.IF_BLANK:
            self.say("note", _("In a new record every field is blank."))
        if not any(
            finding.grade in {"will_fail", "may_fail"}
            for finding in self.findings[before:]
        ):
            self.say("fine", _("Every value that can come fits."))

    def check_value(self, rule: FieldSpec, field: FieldSchema, step: StepSpec) -> None:
        given = self.domain(rule.value)
        self.say_all(doubts(rule, field, given, self.prefixes))
        if rule is step.key_rule and (
            rule.condition or may_be_blank(rule, field, given, self.prefixes)
        ):
            self.say(
                "may_fail",
                _("%(field)s is the key of the record, and it may be blank.")
                % {"field": field.title()},
                _("Take a value that is always there, or give a default."),
            )

    def check_writable(self, field: FieldSchema, step: StepSpec) -> None:
        updates = step.may_update and not field.updateable
        if updates or (step.may_create and not field.createable):
            self.read_only(field)

    def read_only(self, field: FieldSchema) -> None:
        self.say(
            "will_fail",
            _(
                "%(field)s cannot be written: it is read-only in Salesforce, or "
                "the connected user may not edit it."
            )
            % {"field": field.title()},
            _("Choose another field, or give the user edit access to this one."),
        )

    def check_required(self, step: StepSpec, schema: ObjectSchema) -> None:
        first = step.action in {Action.CREATE, Action.UPSERT}
        rules = {rule.field: rule for rule in step.fields}
        for field in schema.fields.values():
            key = self.own_keys.get(step.key, step.key_field)
            if not field.required_on_create or field.name == key:
                continue
            self.field = field.name
            rule = rules.get(field.name)
            if rule is None:
                self.say(
                    "will_fail" if first else "may_fail",
                    _("A new %(object)s needs %(field)s.")
                    % {"object": schema.label, "field": field.title()},
                    _("Add a rule for this field."),
                )
            elif self.may_be_left_out(rule, field):
                self.say(
                    "may_fail",
                    _(
                        "A new %(object)s needs %(field)s, and there may be no value for "
                        "it."
                    )
                    % {"object": schema.label, "field": field.title()},
                    _("Make the question required, or give a default."),
                )

    def may_be_left_out(self, rule: FieldSpec, field: FieldSchema) -> bool:
        if any(one.grade != "note" for one in self.unknown(rule.value)):
            return False
        given = self.domain(rule.value)
        return bool(rule.condition) or may_be_blank(rule, field, given, self.prefixes)

    # Names.

    def domain(self, source: ValueSource) -> Domain:
        return domain(source, self.definition, self.mapping, self.schemas)

    def unknown(self, source: ValueSource) -> list[Doubt]:
        """Return a doubt for each name of a source that cannot be read."""
        results = unknown_results(source, self.mapping, self.schemas)
        return [*unknown_names(source, self.definition), *results]

    def known(self, source: ValueSource) -> bool:
        """Say which names of a source do not exist; True when all can be read."""
        found = self.unknown(source)
        self.say_all(found)
        return not any(unknown.grade == "will_fail" for unknown in found)

    def find_field(self, name: str, schema: ObjectSchema) -> FieldSchema | None:
        field = schema.fields.get(name)
        if field is None:
            self.say(
                "will_fail",
                _(
                    "%(object)s has no field %(name)s, or the connected user may not "
                    "see it."
                )
                % {"object": schema.label, "name": name},
                nearest(name, schema.fields),
            )
        return field
