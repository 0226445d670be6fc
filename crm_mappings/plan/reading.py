"""Reads a mapping document to its end, noting every problem on the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from crm_mappings.plan.sources import (
    API_NAME,
    KEY,
    FromConstant,
    FromStep,
    SourceError,
    ValueSource,
    parse_source,
)
from crm_mappings.plan.specs import (
    Action,
    Blank,
    ByRecord,
    ByValue,
    Duplicates,
    Erasure,
    FieldSpec,
    Finder,
    MappingSpec,
    NoMatch,
    Overwrite,
    Several,
    StepSpec,
)
from crm_mappings.plan.transforms import Transform, TransformError, parse_transform
from surveys import conditions
from surveys.conditions import Condition
from surveys.wording import gettext as _

W = TypeVar("W", bound=StrEnum)
MAX_STEPS: Final = 20
MAX_FIELDS: Final = 200
MAX_FINDERS: Final = 5
MAX_TABLE: Final = 500
MAX_TEXT: Final = 255
MAX_MINUTES: Final = 10_080  # a week
SURVEY_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,49}\Z")
NOTHING: Final = FromConstant(value=False)
MAPPING_KEYS: Final = frozenset(
    {"key", "name", "survey", "connection", "when", "condition", "steps"}
    | {"trusts_links", "partial_after", "on_erasure"}
)
STEP_KEYS: Final = frozenset(
    {"key", "action", "object", "find", "no_match", "several", "key_field"}
    | {"condition", "fields", "duplicates"}
)
RULE_KEYS: Final = frozenset(
    {"field", "value", "table", "transforms", "blank", "default", "overwrite"}
    | {"condition"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong in a document, and where: `steps[0].fields[2].value`."""

    path: str
    message: str


class Reader:
    """Reads a document to its end, noting every problem on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, path: str, message: str) -> None:
        self.problems.append(Problem(path=path, message=message))

    # The document, level by level.

    def mapping(self, document: object) -> MappingSpec:
        entries = self.entries(document, "", MAPPING_KEYS)
        if entries.get("when", "completed") != "completed":
            self.note("when", _("A mapping runs when a response is 'completed'."))
        steps = self.items(entries.get("steps"), "steps", MAX_STEPS)
        if not steps:
            self.note("steps", _("Add at least one step."))
        return MappingSpec(
            key=self.name(entries, "key", "key", SURVEY_KEY),
            survey=self.name(entries, "survey", "survey", SURVEY_KEY),
            connection=self.name(entries, "connection", "connection", SURVEY_KEY),
            condition=self.condition(entries.get("condition"), "condition"),
            trusts_links=self.truth(entries.get("trusts_links"), "trusts_links"),
            partial_after=self.minutes(entries.get("partial_after"), "partial_after"),
            on_erasure=self.word(
                entries.get("on_erasure"), Erasure, Erasure.KEEP, "on_erasure"
            ),
            steps=tuple(
                self.step(step, f"steps[{place}]") for place, step in enumerate(steps)
            ),
        )

    def step(self, document: object, path: str) -> StepSpec:
        entries = self.entries(document, path, STEP_KEYS)
        action = self.word(entries.get("action"), Action, None, f"{path}.action")
        no_match = NoMatch.CREATE if action is Action.UPSERT else NoMatch.FAIL
        finders = self.items(entries.get("find"), f"{path}.find", MAX_FINDERS)
        rules = self.items(entries.get("fields"), f"{path}.fields", MAX_FIELDS)
        return StepSpec(
            key=self.name(entries, "key", f"{path}.key", KEY),
            action=action,
            object=self.name(entries, "object", f"{path}.object", API_NAME),
            find=tuple(
                self.finder(finder, f"{path}.find[{place}]")
                for place, finder in enumerate(finders)
            ),
            no_match=self.word(
                entries.get("no_match"), NoMatch, no_match, f"{path}.no_match"
            ),
            several=self.word(
                entries.get("several"), Several, Several.FAIL, f"{path}.several"
            ),
            key_field=self.name(entries, "key_field", f"{path}.key_field", API_NAME)
            if entries.get("key_field")
            else None,
            duplicates=self.word(
                entries.get("duplicates"),
                Duplicates,
                Duplicates.HOLD,
                f"{path}.duplicates",
            ),
            condition=self.condition(entries.get("condition"), f"{path}.condition"),
            fields=tuple(
                self.rule(rule, f"{path}.fields[{place}]")
                for place, rule in enumerate(rules)
            ),
        )

    def finder(self, document: object, path: str) -> Finder:
        if isinstance(document, Mapping) and set(document) == {"record"}:
            return ByRecord(
                record=self.name(document, "record", f"{path}.record", API_NAME)
            )
        for how in ("external_id", "email", "field"):
            if isinstance(document, Mapping) and set(document) == {how, "value"}:
                return ByValue(
                    how=how,
                    field=self.name(document, how, f"{path}.{how}", API_NAME),
                    value=self.source(document["value"], f"{path}.value"),
                )
        self.note(
            path,
            _(
                "Find by {'record': OBJECT}, or by {'external_id', 'email' or "
                "'field': FIELD, 'value': where it comes from}."
            ),
        )
        return ByRecord(record="")

    def rule(self, document: object, path: str) -> FieldSpec:
        entries = self.entries(document, path, RULE_KEYS)
        rule = FieldSpec(
            field=self.name(entries, "field", f"{path}.field", API_NAME),
            value=self.source(entries.get("value"), f"{path}.value"),
            table=self.table(entries.get("table"), f"{path}.table"),
            transforms=self.transforms(entries.get("transforms"), f"{path}.transforms"),
            blank=self.word(entries.get("blank"), Blank, Blank.KEEP, f"{path}.blank"),
            default=self.scalar(entries.get("default"), f"{path}.default"),
            overwrite=self.word(
                entries.get("overwrite"),
                Overwrite,
                Overwrite.ALWAYS,
                f"{path}.overwrite",
            ),
            condition=self.condition(entries.get("condition"), f"{path}.condition"),
        )
        if rule.blank is Blank.DEFAULT and not rule.default.strip():
            self.note(
                f"{path}.default", _("Say what to write when the answer is blank.")
            )
        is_id = isinstance(rule.value, FromStep) and rule.value.facet is None
        if is_id and (rule.table or rule.transforms):
            self.note(path, _("An earlier step's record id is written as it is."))
        return rule

    # Its small parts.

    def entries(
        self, document: object, path: str, known: frozenset[str]
    ) -> Mapping[str, object]:
        if not isinstance(document, Mapping):
            self.note(path, _("An object with names and values is needed here."))
            return {}
        for key in sorted(str(key) for key in document if key not in known):
            self.note(f"{path}.{key}".lstrip("."), _("There is no such setting."))
        return document

    def items(self, document: object, path: str, most: int) -> list[object]:
        if document is None:
            return []
        if not isinstance(document, list | tuple):
            self.note(path, _("A list is needed here."))
            return []
        if len(document) > most:
            self.note(path, _("There are %(most)s at most.") % {"most": most})
        return list(document)[:most]

    def name(
        self,
        entries: Mapping[str, object],
        key: str,
        path: str,
        pattern: re.Pattern[str],
    ) -> str:
        value = entries.get(key)
        if isinstance(value, str) and pattern.match(value):
            return value
        missing = value is None or value == ""
        self.note(
            path,
            _("This is needed.")
            if missing
            else _("%(value)r is not a name.") % {"value": value},
        )
        return ""

    def word(self, value: object, words: type[W], default: W | None, path: str) -> W:
        first = next(iter(words))
        if value is None and default is not None:
            return default
        try:
            return words(value) if isinstance(value, str) else words("")
        except ValueError:
            self.note(path, _("Say one of %(names)s.") % {"names": ", ".join(words)})
            return first

    def minutes(self, value: object, path: str) -> int:
        if value is None:
            return 0
        if type(value) is not int or not 0 <= value <= MAX_MINUTES:
            text = _("Say a number of minutes up to %(most)s; 0 is never.")
            self.note(path, text % {"most": MAX_MINUTES})
            return 0
        return value

    def truth(self, value: object, path: str) -> bool:
        if value is not None and not isinstance(value, bool):
            self.note(path, _("Say true or false."))
        return value is True

    def condition(self, document: object, path: str) -> Condition | None:
        if document is None:
            return None
        try:
            return conditions.parse(document)
        except conditions.ConditionError as error:
            self.note(path, str(error))
            return None

    def source(self, document: object, path: str) -> ValueSource:
        try:
            return parse_source(document)
        except SourceError as error:
            self.note(path, str(error))
            return NOTHING

    def table(self, document: object, path: str) -> Mapping[str, str]:
        if document is None:
            return {}
        fits = isinstance(document, Mapping) and all(
            isinstance(key, str) and isinstance(value, str) and value.strip()
            for key, value in document.items()
        )
        if not isinstance(document, Mapping) or not fits or len(document) > MAX_TABLE:
            self.note(path, _("A table leads from a text to a text, for each answer."))
            return {}
        return dict(document)

    def transforms(self, document: object, path: str) -> tuple[Transform, ...]:
        found = []
        for place, entry in enumerate(self.items(document, path, 10)):
            try:
                found.append(parse_transform(entry))
            except TransformError as error:
                self.note(f"{path}[{place}]", str(error))
        return tuple(found)

    def scalar(self, value: object, path: str) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float) and len(str(value)) <= MAX_TEXT:
            return str(value)
        self.note(
            path,
            _("A text of %(most)s characters at most is needed here.")
            % {"most": MAX_TEXT},
        )
        return ""
