"""A rule as data, and as the document that it is written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias, cast

from surveys.texts import storable, tidy
from surveys.wording import gettext as _

# A step is one of a mapping: it is there when its record was found or made.
Source = Literal["question", "variable", "field", "response", "step"]
SOURCES: tuple[Source, ...] = ("question", "variable", "field", "response", "step")

MAX_DEPTH = 8
MAX_PARTS = 100
MAX_VALUES = 500
MAX_TEXT = 1000
MAX_NUMBER = 10**15
MAX_DAYS = 36_500


class Op(StrEnum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    ANSWERED = "answered"
    BLANK = "blank"
    STARTS_WITH = "starts_with"
    MATCHES_DOMAIN = "matches_domain"
    WITHIN_DAYS = "within_days"


PRESENCE = (Op.ANSWERED, Op.BLANK)
SEVERAL = (Op.IN, Op.NOT_IN)


class ConditionError(ValueError):
    """The document is not a rule; the message says what to change."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    source: Source
    name: str
    op: Op
    facet: str | None = None
    # A scalar; a tuple of scalars for in and not_in; None where nothing is compared.
    value: object = None


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition: TypeAlias = All | Any_ | Not | Comparison


def comparisons(condition: Condition) -> Iterator[Comparison]:
    match condition:
        case All(parts=parts) | Any_(parts=parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part=part):
            yield from comparisons(part)
        case Comparison():
            yield condition


def parse(document: object) -> Condition:
    condition = _read(document, MAX_DEPTH)
    if sum(1 for _part in comparisons(condition)) > MAX_PARTS:
        raise ConditionError(
            _("A rule may hold at most %(most)s comparisons.") % {"most": MAX_PARTS}
        )
    return condition


def to_document(condition: Condition) -> dict[str, Any]:
    match condition:
        case All(parts=parts):
            return {"all": [to_document(part) for part in parts]}
        case Any_(parts=parts):
            return {"any": [to_document(part) for part in parts]}
        case Not(part=part):
            return {"not": to_document(part)}
        case Comparison():
            return _comparison_document(condition)


def _comparison_document(comparison: Comparison) -> dict[str, Any]:
    document: dict[str, Any] = {comparison.source: comparison.name}
    if comparison.facet is not None:
        document["facet"] = comparison.facet
    document["op"] = comparison.op.value
    if comparison.op in SEVERAL:
        document["value"] = list(cast(tuple[object, ...], comparison.value))
    elif comparison.op not in PRESENCE:
        document["value"] = comparison.value
    return document


def _read(document: object, depth: int) -> Condition:
    if not isinstance(document, Mapping):
        raise ConditionError(
            _(
                'A rule is an object such as {"question": "nps", "op": "le", '
                '"value": 6}.'
            )
        )
    if depth == 0:
        raise ConditionError(
            _("A rule may be nested at most %(most)s deep.") % {"most": MAX_DEPTH}
        )
    for word, made in (("all", All), ("any", Any_)):
        if word in document:
            return made(_parts(document, word, depth))
    if "not" in document:
        _alone(document, "not")
        return Not(_read(document["not"], depth - 1))
    return _comparison(document)


def _parts(document: Mapping[str, Any], word: str, depth: int) -> tuple[Condition, ...]:
    _alone(document, word)
    parts = document[word]
    if not isinstance(parts, list | tuple) or not parts:
        raise ConditionError(
            _("“%(word)s” needs a list with at least one comparison.") % {"word": word}
        )
    if len(parts) > MAX_PARTS:
        raise ConditionError(
            _("A rule may hold at most %(most)s comparisons.") % {"most": MAX_PARTS}
        )
    return tuple(_read(part, depth - 1) for part in parts)


def _alone(document: Mapping[str, Any], word: str) -> None:
    if len(document) > 1:
        raise ConditionError(
            _("“%(word)s” stands alone: put the other parts inside it.")
            % {"word": word}
        )


def _comparison(document: Mapping[str, Any]) -> Comparison:
    sources = [source for source in SOURCES if source in document]
    if len(sources) != 1:
        raise ConditionError(
            _("Name exactly one of question, variable, field, response, step.")
        )
    source = sources[0]
    unknown = set(document) - {source, "facet", "op", "value"}
    if unknown:
        raise ConditionError(
            _("“%(name)s” is not known.") % {"name": shown(min(map(str, unknown)))}
        )
    op = _op(document.get("op"))
    facet = document.get("facet")
    return Comparison(
        source=source,
        name=_name(document[source], source),
        facet=None if facet is None else _name(facet, "facet"),
        op=op,
        value=_value(op, document.get("value")),
    )


def _name(name: object, what: str) -> str:
    if isinstance(name, str) and 0 < len(name) <= MAX_TEXT and storable(name):
        return name
    raise ConditionError(_("“%(what)s” needs a name.") % {"what": what})


def _op(word: object) -> Op:
    try:
        return Op(cast(str, word))
    except ValueError:
        known = ", ".join(op.value for op in Op)
        raise ConditionError(
            _("“op” is one of %(known)s.") % {"known": known}
        ) from None


def _value(op: Op, value: object) -> object:
    if op in PRESENCE:
        if value is not None:
            raise ConditionError(_("“%(op)s” takes no value.") % {"op": op.value})
        return None
    if op in SEVERAL:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_VALUES:
            raise ConditionError(
                _("“%(op)s” needs a list of 1 to %(most)s values.")
                % {"op": op.value, "most": MAX_VALUES}
            )
        return tuple(_scalar(op, one) for one in value)
    if op is Op.WITHIN_DAYS:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConditionError(_("“within_days” needs a whole number of days."))
        if not 0 <= value <= MAX_DAYS:
            raise ConditionError(
                _("“within_days” is 0 to %(most)s days.") % {"most": MAX_DAYS}
            )
        return value
    return _scalar(op, value)


def _scalar(op: Op, value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) <= MAX_NUMBER:
        return value
    if isinstance(value, str) and len(value) <= MAX_TEXT and storable(value):
        return value
    raise ConditionError(
        _(
            "“%(op)s” compares with a text of up to %(most)s characters, a "
            "number, or true or false."
        )
        % {"op": op.value, "most": MAX_TEXT}
    )


def shown(value: object) -> str:
    text = tidy(str(value))
    return text if len(text) <= 60 else f"{text[:60]}…"
