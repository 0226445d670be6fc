"""The published survey as plain data: pages, questions, choices and rules."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a question asks for, and so what its answer looks like."""

    NPS = "nps"
    RATING = "rating"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    STATEMENT = "statement"
