"""What a rule can be chosen from: names with their types, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys import conditions
from surveys.answers import facets, other_label
from surveys.conditions import NameInfo, Op, Source, ValueType
from surveys.definition import OTHER, Kind, Question, Variable, name_info, say

TRUTHS = (("true", gettext_lazy("yes")), ("false", gettext_lazy("no")))
LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChoice:
    """One name that a comparison can read: the first column of a row."""

    source: Source
    name: str
    label: str
    type: ValueType
    facet: str | None = None
    # (value, label) where only these can be compared with.
    choices: tuple[tuple[str, str], ...] = ()
    # Understood when a rule uses it, yet not offered.
    hidden: bool = False

    @property
    def value(self) -> str:
        return token(self.source, self.name, self.facet)

    @property
    def info(self) -> NameInfo:
        keys = () if self.type == "boolean" else tuple(key for key, _l in self.choices)
        return NameInfo(type=self.type, choices=keys)

    @property
    def ops(self) -> tuple[Op, ...]:
        return conditions.ops_for(self.info)

    @property
    def values(self) -> tuple[tuple[str, str], ...]:
        """What the value is chosen from, when it is chosen."""
        if self.type == "boolean":
            return tuple((key, str(label)) for key, label in TRUTHS)
        return self.choices


@dataclass(frozen=True, slots=True, kw_only=True)
class NameGroup:
    label: str
    names: tuple[NameChoice, ...]


Groups = Sequence[NameGroup]


def token(source: str, name: str, facet: str | None) -> str:
    return f"{source}|{name}|{facet}" if facet else f"{source}|{name}"


def names_in(groups: Groups) -> Iterator[NameChoice]:
    return (name for group in groups for name in group.names)


def survey_groups(
    questions: Iterable[Question], variables: Iterable[Variable], language: str
) -> list[NameGroup]:
    """The questions and variables of a survey; empty groups are left out."""
    groups = [
        NameGroup(
            label=_("Questions"),
            names=tuple(
                name for one in questions for name in question_names(one, language)
            ),
        ),
        NameGroup(
            label=_("Variables"),
            names=tuple(
                NameChoice(source="variable", name=one.key, label=one.label, type="any")
                for one in variables
            ),
        ),
    ]
    return [group for group in groups if group.names]


def question_names(question: Question, language: str) -> Iterator[NameChoice]:
    """The question itself, then its facets."""
    info = name_info(question)
    if info is None or not info.facets:
        return
    text = shortened(say(question.text, language, language) or question.key)
    default, *others = facets(question, language)
    yield _named(question, info, text, None, language)
    for one in (default, *others):
        label = f"{text} → {one.label}"
        hidden = one is default or one.name.startswith("has:")
        facet_info = info.facets[one.name]
        yield _named(question, facet_info, label, one.name, language, hidden=hidden)


def _named(
    question: Question,
    info: NameInfo,
    label: str,
    facet: str | None,
    language: str,
    *,
    hidden: bool = False,
) -> NameChoice:
    return NameChoice(
        source="question",
        name=question.key,
        facet=facet,
        label=label,
        type=info.type,
        choices=_labelled(question, info.choices, language),
        hidden=hidden,
    )


def _labelled(
    question: Question, keys: Iterable[str], language: str
) -> tuple[tuple[str, str], ...]:
    if question.kind is Kind.NPS:
        return tuple((key, key) for key in keys)
    labels = {one.key: say(one.label, language, language) for one in question.choices}
    labels[OTHER] = labels.get(OTHER) or other_label(question, language)
    return tuple((key, labels.get(key) or key) for key in keys)


def shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= LONGEST_LABEL:
        return text
    return f"{text[: LONGEST_LABEL - 1].rstrip()}…"
