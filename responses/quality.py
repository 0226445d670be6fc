"""Says of a response whether it looks like one that was thought about.

Pure: facts in, flags out. A flag refuses nobody: who reads the results decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum

from surveys.definition import Definition, Kind, Question

# Nobody reads faster than this, and each answer takes a moment to give.
WORDS_A_SECOND = 12.0
SECONDS_AN_ANSWER = 0.5
# Fewer alike are easily meant: three times five stars is no straight line.
SAME_ROWS = 4
SAME_SCALES = 6
# What has less to say may well be said twice.
TELLING_ANSWERS = 5
TELLING_TEXT = 20
BETWEEN = ";"

Answers = Mapping[str, object]


class Flag(StrEnum):
    TOO_FAST = "too_fast"
    STRAIGHT_LINING = "straight_lining"
    BOT = "bot"
    DUPLICATE = "duplicate"


def flags(
    definition: Definition,
    answers: Answers,
    *,
    seconds: float | None,
    signs: Iterable[str] = (),
) -> str:
    """The flags of a completed response, as they are stored.

    `seconds` from the first page to the end, None where nobody knows; `signs` are
    flags that were seen on the way.
    """
    found = set(signs)
    if seconds is not None and answers and seconds < fastest(definition, answers):
        found.add(Flag.TOO_FAST)
    if is_straight(definition, answers):
        found.add(Flag.STRAIGHT_LINING)
    return joined(found)


def joined(found: Iterable[str]) -> str:
    wanted = set(found)
    return BETWEEN.join(flag.value for flag in Flag if flag in wanted)


def split(stored: str) -> tuple[str, ...]:
    return tuple(stored.split(BETWEEN)) if stored else ()


def fastest(definition: Definition, answers: Answers) -> float:
    """The seconds in which what was answered can be read and answered."""
    asked = [one for one in definition.questions() if one.key in answers]
    words = sum(len(_text(one).split()) for one in asked)
    return words / WORDS_A_SECOND + len(asked) * SECONDS_AN_ANSWER


def _text(question: Question) -> str:
    return max(question.text.values(), key=len, default="")


def is_straight(definition: Definition, answers: Answers) -> bool:
    """A whole table, or many scales of one length, answered all the same."""
    scales: dict[tuple[int | None, int | None], list[object]] = {}
    for question in definition.questions():
        answer = answers.get(question.key)
        if question.kind is Kind.MATRIX and isinstance(answer, Mapping):
            if len(answer) >= SAME_ROWS and len(set(map(str, answer.values()))) == 1:
                return True
        elif question.kind in {Kind.RATING, Kind.NPS} and answer is not None:
            scales.setdefault((question.min, question.max), []).append(answer)
    return any(
        len(given) >= SAME_SCALES and len(set(map(str, given))) == 1
        for given in scales.values()
    )


def fingerprint(answers: Answers) -> str:
    """The same for the same answers; blank where they say too little to compare."""
    texts = [value for value in answers.values() if isinstance(value, str)]
    telling = len(answers) >= TELLING_ANSWERS or any(
        len(text) >= TELLING_TEXT for text in texts
    )
    if not telling:
        return ""
    said = json.dumps(answers, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
