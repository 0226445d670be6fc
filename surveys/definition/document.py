"""A definition as its canonical document: what is empty or usual is left out."""

from __future__ import annotations

from typing import Any

from surveys import conditions
from surveys.definition.blocks import FIXED
from surveys.definition.shape import (
    Choice,
    ContactField,
    Definition,
    Exit,
    Kind,
    Page,
    Question,
    Quota,
    Row,
    Variable,
)


def to_document(definition: Definition) -> dict[str, Any]:
    return {
        "key": definition.key,
        "title": dict(definition.title),
        "default_language": definition.default_language,
        "variables": [_variable(variable) for variable in definition.variables],
        "pages": [_page(page) for page in definition.pages],
        **_filled(
            thanks=dict(definition.thanks),
            screened_out=dict(definition.screened_out),
            quotas=[_quota(quota) for quota in definition.quotas],
        ),
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {"key": variable.key, "label": variable.label, "open": variable.open}


def _page(page: Page) -> dict[str, Any]:
    return {
        "key": page.key,
        **_filled(title=dict(page.title), show_if=_rule(page.show_if)),
        "questions": [_question(question) for question in page.questions],
        **_filled(
            next=[_exit(way) for way in page.next],
            random=page.random or None,
            place=page.place if page.place != FIXED else None,
        ),
    }


def _exit(way: Exit) -> dict[str, Any]:
    ends = not way.go_to
    return _filled(
        **{"if": _rule(way.condition)},
        go_to=way.go_to or None,
        end=True if ends and not way.screen_out else None,
        screen_out=True if ends and way.screen_out else None,
        text=dict(way.text),
    )


def _quota(quota: Quota) -> dict[str, Any]:
    return {
        "key": quota.key,
        "limit": quota.limit,
        "when_full": "close" if quota.closes else "screen_out",
        **_filled(**{"if": _rule(quota.condition)}, text=dict(quota.text)),
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind.value,
        "text": dict(question.text),
        "required": question.required,
        **_filled(
            help=dict(question.help),
            show_if=_rule(question.show_if),
            min_label=dict(question.min_label),
            max_label=dict(question.max_label),
            max_length=question.max_length,
            choices=[_choice(choice) for choice in question.choices],
            **_ends(question),
            **_choosing(question),
            **_typing(question),
            rows=[_part(row) for row in question.rows],
            fields=[_field(one) for one in question.fields],
            max_size=question.max_size or None,
            types=list(question.types),
        ),
    }


def _ends(question: Question) -> dict[str, Any]:
    if question.kind is Kind.NPS:
        return {}
    if question.kind is Kind.RATING:
        icons = question.icons if question.icons != "numbers" else None
        return {"min": question.min, "max": question.max, "icons": icons}
    return {
        "min": _plain(question.low),
        "max": _plain(question.high),
        "step": _plain(question.step),
        "unit": dict(question.unit),
    }


def _choosing(question: Question) -> dict[str, Any]:
    return {
        "other": question.other or None,
        "other_label": dict(question.other_label),
        "display": question.display if question.display != "list" else None,
        "columns": question.columns if question.columns > 1 else None,
        "random": question.random or None,
    }


def _typing(question: Question) -> dict[str, Any]:
    return {
        "pattern": question.pattern or None,
        "pattern_hint": dict(question.pattern_hint),
        "earliest": question.earliest or None,
        "latest": question.latest or None,
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        **_part(choice),
        **_filled(
            score=choice.score,
            exclusive=choice.exclusive or None,
            image=choice.image or None,
        ),
    }


def _part(part: Choice | Row | ContactField) -> dict[str, Any]:
    return {"key": part.key, "label": dict(part.label)}


def _field(field: ContactField) -> dict[str, Any]:
    return {
        **_part(field),
        "kind": field.kind.value,
        **_filled(required=field.required or None),
    }


def _plain(number: float | None) -> float | int | None:
    """Whole numbers are written without a point."""
    whole = number is not None and number == int(number)
    return int(number) if whole and number is not None else number


def _rule(condition: conditions.Condition | None) -> dict[str, Any] | None:
    return None if condition is None else conditions.to_document(condition)


def _filled(**parts: Any) -> dict[str, Any]:
    return {
        name: part
        for name, part in parts.items()
        if part is not None and part != {} and part != []
    }
