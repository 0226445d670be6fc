"""What the inputs of a question are called in the form, and what they sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveys.answers import Values, parts
from surveys.definition import Kind, Page, Question

# Names that the form itself uses; a question of such a key is called otherwise.
OWN_NAMES = frozenset(
    {"page", "go", "lang", "language", "start", "shown", "agrees", "sum"}
)
# Beside a file that was sent before: take it away again.
REMOVE = "remove"
# Hidden fields, declared variables and what a browser's extension adds are fewer.
MOST_STRANGE = 200


def field_name(key: str) -> str:
    return f"q-{key}" if key in OWN_NAMES else key


def part_name(key: str, part: str) -> str:
    """No key holds a point, so a part is never another question."""
    return f"{field_name(key)}.{part}" if part else field_name(key)


def raw_answers(page: Page, data: Mapping[str, Sequence[str]]) -> dict[str, Values]:
    """The fields of a posted form that belong to the page, by question key."""
    found = {question.key: _values(question, data) for question in page.questions}
    return {key: values for key, values in found.items() if values}


def is_flooded(page: Page, data: Mapping[str, object]) -> bool:
    """Whether the form holds more fields that are not the page's than any page sends."""
    if len(data) <= MOST_STRANGE:
        return False
    own = {name for one in page.questions for name in _names(one).values()}
    return sum(name not in own for name in data) > MOST_STRANGE


def _names(question: Question) -> dict[str, str]:
    removable = (REMOVE,) if question.kind is Kind.FILE else ()
    return {
        part: part_name(question.key, part)
        for part in ("", *parts(question), *removable)
    }


def _values(question: Question, data: Mapping[str, Sequence[str]]) -> Values:
    names = _names(question)
    return {part: data[name] for part, name in names.items() if name in data}
