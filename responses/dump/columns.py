"""Owns the columns of the dump as a table: one a question, one a variable.

Pure. The columns come from every published version, so that a survey that changed
still has one table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from responses.dump.words import Wording, Words, words
from surveys.definition import Definition, Question, Variable, say

FIXED = (
    *("key", "survey", "version", "status", "test", "language", "deployment"),
    *("invitation", "email", "started_at", "updated_at", "completed_at", "quality"),
)
# What a spreadsheet takes for a formula, also behind spaces and a byte order mark,
# and the full-width twins that it takes for the same.
FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z", re.ASCII)

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    # What it is chosen by, such as `answer.csat`; the name may be in words.
    key: str
    name: str
    read: Callable[[Document], object]


KEYS = Wording()


def columns(
    definitions: Iterable[Definition], *, changes: bool = False, wording: Wording = KEYS
) -> tuple[Column, ...]:
    """The columns for these versions, oldest first; a later wording wins."""
    versions = tuple(definitions)
    known = words(versions, wording) if wording.labels else {}
    questions: dict[str, tuple[Question, str]] = {}
    variables: dict[str, Variable] = {}
    for definition in versions:
        variables |= {variable.key: variable for variable in definition.variables}
        for question in definition.questions():
            if question.kind != "statement":
                questions[question.key] = (question, definition.default_language)
    news = ("change", "at") if changes else ()
    return (
        *(_fixed(name) for name in ("cursor", *news, *FIXED)),
        Column(
            key="records", name="records", read=lambda row: _json(row.get("records"))
        ),
        *(_variable(variable, wording) for variable in variables.values()),
        *(
            _answer(question, default, wording, known.get(question.key))
            for question, default in questions.values()
        ),
    )


GROUPS = {"answers": "answer.", "variables": "variable."}


def choose(table: Iterable[Column], names: Iterable[str]) -> tuple[Column, ...]:
    """The columns that were asked for, in their own order; the cursor goes along."""
    wanted = set(names) | {"cursor"}
    groups = tuple(prefix for name, prefix in GROUPS.items() if name in wanted)
    return tuple(
        column
        for column in table
        if column.key in wanted or (groups and column.key.startswith(groups))
    )


def prune(document: Document, names: Iterable[str]) -> dict[str, Any]:
    """The document with only what was asked for; what tells of changes stays."""
    wanted = set(names) | {"cursor", "change", "at"}
    pruned = {}
    for name, value in document.items():
        prefix = GROUPS.get(name, "")
        if name in wanted:
            pruned[name] = value
        elif prefix and any(one.startswith(prefix) for one in wanted):
            pruned[name] = {k: v for k, v in value.items() if prefix + k in wanted}
    return pruned


def cell(value: object) -> str:
    """The value as text that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return cell(";".join(cell(item) for item in value))
    if isinstance(value, dict):
        return cell(json.dumps(value, ensure_ascii=False))
    text = str(value)
    if FORMULA.match(text) and not NUMBER.match(text):
        return f"'{text}"
    return text


def _fixed(name: str) -> Column:
    return Column(key=name, name=name, read=lambda row: row.get(name))


def _variable(variable: Variable, wording: Wording) -> Column:
    name = variable.label if wording.labels else f"variable.{variable.key}"
    return Column(
        key=f"variable.{variable.key}",
        name=name or variable.key,
        read=lambda row: row.get("variables", {}).get(variable.key),
    )


def _answer(
    question: Question, default: str, wording: Wording, known: Words | None
) -> Column:
    name = f"answer.{question.key}"
    if known is None:
        return Column(
            key=name,
            name=name,
            read=lambda row: row.get("answers", {}).get(question.key),
        )
    return Column(
        key=name,
        name=say(question.text, wording.language, default) or question.key,
        read=lambda row: known.of(row.get("answers", {}).get(question.key)),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
