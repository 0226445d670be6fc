"""Says answers in words: choices, rows and lines by their labels, in a language.

Pure. The labels come from every published version, so that a choice that is gone is
still told by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.definition import OTHER, Definition, Kind, Question, Texts, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Keys unless `labels`; then questions and choices in the language."""

    labels: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What the keys in the answers to one question are called."""

    choices: dict[str, str] = field(default_factory=dict)
    # Rows of a matrix, lines of a contact.
    parts: dict[str, str] = field(default_factory=dict)

    def learn(self, question: Question, language: str, default: str) -> None:
        def called(label: Texts, key: str) -> str:
            return say(label, language, default) or key

        self.choices.update(
            (one.key, called(one.label, one.key)) for one in question.choices
        )
        labels = {row.key: row.label for row in question.rows}
        labels |= {line.key: line.label for line in question.fields}
        self.parts.update((key, called(label, key)) for key, label in labels.items())

    def of(self, answer: object) -> object:
        """The answer in words; what has none stands for itself."""
        if isinstance(answer, str):
            return self.choices.get(answer, answer)
        if isinstance(answer, list | tuple):
            return [self.of(item) for item in answer]
        if not isinstance(answer, Mapping):
            return answer
        if not self.parts:
            # What was written in beside the choices.
            return answer.get(OTHER, answer)
        return {self._part(key): self.of(value) for key, value in answer.items()}

    def _part(self, key: str) -> str:
        """Two that read alike are told apart by their keys."""
        name = self.parts.get(key, key)
        return name if [*self.parts.values()].count(name) < 2 else key


def words(definitions: Iterable[Definition], wording: Wording) -> dict[str, Words]:
    """By the keys of questions; oldest versions first, since a later wording wins."""
    found: dict[str, Words] = {}
    for definition in definitions:
        for question in definition.questions():
            if question.kind is not Kind.STATEMENT:
                known = found.setdefault(question.key, Words())
                known.learn(question, wording.language, definition.default_language)
    return found


def worded(document: dict[str, Any], known: Mapping[str, Words]) -> dict[str, Any]:
    """The document with its answers in words; questions keep their keys, since two of
    them may read alike."""
    if "answers" not in document:
        return document
    answers = {
        key: known[key].of(answer) if key in known else answer
        for key, answer in document["answers"].items()
    }
    return {**document, "answers": answers}
