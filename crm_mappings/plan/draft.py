"""Owns a plan while it is made: step by step, each with what the earlier ones found
and made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm_mappings.plan.finding import Found, Target, resolved
from crm_mappings.plan.lookups import key_value, object_prefixes, unknown_field
from crm_mappings.plan.refusals import left_out, not_allowed, read_only, unknown_object
from crm_mappings.plan.results import (
    CREATED,
    FOUND,
    StepRef,
    StepResult,
    known_fields,
)
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.specs import (
    Action,
    Duplicates,
    FieldSpec,
    MappingSpec,
    Overwrite,
    StepSpec,
)
from crm_mappings.plan.values import (
    KEEP,
    Facts,
    ValueProblem,
    is_blank,
    reader,
    settled,
)
from crm_mappings.plan.writes import (
    CREATE,
    UPDATE,
    UPSERT,
    Problem,
    Sighting,
    Skip,
    Write,
    key_for,
)
from surveys.conditions import Condition, holds
from surveys.wording import gettext as _


class Draft:
    """A plan that grows step by step."""

    def __init__(
        self,
        facts: Facts,
        mapping: MappingSpec,
        schemas: Mapping[str, ObjectSchema],
        found: Found,
    ) -> None:
        self.facts = facts
        self.mapping = mapping
        self.schemas = schemas
        self.found = found
        self.prefixes = object_prefixes(schemas)
        self.results: dict[str, StepResult | None] = {}
        self.reader = reader(facts, self.results)
        self.writes: list[Write] = []
        self.skipped: list[Skip] = []
        self.problems: list[Problem] = []
        self.sightings: list[Sighting] = []

    def asks(self, condition: Condition | None) -> bool:
        return holds(condition, self.reader)

    def skip(self, step: str | None, reason: str) -> None:
        self.skipped.append(Skip(step=step, reason=reason))

    def refuse(self, step: StepSpec, problem: ValueProblem, name: str | None) -> None:
        self.problems.append(
            Problem(
                step=step.key, field=name, code=problem.code, message=problem.message
            )
        )

    def add(self, step: StepSpec) -> None:
        if not self.asks(step.condition):
            self.skip(step.key, _("The condition of the step does not hold."))
            return
        # Later steps are planned as if this one came right: one look at a plan
        # shows every problem once.
        self.results[step.key] = StepResult(id=StepRef(step=step.key), outcome=CREATED)
        schema = self.schemas.get(step.object)
        if schema is None:
            self.refuse(step, unknown_object(step.object), None)
            return
        target = self.target(step)
        if isinstance(target, ValueProblem):
            self.refuse(step, target, None)
        elif target.matches:
            self.results[step.key] = self.found_record(step, schema, target)
            if step.may_update:
                self.update(step, schema, target)
            else:
                self.sight(step, target)
        elif step.may_create:
            self.create(step, schema, target)
        else:
            self.results[step.key] = None
            self.skip(step.key, target.note)

    def sight(self, step: StepSpec, target: Target) -> None:
        record_id = target.matches[0].id
        self.sightings.append(
            Sighting(
                step=step.key,
                object=step.object,
                record_id=record_id,
                note=target.note,
            )
        )

    def found_record(
        self, step: StepSpec, schema: ObjectSchema, target: Target
    ) -> StepResult:
        match = target.matches[0]
        return StepResult(
            id=match.id,
            outcome=CREATED if step.key in self.found.made else FOUND,
            fields=known_fields(match.fields, schema),
        )

    def overlay(
        self, step: StepSpec, schema: ObjectSchema, written: Mapping[str, object]
    ) -> None:
        """Later steps read the record as this one leaves it."""
        result = self.results[step.key]
        if result is not None:
            fields = {**result.fields, **known_fields(written, schema)}
            self.results[step.key] = replace(result, fields=fields)

    def target(self, step: StepSpec) -> Target | ValueProblem:
        if step.action is Action.CREATE:
            return Target()
        if step.key in self.found.chosen:
            return Target(
                matches=(self.found.chosen[step.key],), note=_("Chosen by a person.")
            )
        return resolved(
            step,
            self.facts,
            self.schemas,
            self.found,
            self.mapping,
            self.results,
        )

    def update(self, step: StepSpec, schema: ObjectSchema, target: Target) -> None:
        if not schema.updateable:
            self.refuse(step, not_allowed(schema, UPDATE), None)
            return
        for match in target.matches:
            fields = self.fields(step, schema, UPDATE, match.fields)
            if fields is None:
                return
            self.overlay(step, schema, fields)
            if not fields:
                self.skip(
                    step.key,
                    _("Nothing to write to %(record)s.") % {"record": match.id},
                )
                continue
            self.writes.append(
                Write(
                    step=step.key,
                    action=UPDATE,
                    object=step.object,
                    record_id=match.id,
                    fields=fields,
                    previous={name: match.fields.get(name) for name in fields},
                    only_if_blank=frozenset(
                        rule.field
                        for rule in step.fields
                        if rule.overwrite is Overwrite.IF_BLANK and rule.field in fields
                    ),
                    note=target.note,
                )
            )

    def create(self, step: StepSpec, schema: ObjectSchema, target: Target) -> None:
        if not schema.createable:
            self.refuse(step, not_allowed(schema, CREATE), None)
            return
        key = self.key(step, schema)
        if isinstance(key, ValueProblem):
            self.refuse(step, key, step.key_field)
            return
        fields = self.fields(step, schema, UPSERT if step.key_rule else CREATE, None)
        if fields is None:
            return
        if not fields:
            self.results[step.key] = None
            self.skip(step.key, _("Nothing to write: every value is blank."))
            return
        named = {} if step.key_field is None else {step.key_field: key}
        self.overlay(step, schema, {**fields, **named})
        for problem, name in left_out(schema, {*fields, step.key_field}):
            self.refuse(step, problem, name)
        self.writes.append(
            Write(
                step=step.key,
                action=CREATE if key is None else UPSERT,
                object=step.object,
                key_field=step.key_field,
                key_value=key,
                fields=fields,
                note=target.note,
                saves_duplicates=step.duplicates is Duplicates.SAVE,
            )
        )

    def key(
        self, step: StepSpec, schema: ObjectSchema
    ) -> str | int | float | ValueProblem | None:
        """Return the value of the key field; None when the step has none."""
        if step.key_field is None:
            return None
        if step.key_field not in schema.fields:
            return unknown_field(step.key_field, schema)
        if step.key_rule is None:
            return key_for(self.facts.response.get("key"), self.mapping.key, step.key)
        key = key_value(step.key_rule, self.facts, schema)
        if isinstance(key, str | int | float | ValueProblem):
            return key
        return ValueProblem(
            code="key_blank",
            message=_(
                "There is no value for %(key_field)s, by which the record of "
                "%(object)s is recognised."
            )
            % {"key_field": step.key_field, "object": step.object},
        )

    def fields(
        self,
        step: StepSpec,
        schema: ObjectSchema,
        action: str,
        current: Mapping[str, object] | None,
    ) -> dict[str, object] | None:
        """Return what is written to a record; None when there was a problem."""
        fields: dict[str, object] = {}
        before = len(self.problems)
        for rule in step.fields:
            # The key of an upsert stands in its address, not among its fields.
            is_key = action == UPSERT and rule is step.key_rule
            if is_key or not self.asks(rule.condition):
                continue
            value = self.value(rule, schema, action, current)
            if isinstance(value, ValueProblem):
                self.refuse(step, value, rule.field)
            elif value is not KEEP:
                fields[rule.field] = value
        return fields if len(self.problems) == before else None

    def value(
        self,
        rule: FieldSpec,
        schema: ObjectSchema,
        action: str,
        current: Mapping[str, object] | None,
    ) -> object | ValueProblem:
        field = schema.fields.get(rule.field)
        if field is None:
            return unknown_field(rule.field, schema)
        if not field.writable(action):
            return read_only(field)
        if (
            rule.overwrite is Overwrite.IF_BLANK
            and current is not None
            and not is_blank(current.get(rule.field))
        ):
            return KEEP
        value = settled(rule, field, self.facts, self.results, self.prefixes)
        # A new record has nothing to clear.
        return KEEP if value is None and current is None else value
