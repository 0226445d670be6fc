"""Owns the two lists beside the rules: what is known of a response, with what people
have answered, and the fields of the object, with what each of them takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings import facts
from crm_mappings.admin.editor import fields
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.sheet import Row
from crm_mappings.admin.editor.stock import Stock, say
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import BRACES

VALUES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One fact of a response, and other ways to read the same answer."""

    token: str
    label: str
    type: str
    sample: str
    is_real: bool
    used: tuple[str, ...]
    more: tuple[Known, ...] = ()

    @property
    def is_used(self) -> bool:
        return bool(self.used) or any(one.used for one in self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGroup:
    label: str
    known: tuple[Known, ...]

    @property
    def unused(self) -> int:
        return sum(not one.is_used for one in self.known)


def known_groups(sheet: Row, stock: Stock) -> list[KnownGroup]:
    """Return everything that a rule can read, with where it is used."""
    used = _used(sheet)
    return [
        KnownGroup(label=str(label), known=tuple(_known(list(members), stock, used)))
        for label, members in groupby(stock.facts, key=lambda fact: fact.group)
    ]


def _known(
    members: Sequence[facts.FactInfo], stock: Stock, used: Mapping[str, list[str]]
) -> Iterator[Known]:
    """Put the facets of one question together."""
    for _key, group in groupby(members, key=_subject):
        first, *rest = [_one(fact, stock, used) for fact in group]
        yield Known(
            **{name: getattr(first, name) for name in ("token", "label", "type")},
            **{name: getattr(first, name) for name in ("sample", "is_real", "used")},
            more=tuple(rest),
        )


def _subject(fact: facts.FactInfo) -> str:
    return "|".join(value for key, value in fact.source.items() if key != "facet")


def _one(fact: facts.FactInfo, stock: Stock, used: Mapping[str, list[str]]) -> Known:
    token = sheets.source_token(fact.source)
    real = stock.samples.get(token, "")
    return Known(
        token=token,
        label=fact.label,
        type=fields.gives_words(str(fact.type)),
        sample=real or say(fact.sample),
        is_real=bool(real),
        used=tuple(dict.fromkeys(used.get(token, ()))),
    )


def _used(sheet: Row) -> dict[str, list[str]]:
    """Return the name of each fact that the sheet reads, with where."""
    found: dict[str, list[str]] = {}
    for step in sheet["steps"]:
        for row in (*step["find"], *step["rules"]):
            place = f"{step.get('object', '')}.{row.get('field', '')}"
            for token in (str(row.get("source", "")), *_named(row.get("text", ""))):
                found.setdefault(token, []).append(place)
        if step.get("action") != "create":
            for row in step["find"]:
                found.setdefault(f"record.{row.get('record')}", []).append(
                    str(step.get("object", ""))
                )
    return found


def _named(text: object) -> Iterator[str]:
    """Yield the facts that a text with answers in it names."""
    for name in BRACES.findall(str(text)):
        head = name.strip()
        known = re.match(r"(variable|response)\.", head)
        survey = re.match(r"survey\.(.*)", head)
        if survey:
            yield f"response.survey_{survey[1]}"
        else:
            yield head if known else f"question.{head}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """One field of the object, and the rule that writes it."""

    field: FieldSchema
    type: str
    is_required: bool = False
    anchor: str = ""
    values: str = ""
    # Why no rule can write it.
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPane:
    """The fields of a step's object: what is missing, what can be, what cannot."""

    missing: tuple[Takes, ...] = ()
    mapped: tuple[Takes, ...] = ()
    free: tuple[Takes, ...] = ()
    closed: tuple[Takes, ...] = field(default=())

    @property
    def groups(self) -> list[tuple[str, str, tuple[Takes, ...]]]:
        named = [
            ("missing", _("Required, not mapped yet"), self.missing),
            ("mapped", _("Mapped"), self.mapped),
            ("free", _("Not mapped"), self.free),
            ("closed", _("Cannot be written"), self.closed),
        ]
        return [one for one in named if one[2]]

    @property
    def count(self) -> int:
        return sum(len(one) for _name, _label, one in self.groups)


def field_pane(schema: ObjectSchema, action: str, step: Row) -> FieldPane:
    """Return what the step's object takes, required first, then by label."""
    needed = {one.name for one in fields.needed(schema, action)}
    key = str(step.get("key", ""))
    ruled = {str(row.get("field", "")) for row in step["rules"]}
    parts: dict[str, list[Takes]] = {"missing": [], "mapped": [], "free": []}
    closed = []
    for one in sorted(schema.fields.values(), key=lambda one: one.label.casefold()):
        why_not = fields.why_not(one, action)
        is_required = one.name in needed
        name = "mapped" if one.name in ruled else "missing" if is_required else "free"
        if one.name == step.get("key_field"):
            name = "mapped"
        takes = Takes(
            field=one,
            type=fields.type_words(one),
            is_required=is_required,
            anchor=f"at-{key}-{one.name}" if one.name in ruled else "",
            values=_values(one),
            why_not=why_not,
        )
        if why_not and name != "mapped":
            closed.append(takes)
        else:
            parts[name].append(takes)
    lists: dict[str, Any] = {name: tuple(rows) for name, rows in parts.items()}
    return FieldPane(**lists, closed=tuple(closed))


def _values(one: FieldSchema) -> str:
    labels = [value.label for value in one.picklist if value.active]
    more = ", …" if len(labels) > VALUES_SHOWN else ""
    return ", ".join(labels[:VALUES_SHOWN]) + more
