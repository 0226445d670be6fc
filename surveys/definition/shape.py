"""The parts of a survey: frozen, speaking in keys, texts by language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from surveys.conditions import Condition
from surveys.texts import Texts


class Kind(StrEnum):
    """What a question asks for, and so what its answer looks like."""

    NPS = "nps"
    RATING = "rating"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: str
    label: Texts
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    key: str
    kind: Kind
    text: Texts
    help: Texts
    required: bool
    choices: tuple[Choice, ...]
    show_if: Condition | None
    # The ends of the scale of an NPS question or a rating.
    min: int | None
    max: int | None
    min_label: Texts
    max_label: Texts
    # The longest text that is taken; set for texts alone.
    max_length: int | None

    def choice(self, key: object) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    key: str
    label: str
    # Open variables may be set in the query of a link, by whoever follows it.
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    key: str
    title: Texts
    questions: tuple[Question, ...]
    show_if: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    key: str
    title: Texts
    default_language: str
    # The default language, then every other one that some text is written in.
    languages: tuple[str, ...]
    variables: tuple[Variable, ...]
    pages: tuple[Page, ...]
    thanks: Texts

    def questions(self) -> Iterator[Question]:
        return (question for page in self.pages for question in page.questions)

    def question(self, key: str) -> Question | None:
        found = (question for question in self.questions() if question.key == key)
        return next(found, None)

    def page(self, key: str) -> Page | None:
        return next((page for page in self.pages if page.key == key), None)

    def variable(self, key: str) -> Variable | None:
        return next((one for one in self.variables if one.key == key), None)
