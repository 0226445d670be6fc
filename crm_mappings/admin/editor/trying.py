"""Owns what a rule makes of the latest answers: shown beside it, before anything
runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings.admin.editor.stock import say
from crm_mappings.plan.lookups import object_prefixes
from crm_mappings.plan.planner import FileContent
from crm_mappings.plan.reading import Reader
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import steps_in
from crm_mappings.plan.values import KEEP, Facts, ValueProblem, reader, settled
from surveys.conditions import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the latest response would write to a field."""

    text: str
    refused: bool = False
    quiet: bool = False


def tried(
    document: dict[str, Any],
    field: FieldSchema,
    schema: ObjectSchema,
    latest: Facts | None,
) -> Tried | None:
    """Return what comes of a rule; None where that cannot be told."""
    reads = Reader()
    rule = reads.rule(document, "")
    if latest is None or reads.problems or steps_in(rule.value):
        return None
    if not holds(rule.condition, reader(latest)):
        return Tried(text=_("not written: its condition does not hold"), quiet=True)
    prefixes = object_prefixes({schema.name: schema})
    value = settled(rule, field, latest, {}, prefixes)
    if isinstance(value, ValueProblem):
        return Tried(text=value.message, refused=True)
    if value is KEEP:
        return Tried(text=_("left alone: no answer"), quiet=True)
    if isinstance(value, FileContent):
        return Tried(text=_("the file"))
    return Tried(text=say(value) or _("cleared"))
