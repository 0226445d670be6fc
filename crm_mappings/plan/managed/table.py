"""Owns the table of the managed mapping: which fields each question needs, of what
type, and which facet of the answer each of them holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crm_mappings.plan.managed import wishes
from crm_mappings.plan.managed.wishes import FieldWish
from crm_mappings.plan.sources import FromQuestion, FromVariable, ValueSource
from surveys.definition import OTHER, Definition, Kind, Question, Variable, say
from surveys.texts import Texts
from surveys.wording import gettext as _

# A multi-select picklist takes so many choices at a time, in so many characters.
MOST_SELECTED: Final = 100
LONGEST_SELECTION: Final = 4_000
TRUNCATE: Final = ("truncate",)
LINES: Final[Mapping[Kind, str]] = {
    Kind.EMAIL: "Email",
    Kind.PHONE: "Phone",
    Kind.URL: "Url",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One value, and the field that it needs."""

    source: ValueSource
    # What its API name is made of.
    words: tuple[str, ...]
    label: str
    help: str
    wish: FieldWish
    transforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question, and how a slot of it is made."""

    question: Question
    language: str

    def say(self, texts: Texts) -> str:
        return say(texts, self.language, self.language)

    def slot(
        self, facet: str | None, wish: FieldWish, word: str = "", part: str = ""
    ) -> Slot:
        text = self.say(self.question.text) or self.question.key
        cut = wish.type in {"Text", "Url"}
        return Slot(
            source=FromQuestion(question=self.question.key, facet=facet),
            words=(self.question.key, word) if word else (self.question.key,),
            label=labelled(text, part),
            help=text,
            wish=wish,
            transforms=TRUNCATE if cut else (),
        )

    def choices(self) -> tuple[tuple[str, str], ...]:
        listed = [(one.key, self.say(one.label)) for one in self.question.choices]
        if self.question.other:
            label = self.say(self.question.other_label) or _("Other")
            listed.append((OTHER, label))
        return tuple(listed)


def labelled(text: str, part: str = "", most: int = 40) -> str:
    """Return a field's label: the question cut, so that what is said of it stays."""
    text = " ".join(text.split())
    if not part:
        return text if len(text) <= most else text[: most - 1].rstrip() + "…"
    part = part if len(part) <= most // 2 else part[: most // 2 - 1].rstrip() + "…"
    return f"{labelled(text, '', most - len(part) - 3)} – {part}"


def question_slots(definition: Definition) -> Iterator[Slot]:
    for question in definition.questions():
        asked = _Asked(question=question, language=definition.default_language)
        yield from TABLE[question.kind](asked)


def variable_slots(variables: Iterable[Variable]) -> Iterator[Slot]:
    for variable in variables:
        yield Slot(
            source=FromVariable(variable=variable.key),
            words=(variable.key,),
            label=labelled(variable.label or variable.key),
            help=variable.label or variable.key,
            wish=wishes.text(),
            transforms=TRUNCATE,
        )


def groups() -> FieldWish:
    return wishes.picklist(
        ("promoter", _("Promoter")),
        ("passive", _("Passive")),
        ("detractor", _("Detractor")),
    )


def _nps(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.whole(2))
    yield asked.slot("group", groups(), "group", _("Group"))
    yield asked.slot("normalised", wishes.whole(1), "normalised", "1/0/−1")


def _rating(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.whole(3))
    yield asked.slot("label", wishes.text(), "label", _("Label"))


def _single(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.picklist(*asked.choices()))
    if any(one.score is not None for one in asked.question.choices):
        yield asked.slot("score", _score(), "score", _("Score"))
    yield from _written_in(asked)


def _multiple(asked: _Asked) -> Iterator[Slot]:
    choices = asked.choices()
    size = sum(len(key) + 1 for key, _label in choices)
    if len(choices) <= MOST_SELECTED and size <= LONGEST_SELECTION:
        yield asked.slot(None, wishes.picklist(*choices, several=True))
    else:
        yield asked.slot(None, wishes.long_text(size))
    yield from _written_in(asked)


def _written_in(asked: _Asked) -> Iterator[Slot]:
    if asked.question.other:
        yield asked.slot(OTHER, wishes.text(), "written_in", _("Written in"))


def _matrix(asked: _Asked) -> Iterator[Slot]:
    for row in asked.question.rows:
        label = asked.say(row.label) or row.key
        picks = wishes.picklist(*asked.choices())
        yield asked.slot(f"key:{row.key}", picks, row.key, label)
        word = f"{row.key}_score"
        said = _("%(part)s, score") % {"part": labelled(label, "", 12)}
        yield asked.slot(f"score:{row.key}", _score(), word, said)


def _ranking(asked: _Asked) -> Iterator[Slot]:
    for key, label in asked.choices():
        yield asked.slot(f"rank:{key}", wishes.whole(3), f"{key}_rank", label)


def _text(asked: _Asked) -> Iterator[Slot]:
    longest = asked.question.max_length or 255
    yield asked.slot(
        None, wishes.text() if longest <= 255 else wishes.long_text(longest)
    )


def _long_text(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.long_text(asked.question.max_length or 0))


def _number(asked: _Asked) -> Iterator[Slot]:
    one = asked.question
    yield asked.slot(None, wishes.number(one.low, one.high, one.step))


def _line(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.simple(LINES[asked.question.kind]))


def _contact(asked: _Asked) -> Iterator[Slot]:
    for one in asked.question.fields:
        kind = LINES.get(one.kind)
        wish = wishes.simple(kind) if kind else wishes.text()
        yield asked.slot(one.key, wish, one.key, asked.say(one.label) or one.key)


def _file(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot("name", wishes.text(), "name", _("Name"))
    yield asked.slot("url", wishes.simple("Url"), "link", _("Link"))


def _one(kind: str) -> Callable[[_Asked], Iterator[Slot]]:
    def slots(asked: _Asked) -> Iterator[Slot]:
        yield asked.slot(None, wishes.simple(kind))

    return slots


def _time(asked: _Asked) -> Iterator[Slot]:
    yield asked.slot(None, wishes.text(20))


def _nothing(_asked: _Asked) -> Iterator[Slot]:
    return iter(())


def _score() -> FieldWish:
    return FieldWish(type="Number", left=12, scale=3)


TABLE: Final[Mapping[Kind, Callable[[_Asked], Iterator[Slot]]]] = {
    Kind.NPS: _nps,
    Kind.RATING: _rating,
    Kind.SINGLE_CHOICE: _single,
    Kind.MULTIPLE_CHOICE: _multiple,
    Kind.MATRIX: _matrix,
    Kind.RANKING: _ranking,
    Kind.SHORT_TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.NUMBER: _number,
    Kind.SLIDER: _number,
    Kind.EMAIL: _line,
    Kind.PHONE: _line,
    Kind.URL: _line,
    Kind.DATE: _one("Date"),
    Kind.TIME: _time,
    Kind.DATETIME: _one("DateTime"),
    Kind.CONTACT: _contact,
    Kind.CONSENT: _one("Checkbox"),
    Kind.FILE: _file,
    Kind.STATEMENT: _nothing,
}
