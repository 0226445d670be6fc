"""Owns one respondent's way through a survey: where it goes on, what is still
missing, and what a filled-in page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from surveys import logic
from surveys.answers import Answer, AnswerProblem, Raw, check, values_of
from surveys.definition import Definition, Kind, Page, Question

Answers = Mapping[str, object]
Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a page says once it was filled in."""

    # All answers so far, with the valid ones of this page.
    answers: dict[str, object]
    problems: dict[str, AnswerProblem] = field(default_factory=dict)
    # Questions that the answers brought up and that were not on the page before.
    opened: tuple[str, ...] = ()


def missing(
    page: Page, definition: Definition, answers: Answers, variables: Variables
) -> tuple[str, ...]:
    """The required questions of the page that have no answer."""
    return tuple(
        question.key
        for question in logic.visible_questions(page, definition, answers, variables)
        if question.required
        and question.kind is not Kind.STATEMENT
        and question.key not in answers
    )


def gap(definition: Definition, answers: Answers, variables: Variables) -> Page | None:
    """The first page on the path where a required answer is missing."""
    for page in logic.visible_pages(definition, answers, variables):
        if missing(page, definition, answers, variables):
            return page
    return None


def open_pages(
    definition: Definition, answers: Answers, variables: Variables
) -> tuple[Page, ...]:
    """The pages that may be looked at: as far as the first gap."""
    pages = logic.visible_pages(definition, answers, variables)
    first_gap = gap(definition, answers, variables)
    return pages if first_gap is None else pages[: pages.index(first_gap) + 1]


def resume_page(
    definition: Definition, answers: Answers, variables: Variables, last_page: str
) -> Page | None:
    """Where it goes on: behind the last page that was turned, no further than a gap.

    None when the path has no page at all.
    """
    pages = open_pages(definition, answers, variables)
    if not pages or not last_page:
        return pages[0] if pages else None
    following = logic.next_page(definition, answers, variables, last_page)
    return following if following in pages else pages[-1]


def read(
    page: Page,
    definition: Definition,
    answers: Answers,
    variables: Variables,
    raw: Mapping[str, Raw],
    refused: Mapping[str, AnswerProblem] | None = None,
) -> Reading:
    """Check what was typed on the page, question by question, in their order.

    A question may depend on one above it, so what is visible is asked anew for
    each. A wrong answer leaves what was stored for it alone. What was `refused`
    before it came here is wrong as well.
    """
    known = dict(answers)
    before = _shown(page, definition, answers, variables)
    # Without a rule on the page it stays as it is, whatever is typed.
    ruled = any(question.show_if is not None for question in page.questions)
    problems: dict[str, AnswerProblem] = {}
    opened: list[str] = []
    for question in page.questions:
        if question.kind is Kind.STATEMENT:
            continue
        now = _shown(page, definition, known, variables) if ruled else before
        if question.key not in now:
            continue
        if question.key not in before and question.key not in raw:
            opened.append(question.key)
            continue
        result = (refused or {}).get(question.key) or _check(
            question, raw.get(question.key, ())
        )
        if isinstance(result, AnswerProblem):
            problems[question.key] = result
        elif result.value is None:
            known.pop(question.key, None)
        else:
            known[question.key] = result.value
    return Reading(answers=known, problems=problems, opened=tuple(opened))


def _shown(
    page: Page, definition: Definition, answers: Answers, variables: Variables
) -> frozenset[str]:
    shown = logic.visible_questions(page, definition, answers, variables)
    return frozenset(question.key for question in shown)


def _check(question: Question, raw: Raw) -> Answer | AnswerProblem:
    """No person types U+0000; what holds it is not cleaned, but refused."""
    for values in values_of(raw).values():
        if any("\x00" in value for value in values):
            return AnswerProblem("unreadable")
    return check(question, raw)
