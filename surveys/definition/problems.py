"""What is wrong with a document: each problem at its path, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from surveys.texts import tidy


@dataclass(frozen=True, slots=True)
class Problem:
    # Where in the document, e.g. pages[0].questions[2].text; "" is the whole.
    path: str
    message: str


class DefinitionError(ValueError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in problems))


@dataclass(slots=True)
class Findings:
    """Collects problems while a document is read."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, path: str, message: str) -> None:
        # Both may repeat signs of the document that no answer could carry.
        self.problems.append(Problem(tidy(path), tidy(message)))

    def raise_if_any(self) -> None:
        if self.problems:
            raise DefinitionError(self.problems)
