"""What SurveyJS writes at the leaves: texts by locale, items, numbers, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from surveys import pictures
from surveys.importing.building import Builder
from surveys.wording import gettext as _

Element = Mapping[str, Any]
MOST_LENGTH = 50_000


def items(values: Any) -> Iterable[tuple[str, Any]]:
    """Choices as SurveyJS writes them: a value, or a value with its text."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, Mapping):
            code = str(value.get("value", ""))
            yield code, value.get("text") or code
        else:
            yield str(value), str(value)


def images_of(element: Element) -> dict[str, str]:
    """Code -> picture, where every choice holds its own: nothing is fetched."""
    listed = element.get("choices")
    found: dict[str, str] = {}
    if element.get("hasNone") is True or element.get("showNoneItem") is True:
        return found
    for value in listed if isinstance(listed, list) else []:
        link = value.get("imageLink") if isinstance(value, Mapping) else None
        try:
            picture = pictures.from_text(link if isinstance(link, str) else "")
        except pictures.PictureRefused:
            return {}
        found.setdefault(str(value.get("value", "")), str(picture))
    return found if len(found) == len(listed or ()) else {}


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def whole(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return default
    return value


def length_of(element: Element) -> int | None:
    length = element.get("maxLength")
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        return None
    return min(length, MOST_LENGTH)


def texts(builder: Builder, value: Any) -> dict[str, str]:
    """By language; “default” is the survey's own."""
    if isinstance(value, str):
        return {builder.language: value} if value.strip() else {}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {builder.language: str(value)}
    if not isinstance(value, Mapping):
        return {}
    return {
        builder.language if code == "default" else str(code): text
        for code, text in value.items()
        if isinstance(text, str) and text.strip()
    }


def rule_of(part: Element) -> str:
    rule = part.get("visibleIf")
    return rule if isinstance(rule, str) else ""


def tell_unused(builder: Builder, what: str, part: Element, used: set[str]) -> None:
    """Nothing is lost without a word."""
    for name, value in part.items():
        if name not in used:
            said = _("setting") + f" {str(name)[:60]} = {str(value)[:80]}"
            builder.report.leave(what, said)
