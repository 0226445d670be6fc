"""Owns the types of operations as a tree, and fits plain values to it.

Pure. `struct` reads the annotations of a dataclass, `build` makes the dataclass from
plain values and says everything that does not fit, `plain` goes back.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from surveys.contract import Json, Texts, Values


class Scalar(Enum):
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    JSON = "json"
    # Names with texts, and names with any values.
    TEXTS = "texts"
    VALUES = "values"


SCALARS: dict[Any, Scalar] = {
    str: Scalar.TEXT,
    int: Scalar.INTEGER,
    float: Scalar.NUMBER,
    bool: Scalar.BOOLEAN,
    datetime: Scalar.MOMENT,
    Json: Scalar.JSON,
    Texts: Scalar.TEXTS,
    Values: Scalar.VALUES,
}
PYTHON: dict[Scalar, tuple[type, ...]] = {
    Scalar.TEXT: (str,),
    Scalar.INTEGER: (int,),
    Scalar.NUMBER: (int, float),
    Scalar.BOOLEAN: (bool,),
    Scalar.MOMENT: (datetime,),
}
WORDS = {
    Scalar.TEXT: "a text",
    Scalar.INTEGER: "a whole number",
    Scalar.NUMBER: "a number",
    Scalar.BOOLEAN: "true or false",
    Scalar.MOMENT: "a date with a time",
    Scalar.TEXTS: "names with texts",
    Scalar.VALUES: "names with values",
}


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Shape


@dataclass(frozen=True, slots=True)
class Struct:
    cls: type
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        return self.cls.__name__


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    shape: Shape
    # May be None; and need not be said at all.
    optional: bool
    has_default: bool
    help: str


Shape = Scalar | ListOf | Struct


@dataclass(frozen=True, slots=True)
class Misfit:
    path: str
    message: str


class Unfit(ValueError):
    """Values that do not fit; `.misfits` has every place."""

    def __init__(self, misfits: tuple[Misfit, ...]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in misfits))
        self.misfits = misfits


@cache
def struct(cls: type) -> Struct:
    hints = get_type_hints(cls, include_extras=True)
    members = []
    for field in fields(cls):
        hint, note = hints[field.name], ""
        if get_origin(hint) is Annotated:
            hint, note = get_args(hint)
        shape, optional = _shape(hint)
        members.append(
            Member(
                name=field.name,
                shape=shape,
                optional=optional,
                has_default=field.default is not MISSING,
                help=note,
            )
        )
    return Struct(cls, tuple(members))


def _shape(hint: Any) -> tuple[Shape, bool]:
    """The shape of an annotation, and whether None is allowed."""
    if get_origin(hint) in {Union, UnionType}:
        (inner,) = [one for one in get_args(hint) if one is not NoneType]
        return _shape(inner)[0], True
    if get_origin(hint) is tuple:
        return ListOf(_shape(get_args(hint)[0])[0]), False
    if hint in SCALARS:
        return SCALARS[hint], False
    return struct(hint), False


def build(shape: Struct, values: object) -> Any:
    """Make the dataclass; raise `Unfit` with all that is wrong."""
    misfits: list[Misfit] = []
    built = _struct(shape, values, "", misfits)
    if misfits:
        raise Unfit(tuple(misfits))
    return built


def _fit(shape: Shape, value: object, path: str, misfits: list[Misfit]) -> Any:
    if isinstance(shape, Struct):
        return _struct(shape, value, path, misfits)
    if isinstance(shape, ListOf):
        if not isinstance(value, list | tuple):
            misfits.append(Misfit(path, "This is a list."))
            return ()
        return tuple(
            _fit(shape.item, item, f"{path}.{place}", misfits)
            for place, item in enumerate(value)
        )
    if shape in {Scalar.TEXTS, Scalar.VALUES}:
        return _names(shape, value, path, misfits)
    wanted = PYTHON[shape]
    # To Python a truth value is a number; to no other language here.
    is_truth = isinstance(value, bool)
    if not isinstance(value, wanted) or is_truth != (shape is Scalar.BOOLEAN):
        misfits.append(Misfit(path, f"This is {WORDS[shape]}."))
    return value


def _names(
    shape: Scalar, value: object, path: str, misfits: list[Misfit]
) -> dict[str, object]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) for name in value
    ):
        misfits.append(Misfit(path, f"This is {WORDS[shape]}."))
        return {}
    return dict(value)


def _struct(shape: Struct, value: object, path: str, misfits: list[Misfit]) -> Any:
    if not isinstance(value, Mapping):
        misfits.append(Misfit(path, "Here are names with values."))
        return None
    before = len(misfits)
    known = {member.name for member in shape.members}
    for name in value:
        if name not in known:
            text = f"This is not known here; there is {', '.join(sorted(known))}."
            misfits.append(Misfit(_join(path, str(name)[:100]), text))
    built = {}
    for member in shape.members:
        given = value.get(member.name)
        if given is not None:
            place = _join(path, member.name)
            built[member.name] = _fit(member.shape, given, place, misfits)
        elif member.optional:
            built[member.name] = None
        else:
            misfits.append(Misfit(_join(path, member.name), "This is required."))
    return shape.cls(**built) if len(misfits) == before else None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@dataclass(frozen=True, slots=True)
class Part:
    """Of which structs only some members are wanted."""

    cls: type
    names: Collection[str]


def plain(shape: Shape, value: Any, part: Part | None = None) -> Any:
    """The value as dicts, lists, texts, numbers and times; JSON documents as text."""
    if value is None:
        return None
    if isinstance(shape, Struct):
        return {
            member.name: plain(member.shape, getattr(value, member.name), part)
            for member in shape.members
            if part is None or shape.cls is not part.cls or member.name in part.names
        }
    if isinstance(shape, ListOf):
        return [plain(shape.item, item, part) for item in value]
    if shape is Scalar.JSON:
        return json.dumps(value, ensure_ascii=False)
    return value


def structs(*shapes: Struct) -> Iterator[Struct]:
    """Every struct below these, once, the inner ones first."""
    seen: dict[str, Struct] = {}

    def visit(shape: Shape) -> None:
        if isinstance(shape, ListOf):
            visit(shape.item)
        elif isinstance(shape, Struct):
            for member in shape.members:
                visit(member.shape)
            if seen.setdefault(shape.name, shape) is not shape:
                raise TypeError(f"Two types have the name {shape.name}.")

    for shape in shapes:
        visit(shape)
    yield from seen.values()
