"""The parts of a survey: frozen, speaking in keys, texts by language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from surveys.conditions import Condition
from surveys.texts import Texts

# The key of the choice that a respondent writes in.
OTHER = "other"


class Kind(StrEnum):
    """What a question asks for, and so what its answer looks like."""

    NPS = "nps"
    RATING = "rating"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    MATRIX = "matrix"
    RANKING = "ranking"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    SLIDER = "slider"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    CONTACT = "contact"
    CONSENT = "consent"
    FILE = "file"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    key: str
    label: Texts
    score: float | None = None
    # Chosen alone: "none of these".
    exclusive: bool = False
    # The name of its picture, see `surveys.pictures`; the bytes are kept elsewhere.
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a matrix asks about in one of its rows."""

    key: str
    label: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """One of the lines of a contact question."""

    key: str
    label: Texts
    kind: Kind = Kind.SHORT_TEXT
    required: bool = False


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
    # What a text must look like, and what is said when it does not.
    pattern: str = ""
    pattern_hint: Texts = field(default_factory=dict)
    # Choices: a write-in behind them, side by side, in an order by chance.
    other: bool = False
    other_label: Texts = field(default_factory=dict)
    display: str = "list"
    columns: int = 1
    random: bool = False
    # What the steps of a rating look like.
    icons: str = "numbers"
    rows: tuple[Row, ...] = ()
    fields: tuple[ContactField, ...] = ()
    # The range of a number or slider; None has no end.
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: Texts = field(default_factory=dict)
    # The range of a date, time or both, as ISO 8601; blank has no end.
    earliest: str = ""
    latest: str = ""
    # A file: in megabytes, and the groups of content that are taken.
    max_size: int = 0
    types: tuple[str, ...] = ()

    @property
    def choice_keys(self) -> tuple[str, ...]:
        """Every key that an answer may hold, the write-in's too."""
        keys = tuple(choice.key for choice in self.choices)
        return (*keys, OTHER) if self.other else keys

    def choice(self, key: object) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    key: str
    label: str
    # Open variables may be set in the query of a link, by whoever follows it.
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Where a page leads when its rule holds: to a later page, or to an end."""

    condition: Condition | None
    # The key of a page; blank when the survey ends here.
    go_to: str = ""
    screen_out: bool = False
    # The closing text of this end; without one, the survey's.
    text: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    key: str
    title: Texts
    questions: tuple[Question, ...]
    show_if: Condition | None
    # The first that holds is taken; when none does, the page behind.
    next: tuple[Exit, ...] = ()
    # Its questions come in an order by chance.
    random: bool = False
    # Whether its own place is by chance too, see `surveys.definition.blocks`.
    place: str = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many completed responses of a sort are wanted."""

    key: str
    limit: int
    # None counts every response.
    condition: Condition | None
    # The last one closes the survey; otherwise who comes later is screened out.
    closes: bool = False
    text: Texts = field(default_factory=dict)


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
    # What somebody reads who is screened out and not told anything of their own.
    screened_out: Texts = field(default_factory=dict)
    quotas: tuple[Quota, ...] = ()

    def questions(self) -> Iterator[Question]:
        return (question for page in self.pages for question in page.questions)

    def question(self, key: str) -> Question | None:
        found = (question for question in self.questions() if question.key == key)
        return next(found, None)

    def page(self, key: str) -> Page | None:
        return next((page for page in self.pages if page.key == key), None)

    def quota(self, key: str) -> Quota | None:
        return next((one for one in self.quotas if one.key == key), None)

    def variable(self, key: str) -> Variable | None:
        return next((one for one in self.variables if one.key == key), None)
