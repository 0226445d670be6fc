"""Says what stands between {{ and }} in a text, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from surveys.answers import facet
from surveys.definition import Definition, Kind, Question
from surveys.definition.piping import Pipe, fill

# What is said of an answer when no facet is named.
IN_WORDS: Mapping[Kind, str] = {
    Kind.SINGLE_CHOICE: "label",
    Kind.MULTIPLE_CHOICE: "labels",
    Kind.RANKING: "labels",
}
LONGEST = 1_000


def filler(
    definition: Definition,
    answers: Mapping[str, object],
    variables: Mapping[str, object],
    records: Mapping[str, object],
    language: str,
) -> Callable[[str], str]:
    """Puts plain texts into a text; whoever shows it escapes the whole."""

    def say(pipe: Pipe) -> str:
        if pipe.source == "variable":
            return _words(variables.get(pipe.name))
        if pipe.source == "record":
            return _words(records.get(pipe.name))
        question = definition.question(pipe.name)
        if question is None:
            return ""
        value = _read(question, answers.get(pipe.name), pipe.facet, language)
        several = question.kind in {Kind.MULTIPLE_CHOICE, Kind.RANKING}
        text = _words(value)
        return text.replace(";", ", ") if several and pipe.facet is None else text

    return lambda text: fill(text, say)


def _read(
    question: Question, answer: object, name: str | None, language: str
) -> object:
    return facet(question, answer, name or IN_WORDS.get(question.kind), language)


def _words(value: object) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))[:LONGEST]
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return str(value)[:LONGEST]
