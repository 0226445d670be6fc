"""Owns which names of a survey a mapping uses, and which of them do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from crm_mappings.plan.proving import Doubt
from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.results import readable
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.sources import (
    FromQuestion,
    FromResponse,
    FromVariable,
    FromWording,
    ValueSource,
    named_steps,
    parts,
    steps_in,
)
from crm_mappings.plan.specs import ByValue, MappingSpec, StepSpec
from surveys.definition import Definition, facet_types
from surveys.wording import gettext as _


def unknown_names(source: ValueSource, definition: Definition) -> list[Doubt]:
    """Return a doubt for each name of a source that the survey does not have."""
    found = (_unknown(part, definition) for part in parts(source))
    return [doubt for doubt in found if doubt is not None]


def unknown_results(
    source: ValueSource, mapping: MappingSpec, schemas: Mapping[str, ObjectSchema]
) -> Iterator[Doubt]:
    """Yield a doubt for each field that the record of an earlier step does not have,
    or of which nothing is known when it is made."""
    for part in steps_in(source):
        for step in mapping.steps:
            schema = schemas.get(step.object)
            if part.facet in {None, "outcome"} or schema is None:
                continue
            if step.key in named_steps(part):
                yield from _unknown_result(str(part.facet), step, schema)


def _unknown_result(name: str, step: StepSpec, schema: ObjectSchema) -> Iterator[Doubt]:
    field = schema.fields.get(name)
    words = {"step": step.key, "object": schema.label, "field": name}
    if field is None:
        text = _(
            "The record of step %(step)s has no field %(field)s: %(object)s has none, "
            "or the connected user may not see it."
        )
        hint = nearest(name, schema.fields)
        yield Doubt(grade="will_fail", message=text % words, hint=hint)
    elif not readable(field):
        text = _("%(field)s of step %(step)s holds what no later step can use.")
        hint = _("Choose another field.")
        yield Doubt(grade="will_fail", message=text % words, hint=hint)
    elif step.may_create and all(rule.field != name for rule in step.fields):
        text = _(
            "When step %(step)s makes the record, nothing is known yet of its "
            "%(field)s: it is read as blank."
        )
        hint = _("Let the step write the field, or find the record first.")
        yield Doubt(grade="note", message=text % words, hint=hint)


def unused_names(mapping: MappingSpec, definition: Definition) -> list[str]:
    """Return the questions and variables that the mapping writes nowhere."""
    used = [part for source in _sources(mapping) for part in parts(source)]
    questions = {part.question for part in used if isinstance(part, FromQuestion)}
    variables = {part.variable for part in used if isinstance(part, FromVariable)}
    return [
        *(
            question.key
            for question in definition.questions()
            if facet_types(question) and question.key not in questions
        ),
        *(
            f"variable.{variable.key}"
            for variable in definition.variables
            if variable.key not in variables
        ),
    ]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint: the names that are spelled nearly like this one."""
    by_fold = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.7)
    if not near:
        return _("Choose another field, or give the user access to it.")
    return _("Did you mean %(names)s?") % {
        "names": _(" or ").join(by_fold[one] for one in near)
    }


def _sources(mapping: MappingSpec) -> Iterator[ValueSource]:
    for step in mapping.steps:
        yield from (rule.value for rule in step.fields)
        yield from (one.value for one in step.find if isinstance(one, ByValue))


def _unknown(source: ValueSource, definition: Definition) -> Doubt | None:
    match source:
        case FromQuestion():
            return _unknown_question(source, definition)
        case FromWording(question=key) if definition.question(key) is None:
            return _no_question(key, definition)
        case FromVariable(variable=key) if definition.variable(key) is None:
            return Doubt(
                grade="may_fail",
                message=_(
                    "The survey does not declare the variable %(variable)s: it is blank "
                    "unless an invitation brings it."
                )
                % {"variable": key},
                hint=_("Declare the variable in the survey."),
            )
        case FromResponse(name=name) if name not in RESPONSE_FACTS:
            return Doubt(
                grade="will_fail",
                message=_("A response has no %(name)s.") % {"name": name},
                hint=_("Choose one of %(names)s.")
                % {"names": ", ".join(RESPONSE_FACTS)},
            )
        case _:
            return None


def _unknown_question(source: FromQuestion, definition: Definition) -> Doubt | None:
    question = definition.question(source.question)
    if question is None:
        return _no_question(source.question, definition)
    facets = facet_types(question)
    if not facets:
        return Doubt(
            grade="will_fail",
            message=_("%(question)s is a statement: nobody answers it.")
            % {"question": question.key},
            hint=_("Choose another question."),
        )
    if source.facet is not None and source.facet not in facets:
        return Doubt(
            grade="will_fail",
            message=_("The answer to %(question)s has no %(facet)s.")
            % {"question": question.key, "facet": source.facet},
            hint=_("Choose one of %(names)s.") % {"names": ", ".join(facets)},
        )
    return None


def _no_question(key: str, definition: Definition) -> Doubt:
    asked = [one.key for one in definition.questions()]
    return Doubt(
        grade="will_fail",
        message=_("The survey has no question %(question)s.") % {"question": key},
        hint=_("Choose one of %(names)s.") % {"names": ", ".join(asked)},
    )
