"""The order by chance that a respondent sees: the same for the same seed.

Data and rules know nothing of it: answers are kept in the survey's own order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from surveys.definition import Choice, Kind, Page, Question, Row

Part = TypeVar("Part")


def choices(question: Question, seed: int) -> tuple[Choice, ...]:
    """The choices as they are shown; those that stand alone keep their places."""
    if not question.random or question.rows:
        return question.choices
    return _mixed(
        question.choices, f"{seed}:{question.key}", lambda choice: choice.exclusive
    )


def questions(
    page: Page, shown: tuple[Question, ...], seed: int
) -> tuple[Question, ...]:
    """The questions as they come; what has a rule, or no answer, keeps its place."""
    if not page.random:
        return shown
    return _mixed(
        shown,
        f"{seed}:page:{page.key}",
        lambda one: one.show_if is not None or one.kind is Kind.STATEMENT,
    )


def rows(question: Question, seed: int) -> tuple[Row, ...]:
    if not question.random:
        return question.rows
    return _mixed(question.rows, f"{seed}:{question.key}", lambda _row: False)


def _mixed(
    parts: Sequence[Part], seed: str, stays: Callable[[Part], bool]
) -> tuple[Part, ...]:
    moving = [part for part in parts if not stays(part)]
    # By chance, yet known from the seed: nothing is to be kept secret here.
    Random(seed).shuffle(moving)  # noqa: S311
    following = iter(moving)
    return tuple(part if stays(part) else next(following) for part in parts)
