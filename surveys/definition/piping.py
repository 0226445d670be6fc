"""What stands in a text between {{ and }}: earlier answers, variables, records.

{{csat}} {{csat.label}} {{variable.agent}} {{record.Case}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from surveys.definition.blocks import apart
from surveys.definition.kinds import facet_types
from surveys.definition.problems import Findings
from surveys.definition.shape import Definition, Question
from surveys.texts import Texts
from surveys.wording import gettext as _

PIPE = re.compile(
    r"\{\{\s*(?:(variable|record)\.([A-Za-z][A-Za-z0-9_]{0,99})"
    r"|([a-z][a-z0-9_]{0,39})(?:\.([a-z][a-z0-9_]{0,39}(?::[a-z0-9_]{1,40})?))?)"
    r"\s*\}\}"
)


@dataclass(frozen=True, slots=True)
class Pipe:
    """One name in a text; the source is question, variable or record."""

    source: str
    name: str
    facet: str | None = None


def pipes(text: str) -> Iterator[Pipe]:
    return (_pipe(match) for match in PIPE.finditer(text))


def fill(text: str, say: Callable[[Pipe], str]) -> str:
    """The text with each name said; what is put in is never read again."""
    return PIPE.sub(lambda match: say(_pipe(match)), text) if "{{" in text else text


def _pipe(match: re.Match[str]) -> Pipe:
    source, named, question, facet = match.groups()
    return Pipe(source, named) if source else Pipe("question", question, facet)


def check_pipes(findings: Findings, definition: Definition) -> None:
    """A text may hold variables and what an earlier page asked."""
    asked: dict[str, Question] = {}
    strangers = apart(definition.pages)
    for place, page in enumerate(definition.pages):
        path = f"pages[{place}]"
        unsure = {
            question.key
            for other in strangers.get(place, ())
            for question in definition.pages[other].questions
        }
        earlier = {key: one for key, one in asked.items() if key not in unsure}
        _check(findings, definition, earlier, f"{path}.title", page.title)
        for number, question in enumerate(page.questions):
            for texts in question_texts(question):
                where = f"{path}.questions[{number}].text"
                _check(findings, definition, earlier, where, texts)
        here = {question.key: question for question in page.questions}
        earlier |= here
        asked |= here
        for number, way in enumerate(page.next):
            where = f"{path}.next[{number}].text"
            _check(findings, definition, earlier, where, way.text)
    for name in ("thanks", "screened_out"):
        _check(findings, definition, asked, name, getattr(definition, name))
    for number, quota in enumerate(definition.quotas):
        where = f"quotas[{number}].text"
        _check(findings, definition, asked, where, quota.text)


def _check(
    findings: Findings,
    definition: Definition,
    earlier: Mapping[str, Question],
    path: str,
    texts: Texts,
) -> None:
    wrong = {
        problem
        for text in texts.values()
        for pipe in pipes(text)
        if (problem := _problem(pipe, definition, earlier))
    }
    for problem in sorted(wrong):
        findings.add(path, problem)


def _problem(
    pipe: Pipe, definition: Definition, earlier: Mapping[str, Question]
) -> str:
    if pipe.source == "record":
        return ""
    if pipe.source == "variable":
        known = definition.variable(pipe.name) is not None
        return (
            "" if known else _("There is no variable “%(name)s”.") % {"name": pipe.name}
        )
    question = earlier.get(pipe.name)
    if question is None:
        return _("{{%(name)s}} is not asked on an earlier page.") % {"name": pipe.name}
    facets = facet_types(question)
    if not facets or (pipe.facet is not None and pipe.facet not in facets):
        return _("{{%(name)s}} cannot be put into a text; there is: %(known)s.") % {
            "name": f"{pipe.name}.{pipe.facet}" if pipe.facet else pipe.name,
            "known": ", ".join(facets) or _("none"),
        }
    return ""


def question_texts(question: Question) -> Iterator[Texts]:
    """Every text of the question, in all of their languages."""
    yield from (question.text, question.help, question.min_label, question.max_label)
    yield from (question.unit, question.pattern_hint, question.other_label)
    yield from (choice.label for choice in question.choices)
    yield from (row.label for row in question.rows)
    yield from (one.label for one in question.fields)
