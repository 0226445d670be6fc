"""A survey document to read: every page and question, whatever its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys import definition as definitions
from surveys.admin.conditions import NameGroup, in_words, survey_groups
from surveys.definition import say
from surveys.models import Question

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQuestion:
    key: str
    kind: str
    text: str
    help: str
    required: bool
    rule: str
    # Choices, rows, fields: whatever it lists.
    lists: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    name: str
    rule: str
    questions: Sequence[ReadQuestion]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSurvey:
    title: str
    thanks: str
    language: str
    languages: Sequence[str]
    pages: Sequence[ReadPage]


def read(document: Document, language: str) -> ReadSurvey:
    """A published document in a language; the survey's own where it has none."""
    definition = definitions.parse(document, frozen=True)
    own = definition.default_language
    language = language if language in definition.languages else own
    groups = survey_groups(definition.questions(), definition.variables, own)
    reader = _Reader(language, own, groups)
    return ReadSurvey(
        title=reader.say(document.get("title")),
        thanks=reader.say(document.get("thanks")),
        language=language,
        languages=definition.languages,
        pages=[reader.page(page, n) for n, page in enumerate(document["pages"], 1)],
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    language: str
    own: str
    groups: Sequence[NameGroup]

    def say(self, texts: Any) -> str:
        return say(texts or {}, self.language, self.own)

    def page(self, page: Document, number: int) -> ReadPage:
        name, title = (
            _("Page %(number)s") % {"number": number},
            self.say(page.get("title")),
        )
        return ReadPage(
            name=f"{name}: {title}" if title else name,
            rule=in_words(page.get("show_if"), self.groups),
            questions=[self.question(question) for question in page["questions"]],
        )

    def question(self, question: Document) -> ReadQuestion:
        kinds = {key: str(label) for key, label in Question.KINDS}
        return ReadQuestion(
            key=question["key"],
            kind=kinds.get(question["kind"]) or question["kind"],
            text=self.say(question.get("text")),
            help=self.say(question.get("help")),
            required=bool(question.get("required")),
            rule=in_words(question.get("show_if"), self.groups),
            lists=list(self.lists(question)),
        )

    def lists(self, question: Document) -> Iterator[Sequence[str]]:
        for value in question.values():
            if isinstance(value, list) and all(
                isinstance(one, Mapping) for one in value
            ):
                labels = [self.say(one.get("label")) or one.get("key") for one in value]
                yield [label for label in labels if label]
