"""What a check says: the canonical answer, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Code = Literal[
    "required",
    "not_a_number",
    "out_of_range",
    "off_step",
    "unknown_choice",
    "too_long",
    "one_answer_only",
    "not_alone",
    "nothing_written",
    "row_missing",
    "rank_missing",
    "rank_twice",
    "pattern",
    "not_an_email",
    "not_a_phone",
    "not_a_url",
    "not_a_date",
    "not_a_time",
    "not_a_datetime",
    "too_early",
    "too_late",
    "consent",
    "field_missing",
    # Given by whoever takes the form in: signs that no database keeps, and what
    # is wrong with a file.
    "unreadable",
    "unknown_file",
    "empty_file",
    "file_too_large",
    "wrong_file_type",
]


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer fit to keep: a canonical JSON value, or None when left blank."""

    value: object


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    code: Code
    # What is needed to say it; `part` is where it is, when the kind has parts.
    params: Mapping[str, object] = field(default_factory=dict)


Answer: TypeAlias = Checked
