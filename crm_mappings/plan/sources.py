"""Owns where a value comes from: one class per value source of a mapping document,
and the names in a text template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from surveys.wording import gettext as _

MAX_TEMPLATE: Final = 4_000
MAX_PLACEHOLDERS: Final = 50
MAX_CONSTANT: Final = 4_000
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
FACET: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(?::[a-z0-9_]{1,40})?\Z")
# The API name of an object or field. It ends up in SOQL: nothing else may pass.
API_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}\Z")
# The facet of a question that is not about its answer.
WORDING: Final = "question_text"
BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


class SourceError(ValueError):
    """A value source that says nothing that can be read, and what it should say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromQuestion:
    question: str
    facet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromWording:
    """What a question asks, in the respondent's language."""

    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromVariable:
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromResponse:
    """A fact of the response itself, see `response_facts`."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromConstant:
    value: str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FromStep:
    """The record of an earlier step, or else of another one: its id, one of its
    fields, or how it came (`outcome`)."""

    step: str
    otherwise: str | None = None
    facet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromRecord:
    """The id of a record that the invitation is about."""

    record: str


# What can be named in a text template.
Named: TypeAlias = FromQuestion | FromWording | FromVariable | FromResponse | FromStep


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTemplate:
    text: str
    # Text as it is written, and the sources between.
    parts: tuple[str | Named, ...]


ValueSource = (
    FromQuestion
    | FromWording
    | FromVariable
    | FromResponse
    | FromConstant
    | FromStep
    | FromRecord
    | FromTemplate
)


def parse_source(document: object) -> ValueSource:
    """Return the source of a document such as `{"question": "csat"}`."""
    if not isinstance(document, Mapping):
        raise SourceError(
            _("Say where the value comes from: %(kinds)s.") % {"kinds": KINDS}
        )
    named = [kind for kind in PARSERS if kind in document]
    if len(named) != 1:
        raise SourceError(_("Say exactly one of %(kinds)s.") % {"kinds": KINDS})
    kind = named[0]
    allowed = {kind, *BESIDE.get(kind, ())}
    unknown = sorted(str(key) for key in document if key not in allowed)
    if unknown:
        raise SourceError(
            _("%(unknown)r does not belong beside %(kind)r.")
            % {"unknown": unknown[0], "kind": kind}
        )
    return PARSERS[kind](document)


def source_document(source: ValueSource) -> dict[str, object]:
    """Return the document of a source; parsing it gives the source again."""
    kind, attribute = WORDS[type(source)]
    document: dict[str, object] = {kind: getattr(source, attribute)}
    if isinstance(source, FromQuestion) and source.facet is not None:
        document["facet"] = source.facet
    if isinstance(source, FromWording):
        document["facet"] = WORDING
    if isinstance(source, FromStep) and source.otherwise is not None:
        document["or"] = source.otherwise
    if isinstance(source, FromStep) and source.facet is not None:
        document["facet"] = source.facet
    return document


def parts(source: ValueSource) -> Iterator[ValueSource]:
    """Return the sources that a value is made of."""
    if isinstance(source, FromTemplate):
        yield from (part for part in source.parts if not isinstance(part, str))
    else:
        yield source


def named_steps(source: FromStep) -> tuple[str, ...]:
    """Return the steps whose record may be read, in their order."""
    return tuple(step for step in (source.step, source.otherwise) if step is not None)


def steps_in(source: ValueSource) -> list[FromStep]:
    """Return what a source reads of earlier steps."""
    return [part for part in parts(source) if isinstance(part, FromStep)]


def _key(value: object, what: str, pattern: re.Pattern[str] = KEY) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise SourceError(
            _("%(value)r is not %(what)s.") % {"value": value, "what": what}
        )
    return value


def _question(document: Mapping[str, object]) -> FromQuestion | FromWording:
    facet = document.get("facet")
    question = _key(document["question"], _("the key of a question"))
    if facet == WORDING:
        return FromWording(question=question)
    return FromQuestion(
        question=question,
        facet=None if facet is None else _key(facet, _("a facet of an answer"), FACET),
    )


def _variable(document: Mapping[str, object]) -> FromVariable:
    return FromVariable(variable=_key(document["variable"], _("the key of a variable")))


def _response(document: Mapping[str, object]) -> FromResponse:
    return FromResponse(name=_key(document["response"], _("a fact of the response")))


def _constant(document: Mapping[str, object]) -> FromConstant:
    value = document["constant"]
    if not isinstance(value, str | int | float | bool) or value == "":
        raise SourceError(_("A constant is a text, a number, or true or false."))
    if isinstance(value, str) and len(value) > MAX_CONSTANT:
        raise SourceError(
            _("A constant has %(most)s characters at most.") % {"most": MAX_CONSTANT}
        )
    if isinstance(value, float) and value - value != 0:
        raise SourceError(_("A constant number must be finite."))
    return FromConstant(value=value)


def _step(document: Mapping[str, object]) -> FromStep:
    other, facet = document.get("or"), document.get("facet")
    if facet is not None:
        facet = _key(facet, _("a field of the step's record"), API_NAME)
    return FromStep(
        step=_key(document["step"], _("the key of a step")),
        otherwise=None if other is None else _key(other, _("the key of a step")),
        facet=None if facet == "Id" else facet,
    )


def _record(document: Mapping[str, object]) -> FromRecord:
    return FromRecord(
        record=_key(document["record"], _("the name of an object"), API_NAME)
    )


def _template(document: Mapping[str, object]) -> FromTemplate:
    text = document["template"]
    if not isinstance(text, str) or not text.strip():
        raise SourceError(_("A template is a text such as 'Answer: {{why}}'."))
    if len(text) > MAX_TEMPLATE:
        raise SourceError(
            _("A template has %(most)s characters at most.") % {"most": MAX_TEMPLATE}
        )
    pieces = BRACES.split(text)
    if any("{{" in piece or "}}" in piece for piece in pieces[::2]):
        raise SourceError(_("A name in a template stands between {{ and }}."))
    if len(pieces) // 2 > MAX_PLACEHOLDERS:
        raise SourceError(
            _("A template has %(most)s names at most.") % {"most": MAX_PLACEHOLDERS}
        )
    return FromTemplate(
        text=text,
        parts=tuple(
            _placeholder(piece.strip()) if place % 2 else piece
            for place, piece in enumerate(pieces)
            if place % 2 or piece
        ),
    )


def _placeholder(name: str) -> Named:
    head, dot, rest = name.partition(".")
    if not dot:
        return _question({"question": head})
    if head == "variable":
        return _variable({"variable": rest})
    if head == "response":
        return _response({"response": rest})
    if head == "survey":
        return _response({"response": f"survey_{rest}"})
    step, dot, field = rest.partition(".")
    if head == "step" and dot:
        return _step({"step": step, "facet": field})
    return _question({"question": head, "facet": rest})


PARSERS: Final[Mapping[str, Callable[[Mapping[str, object]], ValueSource]]] = {
    "question": _question,
    "variable": _variable,
    "response": _response,
    "constant": _constant,
    "template": _template,
    "step": _step,
    "record": _record,
}
KINDS: Final = ", ".join(PARSERS)
# What else may stand beside a kind.
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "question": ("facet",),
    "step": ("or", "facet"),
}
# Class -> its word in a document, and the attribute that holds what follows.
WORDS: Final[Mapping[type[ValueSource], tuple[str, str]]] = {
    FromQuestion: ("question", "question"),
    FromWording: ("question", "question"),
    FromVariable: ("variable", "variable"),
    FromResponse: ("response", "name"),
    FromConstant: ("constant", "value"),
    FromTemplate: ("template", "text"),
    FromStep: ("step", "step"),
    FromRecord: ("record", "record"),
}
