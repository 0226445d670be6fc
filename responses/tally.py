"""Counts answers, question by question, in one pass over the responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from surveys.definition import Choice, Definition, Kind, Question
from surveys.metrics import Nps, nps

LATEST_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """One response's answers; `source` is handed through, to link to it."""

    source: int
    answers: Mapping[str, object]


@dataclass(slots=True)
class Count:
    """What was answered to one question."""

    answered: int = 0
    # Choice keys or numbers, each with how many chose it.
    values: Counter[str | int] = field(default_factory=Counter)
    texts: list[tuple[int, str]] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        numbers = {
            value: times
            for value, times in self.values.items()
            if isinstance(value, int)
        }
        total = sum(numbers.values())
        if not total:
            return None
        return sum(value * times for value, times in numbers.items()) / total


def tally(
    questions: Iterable[Question], responses: Iterable[Answered]
) -> dict[str, Count]:
    """Count every question's answers; texts are kept as they come, newest first."""
    asked = [question for question in questions if question.kind is not Kind.STATEMENT]
    counts = {question.key: Count() for question in asked}
    for response in responses:
        for question in asked:
            answer = response.answers.get(question.key)
            if answer is not None:
                _add(counts[question.key], question, answer, response.source)
    return counts


def _add(count: Count, question: Question, answer: object, source: int) -> None:
    """Add one answer, if it is what the kind of question keeps."""
    match question.kind, answer:
        case Kind.MULTIPLE_CHOICE, list():
            count.values.update(key for key in answer if isinstance(key, str))
        case ((Kind.SHORT_TEXT | Kind.LONG_TEXT), str()):
            if len(count.texts) < LATEST_TEXTS:
                count.texts.append((source, answer))
        case (Kind.SINGLE_CHOICE, str(value)) | ((Kind.NPS | Kind.RATING), int(value)):
            count.values[value] += 1
        case _:
            return
    count.answered += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """An NPS question's answers by group, and the score they make."""

    promoters: int
    passives: int
    detractors: int
    score: Nps


def groups(count: Count) -> Groups | None:
    """None when nobody answered."""
    numbers = {value: n for value, n in count.values.items() if isinstance(value, int)}
    promoters = sum(n for value, n in numbers.items() if value >= 9)
    detractors = sum(n for value, n in numbers.items() if value <= 6)
    passives = sum(numbers.values()) - promoters - detractors
    score = nps(promoters, passives, detractors)
    if score is None:
        return None
    return Groups(
        promoters=promoters, passives=passives, detractors=detractors, score=score
    )


def merged(definitions: Iterable[Definition]) -> dict[str, Question]:
    """Every question that was ever asked, as the newest definition words it.

    Definitions come newest first; choices that only older ones have stay at the
    end, so that no answer goes uncounted.
    """
    found: dict[str, Question] = {}
    for definition in definitions:
        for question in definition.questions():
            newer = found.get(question.key)
            found[question.key] = _joined(newer, question) if newer else question
    return found


def _joined(newer: Question, older: Question) -> Question:
    known = {choice.key for choice in newer.choices}
    gone: tuple[Choice, ...] = tuple(
        choice for choice in older.choices if choice.key not in known
    )
    lows = [low for low in (newer.min, older.min) if low is not None]
    highs = [high for high in (newer.max, older.max) if high is not None]
    return replace(
        newer,
        choices=newer.choices + gone,
        min=min(lows, default=None),
        max=max(highs, default=None),
    )
