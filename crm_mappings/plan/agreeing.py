"""Owns what the parts of a mapping document say of each other: steps that refer to
each other, actions and what belongs to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crm_mappings.plan.sources import FromStep
from crm_mappings.plan.specs import (
    Action,
    FieldSpec,
    MappingSpec,
    NoMatch,
    Several,
    StepSpec,
)
from surveys import conditions
from surveys.conditions import Condition
from surveys.wording import gettext as _


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
                self.check_reference(rule, earlier, f"{path}.fields[{number}].value")
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
        if step.key_rule and isinstance(step.key_rule.value, FromStep):
            self.note(f"{path}.key_field", _("A record id cannot be the key."))
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

    def check_reference(
        self, rule: FieldSpec, earlier: Mapping[str, StepSpec], path: str
    ) -> None:
        if not isinstance(rule.value, FromStep):
            return
        for name in (rule.value.step, rule.value.otherwise):
            step = earlier.get(name or "")
            if name is not None and step is None:
                self.note(
                    path, _("There is no earlier step %(step)r.") % {"step": name}
                )
            elif step is not None and step.several is Several.ALL:
                self.note(
                    path,
                    _("The step %(step)r may write several records.") % {"step": name},
                )

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


def steps_of(condition: Condition | None) -> list[str]:
    """Return the steps that a condition asks for."""
    if condition is None:
        return []
    asked = conditions.comparisons(condition)
    return [one.name for one in asked if one.source == "step"]
