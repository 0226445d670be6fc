"""Owns what a mapping says: steps, finders and field rules, from its document and
back. What it says of an org's objects is checked in `check`."""

from __future__ import annotations

from crm_mappings.plan.agreeing import Agreement
from crm_mappings.plan.reading import Problem, Reader
from crm_mappings.plan.sources import (
    FromConstant,
    FromQuestion,
    FromRecord,
    FromResponse,
    FromStep,
    FromTemplate,
    FromVariable,
    ValueSource,
    source_document,
)
from crm_mappings.plan.specs import (
    Action,
    Blank,
    ByRecord,
    ByValue,
    FieldSpec,
    Finder,
    MappingSpec,
    NoMatch,
    Overwrite,
    Several,
    StepSpec,
)
from crm_mappings.plan.transforms import Transform, transform_document
from surveys import conditions
from surveys.conditions import Condition

__all__ = [
    "Action",
    "Blank",
    "ByRecord",
    "ByValue",
    "FieldSpec",
    "Finder",
    "FromConstant",
    "FromQuestion",
    "FromRecord",
    "FromResponse",
    "FromStep",
    "FromTemplate",
    "FromVariable",
    "MappingError",
    "MappingSpec",
    "NoMatch",
    "Overwrite",
    "Problem",
    "Several",
    "StepSpec",
    "Transform",
    "ValueSource",
    "finder_document",
    "parse",
    "to_document",
]


class MappingError(ValueError):
    """Everything that is wrong in a mapping document."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        )
        self.problems = problems


def parse(document: object) -> MappingSpec:
    """Return the mapping of a document; raise with all of its problems at once."""
    reader = Reader()
    spec = reader.mapping(document)
    if not reader.problems:
        Agreement(reader.note).check_steps(spec)
    if reader.problems:
        raise MappingError(tuple(reader.problems))
    return spec


def to_document(spec: MappingSpec) -> dict[str, object]:
    """Return the canonical document: `parse(to_document(spec)) == spec`."""
    return {
        "key": spec.key,
        "survey": spec.survey,
        "connection": spec.connection,
        "when": spec.when,
        "condition": _condition_document(spec.condition),
        "trusts_links": spec.trusts_links,
        "partial_after": spec.partial_after,
        "on_erasure": spec.on_erasure.value,
        "steps": [_step_document(step) for step in spec.steps],
    }


def finder_document(finder: Finder) -> dict[str, object]:
    if isinstance(finder, ByRecord):
        return {"record": finder.record}
    return {finder.how: finder.field, "value": source_document(finder.value)}


def _step_document(step: StepSpec) -> dict[str, object]:
    return {
        "key": step.key,
        "action": step.action.value,
        "object": step.object,
        "find": [finder_document(finder) for finder in step.find],
        "no_match": step.no_match.value,
        "several": step.several.value,
        "key_field": step.key_field,
        "duplicates": step.duplicates.value,
        "condition": _condition_document(step.condition),
        "fields": [_rule_document(rule) for rule in step.fields],
    }


def _rule_document(rule: FieldSpec) -> dict[str, object]:
    return {
        "field": rule.field,
        "value": source_document(rule.value),
        "table": dict(rule.table),
        "transforms": [transform_document(entry) for entry in rule.transforms],
        "blank": rule.blank.value,
        "default": rule.default,
        "overwrite": rule.overwrite.value,
        "condition": _condition_document(rule.condition),
    }


def _condition_document(condition: Condition | None) -> object:
    return None if condition is None else conditions.to_document(condition)
