"""Acts on a pasted list: a line becomes a choice, with a score behind a tab or bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from surveys import history
from surveys.definition.nodes import HIGHEST_SCORE, LONGEST_LABEL
from surveys.definition.parsing import MOST_CHOICES
from surveys.keys import propose
from surveys.models import Choice, Question, Survey
from surveys.texts import tidy
from surveys.wording import whole

SEPARATORS = ("\t", "|")


class PasteRefused(ValueError):
    """The list cannot become choices; `problems` say why, line by line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    added: int
    # Labels that a choice has already: its score is set, no second one is made.
    known: tuple[str, ...]


def lines(text: str) -> list[Line]:
    """Read the list. Raises `PasteRefused` with every problem."""
    rows = [row for row in tidy(text).split("\n") if row.strip()]
    if not rows:
        raise PasteRefused([_("Paste a list: one choice on each line.")])
    if len(rows) > MOST_CHOICES:
        raise PasteRefused(
            [
                _(
                    "That are %(rows)s lines, and a question has at most %(most)s "
                    "choices. Shorten the list, or ask for a short text instead."
                )
                % {"rows": whole(len(rows)), "most": MOST_CHOICES}
            ]
        )
    problems: list[str] = []
    read = [_line(number, row, problems) for number, row in enumerate(rows, 1)]
    if problems:
        raise PasteRefused(problems)
    return read


def _line(number: int, row: str, problems: list[str]) -> Line:
    label, score = row, ""
    for separator in SEPARATORS:
        if separator in row:
            label, _bar, score = row.rpartition(separator)
            break
    label, score = tidy(label), score.strip().replace(",", ".")
    if not 0 < len(label) <= LONGEST_LABEL:
        problems.append(
            _("Line %(line)s: use a label of up to %(most)s characters.")
            % {"line": number, "most": LONGEST_LABEL}
        )
    value = _number(score) if score else None
    if score and value is None:
        problems.append(
            _("Line %(line)s: “%(score)s” behind the label is no number for a score.")
            % {"line": number, "score": score[:40]}
        )
    return Line(label=label, score=value)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= HIGHEST_SCORE else None


@transaction.atomic
def add_choices(
    *, question: Question, text: str, user: AbstractBaseUser | None = None
) -> Pasted:
    """Put the list behind the choices that are there, in the survey's language."""
    read = lines(text)
    survey = Survey.objects.select_for_update().get(pk=question.page.survey_id)
    language = survey.default_language
    choices = list(question.choices.order_by("position", "pk"))
    by_label = {choice.label.get(language): choice for choice in choices}
    taken = {choice.key for choice in choices}
    new: list[Choice] = []
    known: list[str] = []
    for line in read:
        there = by_label.get(line.label)
        if there is not None:
            known.append(line.label)
            _score(there, line)
            continue
        key = propose(line.label, taken, fallback="choice")
        taken.add(key)
        made = Choice(
            question=question, key=key, label={language: line.label}, score=line.score
        )
        made.position = (choices[-1].position + 1 if choices else 0) + len(new)
        by_label[line.label] = made
        new.append(made)
    if len(choices) + len(new) > MOST_CHOICES:
        raise PasteRefused(
            [_("A question has at most %(most)s choices.") % {"most": MOST_CHOICES}]
        )
    Choice.objects.bulk_create(new)
    survey.save(update_fields=["updated_at"])
    history.tell(
        user,
        survey,
        _("%(n)s choices added to “%(key)s”.") % {"n": len(new), "key": question.key},
    )
    return Pasted(added=len(new), known=tuple(known))


def _score(choice: Choice, line: Line) -> None:
    if line.score is not None and line.score != choice.score:
        choice.score = line.score
        if choice.pk:
            choice.save(update_fields=["score"])
