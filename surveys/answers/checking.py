"""Checks what a form sent for one question, each kind by its own rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from surveys.answers import choosing, lines, numbers
from surveys.answers.choosing import Said
from surveys.answers.raw import Raw, parts
from surveys.answers.raw import said as what_is_said
from surveys.answers.verdict import Answer, AnswerProblem, Checked
from surveys.definition import Kind, Question

UPLOAD = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")


def check(question: Question, raw: Raw) -> Answer | AnswerProblem:
    """Check the values that a form sent: of one input, or of each part."""
    if question.kind is Kind.STATEMENT:
        return Checked(None)
    said = what_is_said(raw)
    if question.kind is Kind.CONSENT:
        return choosing.consent(question, said)
    if question.kind in OF_PARTS:
        return _of_parts(question, said)
    given = said.get("", [])
    if not given:
        return AnswerProblem("required") if question.required else Checked(None)
    if len(given) > 1:
        return AnswerProblem("one_answer_only")
    return ONE[question.kind](question, given[0])


def _of_parts(question: Question, said: Said) -> Answer | AnswerProblem:
    known = {"", *parts(question)}
    said = {part: values for part, values in said.items() if part in known}
    if not said:
        return AnswerProblem("required") if question.required else Checked(None)
    answer = OF_PARTS[question.kind](question, said)
    if isinstance(answer, Checked) and answer.value is None and question.required:
        return AnswerProblem("required")
    return answer


def upload(_question: Question, text: str) -> Answer | AnswerProblem:
    """The id of a stored file; whose it is, is asked where files are kept."""
    return Checked(text) if UPLOAD.match(text) else AnswerProblem("unknown_file")


ONE: Mapping[Kind, Callable[[Question, str], Answer | AnswerProblem]] = {
    Kind.NPS: numbers.step_of_scale,
    Kind.RATING: numbers.step_of_scale,
    Kind.SHORT_TEXT: lines.short_text,
    Kind.LONG_TEXT: lines.text,
    Kind.NUMBER: numbers.number,
    Kind.SLIDER: numbers.number,
    Kind.EMAIL: lines.typed_line,
    Kind.PHONE: lines.typed_line,
    Kind.URL: lines.typed_line,
    Kind.DATE: lines.moment,
    Kind.TIME: lines.moment,
    Kind.DATETIME: lines.moment,
    Kind.FILE: upload,
}
OF_PARTS: Mapping[Kind, Callable[[Question, Said], Answer | AnswerProblem]] = {
    Kind.SINGLE_CHOICE: choosing.single,
    Kind.MULTIPLE_CHOICE: choosing.several,
    Kind.MATRIX: choosing.matrix,
    Kind.RANKING: choosing.ranking,
    Kind.CONTACT: choosing.contact,
}
