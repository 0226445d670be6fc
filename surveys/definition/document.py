"""A definition as its canonical document: what is empty or usual is left out."""

from __future__ import annotations

from typing import Any

from surveys import conditions
from surveys.definition.shape import (
    Choice,
    Definition,
    Kind,
    Page,
    Question,
    Variable,
)


def to_document(definition: Definition) -> dict[str, Any]:
    return {
        "key": definition.key,
        "title": dict(definition.title),
        "default_language": definition.default_language,
        "variables": [_variable(variable) for variable in definition.variables],
        "pages": [_page(page) for page in definition.pages],
        **_filled(thanks=dict(definition.thanks)),
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {"key": variable.key, "label": variable.label, "open": variable.open}


def _page(page: Page) -> dict[str, Any]:
    return {
        "key": page.key,
        **_filled(title=dict(page.title), show_if=_rule(page.show_if)),
        "questions": [_question(question) for question in page.questions],
    }


def _question(question: Question) -> dict[str, Any]:
    fixed = question.kind is Kind.NPS
    return {
        "key": question.key,
        "kind": question.kind.value,
        "text": dict(question.text),
        "required": question.required,
        **_filled(
            help=dict(question.help),
            show_if=_rule(question.show_if),
            min=None if fixed else question.min,
            max=None if fixed else question.max,
            min_label=dict(question.min_label),
            max_label=dict(question.max_label),
            max_length=question.max_length,
            choices=[_choice(choice) for choice in question.choices],
        ),
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "key": choice.key,
        "label": dict(choice.label),
        **_filled(score=choice.score),
    }


def _rule(condition: conditions.Condition | None) -> dict[str, Any] | None:
    return None if condition is None else conditions.to_document(condition)


def _filled(**parts: Any) -> dict[str, Any]:
    return {
        name: part
        for name, part in parts.items()
        if part is not None and part != {} and part != []
    }
