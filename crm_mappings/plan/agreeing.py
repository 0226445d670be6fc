"""Owns what the parts of a mapping document say of each other: steps that refer to
each other, actions and what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crm_mappings.plan.sources import ValueSource, named_steps, steps_in
from crm_mappings.plan.specs import (
    Action,
    ByValue,
    MappingSpec,
    NoMatch,
    Several,
    StepSpec,
)
from surveys import conditions
from surveys.conditions import Condition
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

SEVERAL = gettext_noop("The step %(step)r may write several records.")


class Agreement:
    """Goes through the steps in order, noting what does not go together."""

    def __init__(self, note: Callable[[str, str], None]) -> None:
        self.note = note

    def check_steps(self, spec: MappingSpec) -> None:
        earlier: dict[str, StepSpec] = {}
        if steps_of(spec.condition):
            self.note("condition", _("No step has run when this is asked."))
        for place, step in enumerate(spec.steps):
            path = f"steps[{place}]"
            if step.key in earlier:
                self.note(
                    f"{path}.key",
                    _("Two steps are called %(step)r.") % {"step": step.key},
                )
            self.check_finding(step, path)
            self.check_writing(step, path)
            self.check_conditions(step, earlier, path)
            for number, rule in enumerate(step.fields):
                where = f"{path}.fields[{number}].value"
                self.check_references(rule.value, earlier, where)
            for number, finder in enumerate(step.find):
                if isinstance(finder, ByValue):
                    where = f"{path}.find[{number}].value"
                    self.check_references(finder.value, earlier, where)
            earlier[step.key] = step

    def check_finding(self, step: StepSpec, path: str) -> None:
        if step.action in {Action.UPDATE, Action.FIND} and not step.find:
            self.note(f"{path}.find", _("Say how the record is found."))
        if step.action is Action.CREATE and step.find:
            self.note(
                f"{path}.find",
                _(
                    "A new record is not looked for. To write to one that exists when "
                    "there is one, use the action upsert."
                ),
            )
        if step.action is Action.UPSERT and not (step.find or step.key_field):
            self.note(
                f"{path}.find", _("Say how the record is found, or its key_field.")
            )
        if step.action is Action.UPSERT and step.no_match is not NoMatch.CREATE:
            self.note(
                f"{path}.no_match",
                _(
                    "An upsert creates the record when there is none: say 'create', or "
                    "use the action update."
                ),
            )
        if step.action is Action.FIND and step.no_match is NoMatch.CREATE:
            self.note(
                f"{path}.no_match", _("A step that only finds a record creates none.")
            )
        if step.several is Several.ALL and step.action is not Action.UPDATE:
            self.note(f"{path}.several", _("'all' is for the action update only."))

    def check_writing(self, step: StepSpec, path: str) -> None:
        if step.action is Action.FIND and (step.fields or step.key_field):
            self.note(
                f"{path}.fields", _("A step that only finds a record writes none.")
            )
        if step.action is not Action.FIND and not step.fields:
            self.note(f"{path}.fields", _("Say which fields are written."))
        if step.key_rule and step.action is not Action.UPSERT:
            self.note(
                f"{path}.key_field",
                _(
                    "This field holds Tellback's own key: it cannot have a rule as "
                    "well."
                ),
            )
        if step.key_rule and steps_read(step.key_rule.value):
            self.note(
                f"{path}.key_field",
                _("The key of a record cannot depend on an earlier step."),
            )
        if step.key_field and not step.may_create:
            self.note(f"{path}.key_field", _("Only a new record is given a key."))
        seen = set()
        for number, rule in enumerate(step.fields):
            if rule.field.lower() in seen:
                self.note(
                    f"{path}.fields[{number}].field",
                    _("%(field)s has a rule already in this step.")
                    % {"field": rule.field},
                )
            seen.add(rule.field.lower())

    def check_references(
        self, source: ValueSource, earlier: Mapping[str, StepSpec], path: str
    ) -> None:
        for name in steps_read(source):
            step = earlier.get(name)
            if step is None:
                self.note(
                    path, _("There is no earlier step %(step)r.") % {"step": name}
                )
            elif step.several is Several.ALL:
                self.note(path, _(SEVERAL) % {"step": name})

    def check_conditions(
        self, step: StepSpec, earlier: Mapping[str, StepSpec], path: str
    ) -> None:
        """A condition may ask only for what is known when it is asked."""
        key = step.key_rule
        if key is not None and steps_of(key.condition):
            self.note(
                f"{path}.key_field",
                _("The key of a record cannot depend on an earlier step."),
            )
        places = [(step.condition, f"{path}.condition")]
        places += [
            (rule.condition, f"{path}.fields[{number}].condition")
            for number, rule in enumerate(step.fields)
        ]
        for condition, place in places:
            for name in steps_of(condition):
                if name not in earlier:
                    self.note(
                        place, _("There is no earlier step %(step)r.") % {"step": name}
                    )
            for name in facets_of(condition):
                if name in earlier and earlier[name].several is Several.ALL:
                    self.note(place, _(SEVERAL) % {"step": name})


def steps_read(source: ValueSource) -> list[str]:
    """Return the steps of which a value source reads something."""
    named = (name for part in steps_in(source) for name in named_steps(part))
    return list(dict.fromkeys(named))


def steps_of(condition: Condition | None) -> list[str]:
    """Return the steps that a condition asks for."""
    if condition is None:
        return []
    asked = conditions.comparisons(condition)
    return [one.name for one in asked if one.source == "step"]


def facets_of(condition: Condition | None) -> list[str]:
    """Return the steps of whose record a condition asks for more than that it is."""
    asked = conditions.comparisons(condition) if condition is not None else ()
    return [one.name for one in asked if one.source == "step" and one.facet]
