"""Owns which questions the active mappings read: what a designer is told before a
question that one of them needs is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.urls import reverse
from django.utils.translation import gettext as _

from crm_mappings.models import Mapping
from crm_mappings.plan import rules
from crm_mappings.plan.sources import (
    FromQuestion,
    FromWording,
    ValueSource,
    parts,
)
from crm_mappings.plan.specs import ByValue, MappingSpec, StepSpec
from surveys import conditions
from surveys.conditions import Condition
from surveys.models import Survey
from surveys.uses import Use

HAS = "has:"


def question_uses(survey: Survey) -> Iterator[Use]:
    """Every place where an active mapping of the survey reads a question."""
    rows = Mapping.objects.filter(survey=survey, status=Mapping.Status.ACTIVE)
    for mapping in rows.select_related("live_revision").order_by("name", "pk"):
        if mapping.live_revision is None:
            continue
        # A revision of an older form is found by the nightly check, not here.
        with suppress(rules.MappingError):
            yield from _uses(mapping, rules.parse(mapping.live_revision.document))


def _uses(mapping: Mapping, spec: MappingSpec) -> Iterator[Use]:
    link = reverse("admin:crm_mappings_mapping_change", args=[mapping.pk])
    seen = set()
    for place, question, choice in _reads(spec):
        if (place, question, choice) in seen:
            continue
        seen.add((place, question, choice))
        yield Use(
            question=question,
            choice=choice,
            link=link,
            where=_("Mapping “%(mapping)s”: %(place)s")
            % {"mapping": mapping, "place": place},
        )


def _reads(spec: MappingSpec) -> Iterator[tuple[str, str, str]]:
    for question, choice in _compared(spec.condition):
        yield _("its condition"), question, choice
    for step in spec.steps:
        yield from _step_reads(step)


def _step_reads(step: StepSpec) -> Iterator[tuple[str, str, str]]:
    for question, choice in _compared(step.condition):
        yield _("condition of step %(step)s") % {"step": step.key}, question, choice
    for finder in step.find:
        if isinstance(finder, ByValue):
            place = _("finding a record by %(field)s") % {"field": finder.field}
            for question, choice in _asked(finder.value):
                yield place, question, choice
    for rule in step.fields:
        place = f"{step.object}.{rule.field}"
        for question, choice in _asked(rule.value):
            yield place, question, choice
            for answer in rule.table:
                yield place, question, answer
        for question, choice in _compared(rule.condition):
            yield place, question, choice


def _asked(source: ValueSource) -> Iterator[tuple[str, str]]:
    for part in parts(source):
        if isinstance(part, FromQuestion):
            yield part.question, _choice(part.facet)
        elif isinstance(part, FromWording):
            yield part.question, ""


def _compared(condition: Condition | None) -> Iterator[tuple[str, str]]:
    if condition is None:
        return
    for part in conditions.comparisons(condition):
        if part.source == "question":
            yield part.name, _choice(part.facet)


def _choice(facet: str | None) -> str:
    """The choice that a facet such as has:speed asks for."""
    return facet.removeprefix(HAS) if facet and facet.startswith(HAS) else ""
