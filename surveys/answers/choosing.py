"""Choices: one, several, one in each row, all of them in an order, or a consent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from surveys.answers.lines import line, of_kind
from surveys.answers.verdict import Answer, AnswerProblem, Checked
from surveys.definition import OTHER, Question
from surveys.definition.kinds import LONGEST_OTHER

SHOWN = 60
RANK = re.compile(r"[0-9]{1,4}\Z")
Said = Mapping[str, Sequence[str]]


def single(question: Question, said: Said) -> Answer | AnswerProblem:
    """A write-in counts as chosen, unless another choice was made as well."""
    chosen, typed = list(said.get("", ())), _typed(question, said)
    if len(chosen) > 1:
        return AnswerProblem("one_answer_only")
    key = chosen[0] if chosen else OTHER
    if key not in question.choice_keys:
        return AnswerProblem("unknown_choice", {"choice": key[:SHOWN]})
    if key == OTHER and question.other:
        written = _written(typed)
        return Checked({OTHER: written}) if isinstance(written, str) else written
    return Checked(key)


def several(question: Question, said: Said) -> Answer | AnswerProblem:
    chosen, typed = list(said.get("", ())), _typed(question, said)
    if typed:
        chosen.append(OTHER)
    unknown = [key for key in chosen if key not in question.choice_keys]
    if unknown:
        return AnswerProblem("unknown_choice", {"choice": unknown[0][:SHOWN]})
    alone = [one for one in question.choices if one.exclusive and one.key in chosen]
    if alone and len(set(chosen)) > 1:
        return AnswerProblem("not_alone", {"choice": alone[0].key})
    kept: list[object] = [one.key for one in question.choices if one.key in chosen]
    if question.other and OTHER in chosen:
        written = _written(typed)
        if isinstance(written, AnswerProblem):
            return written
        kept.append({OTHER: written})
    return Checked(kept)


def _typed(question: Question, said: Said) -> list[str]:
    return list(said.get(OTHER, ())) if question.other else []


def _written(typed: Sequence[str]) -> str | AnswerProblem:
    if not typed:
        return AnswerProblem("nothing_written", {"part": OTHER})
    if len(typed) > 1:
        return AnswerProblem("one_answer_only", {"part": OTHER})
    text = line(typed[0])
    if len(text) > LONGEST_OTHER:
        return AnswerProblem(
            "too_long",
            {"max_length": LONGEST_OTHER, "length": len(text), "part": OTHER},
        )
    return text


def matrix(question: Question, said: Said) -> Answer | AnswerProblem:
    """One choice in each row; a required matrix has one in all of them."""
    found = {}
    for row in question.rows:
        chosen = said.get(row.key, ())
        if len(chosen) > 1:
            return AnswerProblem("one_answer_only", {"part": row.key})
        if chosen and question.choice(chosen[0]) is None:
            choice = chosen[0][:SHOWN]
            return AnswerProblem("unknown_choice", {"choice": choice, "part": row.key})
        if chosen:
            found[row.key] = chosen[0]
        elif question.required:
            return AnswerProblem("row_missing", {"part": row.key})
    return Checked(found or None)


def ranking(question: Question, said: Said) -> Answer | AnswerProblem:
    """Each place is given once; a required ranking gives one to every choice."""
    places: dict[int, str] = {}
    for choice in question.choices:
        given = said.get(choice.key, ())
        if len(given) > 1:
            return AnswerProblem("one_answer_only", {"part": choice.key})
        if not given:
            if question.required:
                return AnswerProblem("rank_missing", {"part": choice.key})
            continue
        place = int(given[0]) if RANK.match(given[0]) else 0
        if not 1 <= place <= len(question.choices):
            most = len(question.choices)
            return AnswerProblem(
                "out_of_range", {"min": 1, "max": most, "part": choice.key}
            )
        if place in places:
            return AnswerProblem("rank_twice", {"rank": place, "part": choice.key})
        places[place] = choice.key
    return Checked([places[place] for place in sorted(places)] or None)


def contact(question: Question, said: Said) -> Answer | AnswerProblem:
    found = {}
    for one in question.fields:
        typed = said.get(one.key, ())
        if len(typed) > 1:
            return AnswerProblem("one_answer_only", {"part": one.key})
        if typed:
            text = of_kind(one.kind, typed[0])
            if isinstance(text, AnswerProblem):
                return AnswerProblem(text.code, {**text.params, "part": one.key})
            found[one.key] = text
        elif one.required and (question.required or said):
            return AnswerProblem("field_missing", {"part": one.key})
    return Checked(found or None)


def consent(question: Question, said: Said) -> Answer | AnswerProblem:
    """A box that is left empty says no."""
    given = said.get("", ())
    if len(given) > 1:
        return AnswerProblem("one_answer_only")
    word = given[0] if given else "false"
    if word not in {"true", "false"}:
        return AnswerProblem("unknown_choice", {"choice": word[:SHOWN]})
    if word == "false" and question.required:
        return AnswerProblem("consent")
    return Checked(word == "true")
