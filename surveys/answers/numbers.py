"""Numbers as people type them: of a scale, of a range, with steps."""

from __future__ import annotations

import re
from decimal import Decimal

from surveys.answers.verdict import Answer, AnswerProblem, Checked
from surveys.definition import Question
from surveys.definition.kinds import DECIMALS, DIGITS, HIGHEST_NUMBER

WHOLE = re.compile(r"[+-]?[0-9]+\Z")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\Z")
# 1,500 is fifteen hundred to some, and one and a half to others.
DOUBTFUL = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}\Z")
# Longer numbers are out of any range; reading them would only cost time.
LONGEST = 12


def step_of_scale(question: Question, text: str) -> Answer | AnswerProblem:
    """A whole number of the scale of NPS or a rating."""
    if not WHOLE.match(text):
        return AnswerProblem("not_a_number")
    low, high = question.min or 0, question.max or 0
    if len(text) > LONGEST or not low <= int(text) <= high:
        return AnswerProblem("out_of_range", {"min": low, "max": high})
    return Checked(int(text))


def number(question: Question, text: str) -> Answer | AnswerProblem:
    text = text.replace("\N{MINUS SIGN}", "-")
    if not NUMBER.match(text) or DOUBTFUL.match(text):
        return AnswerProblem("not_a_number")
    before, _point, behind = text.replace(",", ".").partition(".")
    behind = behind.rstrip("0")
    if len(behind) > DECIMALS:
        return AnswerProblem("off_step", {"decimals": DECIMALS})
    low, high = question.low, question.high
    if len(before.lstrip("+-").lstrip("0")) + len(behind) > DIGITS:
        return AnswerProblem("out_of_range", _ends(low, high))
    exact = Decimal(f"{before}.{behind or 0}")
    if (low is not None and exact < _exact(low)) or (
        high is not None and exact > _exact(high)
    ):
        return AnswerProblem("out_of_range", _ends(low, high))
    if question.step and (exact - _exact(low or 0)) % _exact(question.step):
        return AnswerProblem("off_step", {"step": question.step, "from": low or 0})
    return Checked(_plain(exact))


def written(value: float) -> str:
    """A number as an input holds it: 3.5 and 4, never 4.0 or 1e-05."""
    exact = Decimal(repr(value))
    whole = exact == exact.to_integral_value()
    return str(int(exact)) if whole else f"{exact:f}"


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def _ends(low: float | None, high: float | None) -> dict[str, object]:
    if low is None and high is None:
        low, high = -HIGHEST_NUMBER, HIGHEST_NUMBER
    return {"min": low, "max": high}


def _plain(exact: Decimal) -> int | float:
    return int(exact) if exact == exact.to_integral_value() else float(exact)
