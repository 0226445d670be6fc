"""Counts answers, question by question, in one pass over the responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from surveys.answers import written_in
from surveys.definition import OTHER, Choice, Definition, Kind, Question
from surveys.definition.kinds import CHOOSING, LINES, MOMENTS, NUMBERS
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
    values: Counter[str | int | float] = field(default_factory=Counter)
    texts: list[tuple[int, str]] = field(default_factory=list)
    # Of each row of a matrix the choices, of each choice of a ranking its places.
    parts: dict[str, Counter[str | int]] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        numbers = {
            value: times
            for value, times in self.values.items()
            if isinstance(value, int | float)
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
    values, text = _read(question, answer)
    for part, value in _of_parts(question, answer):
        count.parts.setdefault(part, Counter())[value] += 1
        values = values or [part]
    if not values and text is None:
        return
    if question.kind not in {Kind.MATRIX, Kind.RANKING}:
        count.values.update(values)
    if text is not None and len(count.texts) < LATEST_TEXTS:
        count.texts.append((source, text))
    count.answered += 1


Value = str | int | float


def _read(question: Question, answer: object) -> tuple[list[Value], str | None]:
    """What of the answer is counted, and what of it is shown as it was written."""
    kind = question.kind
    if isinstance(answer, bool):
        return (["yes" if answer else "no"] if kind is Kind.CONSENT else []), None
    if kind in CHOOSING:
        fits = isinstance(answer, list) == (kind is Kind.MULTIPLE_CHOICE)
        return _chosen(answer) if fits else ([], None)
    counted = (kind in SCALES and isinstance(answer, int)) or (
        kind in NUMBERS and isinstance(answer, int | float)
    )
    if counted and isinstance(answer, int | float):
        return [answer], None
    if kind is Kind.CONTACT and isinstance(answer, Mapping):
        return [], ", ".join(str(part) for part in answer.values()) or None
    return [], answer if kind in WRITTEN and isinstance(answer, str) else None


SCALES = frozenset({Kind.NPS, Kind.RATING})
WRITTEN = frozenset({*LINES, *MOMENTS, Kind.SHORT_TEXT, Kind.LONG_TEXT, Kind.FILE})


def _chosen(answer: object) -> tuple[list[Value], str | None]:
    """The keys, the write-in's too, and what was written in."""
    chosen = answer if isinstance(answer, list) else [answer]
    text = written_in(answer)
    keys: list[Value] = [one for one in chosen if isinstance(one, str)]
    return [*keys, *([OTHER] if text else [])], text


def _of_parts(question: Question, answer: object) -> Iterator[tuple[str, str | int]]:
    match question.kind, answer:
        case Kind.MATRIX, Mapping():
            for row, key in answer.items():
                if isinstance(key, str):
                    yield str(row), key
        case Kind.RANKING, list():
            for place, key in enumerate(answer, 1):
                if isinstance(key, str):
                    yield key, place


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
    rows = {row.key for row in newer.rows}
    return replace(
        newer,
        choices=newer.choices + gone,
        rows=newer.rows + tuple(row for row in older.rows if row.key not in rows),
        other=newer.other or older.other,
        min=min(lows, default=None),
        max=max(highs, default=None),
    )
