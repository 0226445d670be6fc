"""Reads what a question says beyond its text: the options of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from surveys import patterns, pictures
from surveys.definition.kinds import (
    CHOOSING,
    CONTACT_KINDS,
    DECIMALS,
    DISPLAYS,
    FILE_SIZE,
    FILE_TYPES,
    HIGHEST_NUMBER,
    ICONS,
    LARGEST_FILE,
    LONGEST_PATTERN,
    MOMENTS,
    MOST_COLUMNS,
    MOST_ICONS,
    MOST_STEPS,
    NUMBERS,
    SLIDER_MAX,
    SLIDER_MIN,
    SLIDER_STEP,
    USUAL_FILE_TYPES,
)
from surveys.definition.nodes import LONGEST_LABEL, Node, Once
from surveys.definition.shape import OTHER, Choice, ContactField, Kind, Row
from surveys.moments import normal
from surveys.texts import Texts
from surveys.wording import gettext as _

MOST_ROWS = 50
MOST_FIELDS = 20
DECIMAL = Decimal(1).scaleb(-DECIMALS)


def read_options(node: Node, kind: Kind, language: str) -> dict[str, Any]:
    """The options of the kind, as the arguments of a question."""
    read = READERS.get(kind)
    return read(node, kind, language) if read else {}


def check_choices(node: Node, kind: Kind, choices: tuple[Choice, ...]) -> None:
    """What choices must not be together with the kind and its options."""
    if node.document.get("other") is True and any(one.key == OTHER for one in choices):
        node.add(
            "other",
            _("A choice has the key “other”, which is the write-in's own."),
        )
    if kind is not Kind.MULTIPLE_CHOICE and any(one.exclusive for one in choices):
        node.add("choices", _("Only a multiple choice has choices that stand alone."))
    if kind is Kind.RANKING and 0 < len(choices) < 2:
        node.add("choices", _("Give at least two choices to rank."))


def optional(node: Node, name: str, longest: int, language: str) -> Texts:
    """A text that may be left out, yet not in the default language alone."""
    texts = node.texts(name, longest=longest)
    if texts and language not in texts:
        node.add(
            name,
            _("The text in the default language (%(language)s) is missing.")
            % {"language": language},
        )
    return texts


def read_image(choice: Node, *, needed: bool) -> str:
    """The name of the choice's picture; `needed`: it is shown by it."""
    given = choice.document.get("image")
    if given is None or given == "":
        if needed:
            choice.add(
                "image", _("Give each choice a picture, or show them as a list.")
            )
        return ""
    if isinstance(given, str) and pictures.NAME.match(given):
        return given
    try:
        return pictures.from_text(given if isinstance(given, str) else "").name
    except pictures.PictureRefused as error:
        choice.add("image", str(error))
        return ""


def _rating(node: Node, _kind: Kind, _language: str) -> dict[str, Any]:
    icons = node.word("icons", ICONS)
    low, high = node.document.get("min", 1), node.document.get("max", 5)
    whole = isinstance(low, int) and isinstance(high, int)
    if icons != "numbers" and whole and high - low >= MOST_ICONS:
        node.add(
            "icons",
            _("Stars and faces are for %(most)s steps at most.") % {"most": MOST_ICONS},
        )
    return {"icons": icons}


def _choosing(node: Node, kind: Kind, language: str) -> dict[str, Any]:
    single = kind is Kind.SINGLE_CHOICE
    return {
        "other": node.flag("other"),
        "other_label": optional(node, "other_label", LONGEST_LABEL, language),
        "display": node.word("display", DISPLAYS) if single else "list",
        "columns": node.whole("columns", 1, MOST_COLUMNS) or 1,
        "random": node.flag("random"),
    }


def _ranking(node: Node, _kind: Kind, _language: str) -> dict[str, Any]:
    return {"random": node.flag("random")}


def _matrix(node: Node, _kind: Kind, language: str) -> dict[str, Any]:
    return {"rows": tuple(_rows(node, language)), "random": node.flag("random")}


def _contact(node: Node, _kind: Kind, language: str) -> dict[str, Any]:
    return {"fields": tuple(_fields(node, language))}


def _rows(question: Node, language: str) -> Iterator[Row]:
    keys = Once(_("“{key}” is the key of another row."))
    needed = _("Give at least one row.")
    for node in question.nodes("rows", most=MOST_ROWS, needed=needed):
        node.only(("key", "label"))
        key = node.key()
        keys.see(node, key)
        label = node.texts("label", longest=LONGEST_LABEL, needed_in=language)
        yield Row(key=key, label=label)


def _fields(question: Node, language: str) -> Iterator[ContactField]:
    keys = Once(_("“{key}” is the key of another field."))
    needed = _("Give at least one field.")
    for node in question.nodes("fields", most=MOST_FIELDS, needed=needed):
        node.only(("key", "label", "kind", "required"))
        key = node.key()
        keys.see(node, key)
        yield ContactField(
            key=key,
            label=node.texts("label", longest=LONGEST_LABEL, needed_in=language),
            kind=Kind(node.word("kind", [kind.value for kind in CONTACT_KINDS])),
            required=node.flag("required"),
        )


def _pattern(node: Node, _kind: Kind, language: str) -> dict[str, Any]:
    pattern = node.line("pattern", LONGEST_PATTERN)
    try:
        patterns.compiled(pattern)
    except patterns.PatternError as error:
        node.add("pattern", str(error))
    hint = optional(node, "pattern_hint", LONGEST_LABEL, language)
    if pattern and not hint:
        node.add("pattern_hint", _("Say in words what the answer must look like."))
    return {"pattern": pattern, "pattern_hint": hint}


def _numbers(node: Node, kind: Kind, language: str) -> dict[str, Any]:
    low, high, step = (_limit(node, name) for name in ("min", "max", "step"))
    if kind is Kind.SLIDER:
        low = SLIDER_MIN if low is None else low
        high = SLIDER_MAX if high is None else high
        step = SLIDER_STEP if step is None else step
    if low is not None and high is not None and low >= high:
        node.add("min", _("The lowest number must be below the highest."))
        low, high = None, None
    if step is not None and step <= 0:
        node.add("step", _("A step is above 0."))
    elif kind is Kind.SLIDER and _steps(low, high, step) > MOST_STEPS:
        node.add(
            "step", _("A slider has at most %(most)s steps.") % {"most": MOST_STEPS}
        )
    unit = optional(node, "unit", LONGEST_LABEL, language)
    return {"low": low, "high": high, "step": step, "unit": unit}


def _steps(low: float | None, high: float | None, step: float | None) -> float:
    if low is None or high is None or not step:
        return 0
    return (high - low) / step


def _limit(node: Node, name: str) -> float | None:
    value = node.decimal(name, most=HIGHEST_NUMBER)
    if value is None:
        return None
    if Decimal(repr(value)) % DECIMAL:
        node.add(
            name,
            _("Use at most %(most)s digits behind the point.") % {"most": DECIMALS},
        )
        return None
    return value


WANTED = {
    Kind.DATE: "2026-12-31",
    Kind.TIME: "13:45",
    Kind.DATETIME: "2026-12-31T13:45",
}


def _moments(node: Node, kind: Kind, _language: str) -> dict[str, Any]:
    span = {}
    for name in ("earliest", "latest"):
        text = node.line(name, 30)
        span[name] = normal(kind.value, text) or ""
        if text and not span[name]:
            node.add(name, _("Write it like %(example)s.") % {"example": WANTED[kind]})
    if span["earliest"] and span["latest"] and span["earliest"] > span["latest"]:
        node.add("earliest", _("The earliest must not be behind the latest."))
    return span


def _file(node: Node, _kind: Kind, _language: str) -> dict[str, Any]:
    types = node.document.get("types")
    if types is None:
        types = USUAL_FILE_TYPES
    fits = isinstance(types, list | tuple) and all(
        isinstance(one, str) and one in FILE_TYPES for one in types
    )
    if not fits or not types:
        node.add(
            "types", _("Name some of %(types)s.") % {"types": ", ".join(FILE_TYPES)}
        )
        types = ()
    return {
        "max_size": node.whole("max_size", 1, LARGEST_FILE) or FILE_SIZE,
        "types": tuple(one for one in FILE_TYPES if one in types),
    }


Reader = Callable[[Node, Kind, str], dict[str, Any]]
READERS: Mapping[Kind, Reader] = {
    Kind.RATING: _rating,
    Kind.MATRIX: _matrix,
    Kind.RANKING: _ranking,
    Kind.SHORT_TEXT: _pattern,
    Kind.CONTACT: _contact,
    Kind.FILE: _file,
    **dict.fromkeys(CHOOSING, _choosing),
    **dict.fromkeys(NUMBERS, _numbers),
    **dict.fromkeys(MOMENTS, _moments),
}
