"""Owns who else reads a survey: rooms above register what they know of it.

Mappings read questions, responses answer them, and half-finished ones stay on the
version that they began; surveys may import neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from surveys.models import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place that reads a question, or one choice of it."""

    question: str
    # Who reads it, in words: “mapping “CSAT to case”, field CSAT__c”.
    where: str
    link: str = ""
    choice: str = ""


Users = Callable[[Survey], Iterable[Use]]
# Version id -> how many responses are half way through it.
Unfinished = Callable[[Survey], Mapping[int, int]]

# Whether anybody has answered the question with this key.
Answered = Callable[[Survey, str], bool]

_users: dict[str, Users] = {}
_answered: dict[str, Answered] = {}
_unfinished: dict[str, Unfinished] = {}


def register_users(name: str, users: Users) -> None:
    """Ask `users` of every survey from now on; once for each name."""
    _users[name] = users


def register_unfinished(name: str, unfinished: Unfinished) -> None:
    _unfinished[name] = unfinished


def register_answered(name: str, answered: Answered) -> None:
    _answered[name] = answered


def is_answered(survey: Survey, question: str) -> bool:
    return any(answered(survey, question) for answered in _answered.values())


def uses_of(survey: Survey) -> list[Use]:
    """Every live use of the survey's questions."""
    return [use for users in _users.values() for use in users(survey)]


def unfinished_of(survey: Survey) -> dict[int, int]:
    """How many responses are half way, by version id."""
    counts: dict[int, int] = {}
    for unfinished in _unfinished.values():
        for version, count in unfinished(survey).items():
            counts[version] = counts.get(version, 0) + count
    return counts
