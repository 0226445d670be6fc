"""The path through a survey: what is shown next, and which answers it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from surveys import answers as answer_facets
from surveys.conditions import Reader, holds
from surveys.definition import Definition, Exit, Page, Question, Texts

Answers = Mapping[str, object]
Variables = Mapping[str, object]


def visible_pages(
    definition: Definition, answers: Answers, variables: Variables
) -> tuple[Page, ...]:
    """The pages on the path, given what is answered so far."""
    return tuple(stop.page for stop in _walk(definition, answers, variables))


def visible_questions(
    page: Page, definition: Definition, answers: Answers, variables: Variables
) -> tuple[Question, ...]:
    """The questions of the page that are shown; none when the path misses it."""
    stops = _walk(definition, answers, variables)
    return next((stop.questions for stop in stops if stop.page.key == page.key), ())


def next_page(
    definition: Definition, answers: Answers, variables: Variables, after: str | None
) -> Page | None:
    """The first page on the path behind `after`; None when the survey ends."""
    behind = _place(definition, after)
    for stop in _walk(definition, answers, variables):
        if stop.place > behind:
            return stop.page
    return None


def previous_page(
    definition: Definition, answers: Answers, variables: Variables, before: str | None
) -> Page | None:
    """The last page on the path ahead of `before`; None at its start."""
    place = len(definition.pages) if before is None else _place(definition, before)
    found = None
    for stop in _walk(definition, answers, variables):
        if stop.place < place:
            found = stop.page
    return found


def reachable_answers(
    definition: Definition, answers: Answers, variables: Variables
) -> dict[str, object]:
    """The answers on the path; those that it no longer reaches are dropped."""
    return {
        question.key: answers[question.key]
        for stop in _walk(definition, answers, variables)
        for question in stop.questions
        if answers.get(question.key) is not None
    }


def reader(
    definition: Definition,
    answers: Answers,
    variables: Variables,
    fields: Mapping[str, object] | None = None,
    response: Mapping[str, object] | None = None,
) -> Reader:
    """Read names for conditions; what is not there is None."""
    sources = {
        "variable": variables,
        "field": fields or {},
        "response": response or {},
    }

    def read(source: str, name: str, facet: str | None) -> object:
        if source != "question":
            return sources.get(source, {}).get(name)
        question = definition.question(name)
        if question is None:
            return None
        language = definition.default_language
        return answer_facets.facet(question, answers.get(name), facet, language)

    return read


@dataclass(frozen=True, slots=True)
class _Stop:
    place: int
    page: Page
    questions: tuple[Question, ...]
    # The rule that is taken behind it; None goes on to the next page.
    way: Exit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a path ends, and what is said there; no text means the usual one."""

    screened_out: bool = False
    text: Texts = field(default_factory=dict)


def ending(definition: Definition, answers: Answers, variables: Variables) -> Ending:
    """How the path of these answers ends."""
    last = None
    for stop in _walk(definition, answers, variables):
        last = stop
    way = last.way if last else None
    if way is None or way.go_to:
        return Ending(text=definition.thanks)
    usual = definition.screened_out if way.screen_out else definition.thanks
    return Ending(screened_out=way.screen_out, text=way.text or usual)


def _walk(
    definition: Definition, answers: Answers, variables: Variables
) -> Iterator[_Stop]:
    """Go through the survey once; a rule sees only answers that were reached."""
    reached: dict[str, object] = {}
    read = reader(definition, reached, variables)
    target = ""
    for place, page in enumerate(definition.pages):
        if target and page.key != target:
            continue
        target = ""
        if not holds(page.show_if, read):
            continue
        shown: list[Question] = []
        for question in page.questions:
            if holds(question.show_if, read):
                shown.append(question)
                if question.key in answers:
                    reached[question.key] = answers[question.key]
        if not shown:
            continue
        way = next((one for one in page.next if holds(one.condition, read)), None)
        yield _Stop(place, page, tuple(shown), way)
        if way is not None and not way.go_to:
            return
        target = way.go_to if way else ""


def _place(definition: Definition, key: str | None) -> int:
    places = {page.key: place for place, page in enumerate(definition.pages)}
    return places.get(key, -1) if key is not None else -1
