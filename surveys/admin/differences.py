"""A difference between two versions of a survey, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import definition as definitions
from surveys.admin.conditions import NameGroup, in_words, survey_groups
from surveys.admin.texts import language_name
from surveys.comparing import Act, Change, Detail, Difference, What
from surveys.definition import DefinitionError
from surveys.models import Question

ACTS: Mapping[Act, Promise] = {
    Act.ADDED: gettext_lazy("New"),
    Act.REMOVED: gettext_lazy("Removed"),
    Act.CHANGED: gettext_lazy("Changed"),
    Act.MOVED: gettext_lazy("Moved"),
}
WHATS: Mapping[What, Promise] = {
    What.SURVEY: gettext_lazy("Survey"),
    What.VARIABLE: gettext_lazy("Variable"),
    What.PAGE: gettext_lazy("Page"),
    What.QUESTION: gettext_lazy("Question"),
    What.CHOICE: gettext_lazy("Choice"),
    What.PART: gettext_lazy("Part"),
}
PARTS: Mapping[str, Promise] = {
    "text": gettext_lazy("Text"),
    "title": gettext_lazy("Title"),
    "label": gettext_lazy("Label"),
    "help": gettext_lazy("Help text"),
    "thanks": gettext_lazy("Closing text"),
    "kind": gettext_lazy("Kind"),
    "required": gettext_lazy("Required"),
    "show_if": gettext_lazy("Show only if"),
    "min": gettext_lazy("Lowest rating"),
    "max": gettext_lazy("Highest rating"),
    "min_label": gettext_lazy("Label of the lowest"),
    "max_label": gettext_lazy("Label of the highest"),
    "max_length": gettext_lazy("Longest answer"),
    "score": gettext_lazy("Score"),
    "display": gettext_lazy("Shown as"),
    "image": gettext_lazy("Picture"),
    "default_language": gettext_lazy("Own language"),
    "open": gettext_lazy("Open"),
    "next": gettext_lazy("Where it goes on"),
    "random": gettext_lazy("Random order"),
    "place": gettext_lazy("Its own place"),
    "limit": gettext_lazy("Limit"),
    "if": gettext_lazy("Rule"),
    "screened_out": gettext_lazy("Closing text when screened out"),
}
LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDetail:
    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownChange:
    act: str
    act_name: str
    what: str
    key: str
    name: str
    of: str
    details: Sequence[ShownDetail]


def shown(
    difference: Difference, old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[ShownChange]:
    """The changes as rows of a table; rules are said in words."""
    before, after = _groups(old), _groups(new)
    return [
        ShownChange(
            act=change.act.value,
            act_name=str(ACTS[change.act]),
            what=str(WHATS[change.what]),
            key=change.key,
            name=change.name or change.key,
            of=change.question,
            details=list(_details(change, before, after)),
        )
        for change in difference.changes
    ]


def _details(
    change: Change, before: Sequence[NameGroup], after: Sequence[NameGroup]
) -> Iterator[ShownDetail]:
    for detail in change.details:
        yield ShownDetail(
            part=_part(detail),
            before=_said(detail.part, detail.before, before),
            after=_said(detail.part, detail.after, after),
        )


def _part(detail: Detail) -> str:
    name = str(PARTS.get(detail.part, detail.part.replace("_", " ").capitalize()))
    if not detail.language:
        return name
    language = language_name(detail.language)
    return _("%(part)s (%(language)s)") % {"part": name, "language": language}


def _said(part: str, value: Any, groups: Sequence[NameGroup]) -> str:
    if part in {"show_if", "if"}:
        return in_words(value, groups)
    if part == "kind":
        return str({key: str(label) for key, label in Question.KINDS}.get(value, value))
    if isinstance(value, list):
        return "; ".join(_said("", one, groups) for one in value)
    if isinstance(value, Mapping):
        return _way(value, groups)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _way(value: Mapping[str, Any], groups: Sequence[NameGroup]) -> str:
    """One way on of a page, or whatever else has parts: the rule, then the rest."""
    rule = in_words(value.get("if"), groups) if "if" in value else ""
    rest = ", ".join(
        f"{name}: {_said('', part, groups)}"
        for name, part in value.items()
        if name != "if"
    )
    condition = _("if %(rule)s") % {"rule": rule}
    return f"{condition} → {rest}" if rule else rest


def _groups(document: Mapping[str, Any]) -> Sequence[NameGroup]:
    """The names that rules read; none of a draft that is not finished."""
    try:
        definition = definitions.parse(document)
    except DefinitionError:
        return ()
    return survey_groups(
        definition.questions(), definition.variables, definition.default_language
    )
