"""Owns what a click on an answer in a mail means: the page of the question, with that
answer chosen. It is read and shown; keeping it takes a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.mail_question import KINDS
from responses import route
from responses.visits import Visit
from surveys import logic
from surveys.answers import AnswerProblem, Raw, check, to_raw
from surveys.definition import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    page: Page
    # The page as it is filled in: what was stored, and what was clicked.
    raw: Mapping[str, Raw]


def clicked(visit: Visit, text: str) -> Clicked | None:
    """The page of the answer “csat.4”; None for what no mail of ours asked."""
    key, _dot, value = text.partition(".")
    definition = visit.definition
    question = definition.question(key)
    if question is None or question.kind not in KINDS:
        return None
    if isinstance(check(question, [value]), AnswerProblem) or not value:
        return None
    answers, variables = visit.answers, visit.variables
    for page in route.open_pages(definition, answers, variables):
        shown = logic.visible_questions(page, definition, answers, variables)
        if question in shown:
            raw: dict[str, Raw] = {
                one.key: to_raw(one, answers.get(one.key)) for one in shown
            }
            return Clicked(page=page, raw=raw | {key: [value]})
    return None
