"""Acts on the texts of a draft's rows: how far a language is, and taking texts in.

A draft need not be finished for this, and rows keep all else that they hold.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction
from django.utils.translation import gettext as _

from surveys import history
from surveys.comparing import is_texts
from surveys.definition.nodes import LONGEST_LABEL
from surveys.definition.parsing import LONGEST_CLOSING, LONGEST_QUESTION
from surveys.models import Choice, Page, Question, Survey
from surveys.texts import tidy
from surveys.translating.units import Incoming, Report, Unit

Row = Survey | Page | Question | Choice
LONGEST = {
    "text": LONGEST_QUESTION,
    "help": LONGEST_QUESTION,
    "thanks": LONGEST_CLOSING,
}
# JSON that holds no texts, or texts that are not shown to respondents.
NO_TEXTS = frozenset({"show_if", "if", "variables"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A text where it is kept: the dictionary itself, in a field of a row."""

    id: str
    row: Row
    field: str
    texts: dict[str, str]

    @property
    def longest(self) -> int:
        return LONGEST.get(self.id.rsplit("/", 1)[-1], LONGEST_LABEL)

    @property
    def unit(self) -> Unit:
        return Unit(id=self.id, texts=self.texts, longest=self.longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    language: str
    done: int
    of: int

    @property
    def percent(self) -> int:
        return 100 * self.done // self.of if self.of else 100


def units(survey: Survey) -> list[Unit]:
    """Every text of the draft, in the order in which it is read."""
    return [place.unit for place in _places(survey)]


def languages_of(survey: Survey, found: Iterable[Unit]) -> list[str]:
    """The survey's own language, then every other that some text is in."""
    spoken = {language for unit in found for language in unit.texts}
    return [survey.default_language, *sorted(spoken - {survey.default_language})]


def progress(language: str, found: Iterable[Unit]) -> Progress:
    done = [bool(unit.texts.get(language)) for unit in found]
    return Progress(language=language, done=sum(done), of=len(done))


def fingerprint(text: str) -> str:
    """Short enough for a form, and no text is told from it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What a person wrote, and the fingerprint of what they saw before."""

    text: str
    seen: str


@dataclass(slots=True, kw_only=True)
class Saved:
    changed: list[str] = field(default_factory=list)
    # What somebody else wrote meanwhile; kept, and not written over.
    conflicts: dict[str, str] = field(default_factory=dict)
    too_long: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def save_texts(
    *,
    survey: Survey,
    language: str,
    submitted: Mapping[str, Submitted],
    user: AbstractBaseUser | None = None,
) -> Saved:
    """Write what a person changed; what others changed meanwhile stays."""
    saved = Saved()
    writer = _Writer(survey)
    for place in writer.places:
        if place.id in submitted:
            _save_one(writer, place, language, submitted[place.id], saved)
    writer.finish(user, _("Texts in %(language)s changed.") % {"language": language})
    return saved


def _save_one(
    writer: _Writer, place: Place, language: str, said: Submitted, saved: Saved
) -> None:
    text, stored = tidy(said.text), place.texts.get(language, "")
    if text == stored or fingerprint(text) == said.seen:
        return
    if len(text) > place.longest:
        saved.too_long[place.id] = place.longest
    elif fingerprint(stored) != said.seen:
        saved.conflicts[place.id] = stored
    else:
        writer.write(place, language, text)
        saved.changed.append(place.id)


@transaction.atomic
def take(
    *,
    survey: Survey,
    incoming: Iterable[Incoming],
    user: AbstractBaseUser | None = None,
) -> Report:
    """Write the texts of a file and say what became of each."""
    report, writer = Report(), _Writer(survey)
    places = {place.id: place for place in writer.places}
    seen: set[tuple[str, str]] = set()
    for one in incoming:
        if (one.id, one.language) in seen:
            report.twice.append(one.id)
        else:
            seen.add((one.id, one.language))
            _take_one(writer, places.get(one.id), one, report)
    report.languages = sorted({language for _id, language in seen})
    writer.finish(user, _("Translations taken from a file."))
    return report


def _take_one(
    writer: _Writer, place: Place | None, one: Incoming, report: Report
) -> None:
    own = writer.survey.default_language
    if place is None:
        report.unknown.append(one.id)
    elif one.language == own:
        report.own.append(one.id)
    elif not one.text:
        # Not translated yet; a translation that is there is kept.
        report.blank += 1
    elif len(one.text) > place.longest:
        report.too_long.append(one.id)
    elif one.text == place.texts.get(one.language):
        report.same += 1
    else:
        if one.source is not None and one.source != tidy(place.texts.get(own, "")):
            report.outdated.append(one.id)
        writer.write(place, one.language, one.text)
        report.taken.append(one.id)


class _Writer:
    """Changes texts in place and saves each changed row once."""

    def __init__(self, survey: Survey) -> None:
        # Two who save at once wait here for each other.
        self.survey = Survey.objects.select_for_update().get(pk=survey.pk)
        self.places = _places(self.survey)
        self.changed: dict[tuple[type[Row], int], tuple[Row, set[str]]] = {}

    def write(self, place: Place, language: str, text: str) -> None:
        if text:
            place.texts[language] = text
        else:
            place.texts.pop(language, None)
        key = (type(place.row), place.row.pk)
        _row, fields = self.changed.setdefault(key, (place.row, set()))
        fields.add(place.field)

    def finish(self, user: AbstractBaseUser | None, message: str) -> None:
        if not self.changed:
            return
        for row, fields in self.changed.values():
            row.save(update_fields=sorted(fields))
        self.survey.save(update_fields=["updated_at"])
        history.tell(user, self.survey, message)


def _places(survey: Survey) -> list[Place]:
    found = [place for row, start in _rows(survey) for place in _of_row(row, start)]
    times = Counter(place.id for place in found)
    # An unfinished draft may have a key twice: neither can be told from the other.
    return [place for place in found if times[place.id] == 1]


def _rows(survey: Survey) -> Iterator[tuple[Row, str]]:
    yield survey, "survey"
    pages = survey.pages.order_by("position", "pk").prefetch_related(
        "questions__choices"
    )
    for page in pages:
        yield page, f"page/{page.key}"
        for question in sorted(page.questions.all(), key=_order):
            yield question, f"question/{question.key}"
            for choice in sorted(question.choices.all(), key=_order):
                yield choice, f"choice/{question.key}/{choice.key}"


def _order(row: Question | Choice) -> tuple[int, int]:
    return (row.position, row.pk)


def _of_row(row: Row, start: str) -> Iterator[Place]:
    for column in row._meta.get_fields():  # noqa: SLF001 - Django's own way
        if isinstance(column, models.JSONField) and column.name not in NO_TEXTS:
            for rest, texts in _texts(getattr(row, column.name)):
                parts = "/".join([start, column.name, *rest])
                yield Place(id=parts, row=row, field=column.name, texts=texts)


def _texts(
    value: Any, rest: tuple[str, ...] = ()
) -> Iterator[tuple[Any, dict[str, str]]]:
    """The texts in a JSON value: options of a kind hold some, and lists of them."""
    if is_texts(value):
        yield rest, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in NO_TEXTS:
                yield from _texts(inner, (*rest, str(name)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            key = inner.get("key", place) if isinstance(inner, dict) else place
            yield from _texts(inner, (*rest, str(key)))
