"""The fields of records that an admin can choose from: described by the source, seen
in events, or used already."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from deployments import sources
from deployments.models import Trigger, TriggerEvent
from surveys.admin.conditions import NameChoice, NameGroup
from surveys.conditions import ConditionError, comparisons, parse

RECENT_EVENTS = 20


def described_fields(source: str, object_name: str) -> dict[str, str]:
    """Return field -> label as the source describes them; empty: it does not know."""
    try:
        return dict(sources.get(source).fields(source, object_name))
    except sources.UnknownSource:
        return {}


def seen_fields(source: str, object_name: str) -> Iterator[str]:
    """Yield the fields that recent events brought along."""
    recent = TriggerEvent.objects.filter(source=source, object__iexact=object_name)
    for fields in recent.order_by("-pk").values_list("fields", flat=True)[
        :RECENT_EVENTS
    ]:
        yield from fields


def known_fields(trigger: Trigger) -> dict[str, str]:
    """Return every field that can be chosen: described, seen, or used already."""
    fields: dict[str, str] = {}
    if trigger.source:
        fields = described_fields(trigger.source, trigger.object)
    used = [trigger.email_field, trigger.name_field, trigger.language_field]
    for name in (*seen_fields(trigger.source, trigger.object), *used):
        if name:
            fields.setdefault(name, name)
    for name in _in_condition(trigger.condition):
        fields.setdefault(name, name)
    return fields


def known_everywhere(condition: object) -> dict[str, str]:
    """Return the fields that triggers read, and those of the condition."""
    names = [
        name
        for row in Trigger.objects.order_by("-pk")[:RECENT_EVENTS]
        for name in known_fields(row)
    ]
    return {name: name for name in (*names, *_in_condition(condition))}


def known_objects() -> dict[str, str]:
    return {
        name: label
        for source, _label in sources.all_choices()
        for name, label in sources.get(source).objects(source)
    }


def _in_condition(document: object) -> list[str]:
    try:
        rule = parse(document) if document is not None else None
    except ConditionError:
        return []
    return (
        [one.name for one in comparisons(rule) if one.source == "field"] if rule else []
    )


def condition_groups(fields: dict[str, str]) -> list[NameGroup]:
    names = tuple(
        NameChoice(source="field", name=name, label=label, type="any")
        for name, label in fields.items()
    )
    return [NameGroup(label=_("Fields of the record"), names=names)] if names else []
