"""Plain values fit the types of operations, or every misfit is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.rpc.operations import OPERATIONS, parameters, result
from config.rpc.shapes import (
    ListOf,
    Scalar,
    Struct,
    Unfit,
    build,
    plain,
    struct,
    structs,
)
from surveys.contract import Json, Texts, Values


@dataclass(frozen=True, kw_only=True)
class Inner:
    email: str
    records: Texts | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    key: Annotated[str, "What it is called."]
    count: int | None = None
    share: float | None = None
    on: bool | None = None
    at: datetime | None = None
    inner: tuple[Inner, ...] = ()
    rule: Json | None = None
    values: Values | None = None


SHAPE = struct(Outer)


def misfits(**values):
    with pytest.raises(Unfit) as error:
        build(SHAPE, values)
    return [one.path for one in error.value.misfits]


def test_values_that_fit_become_the_dataclass():
    built = build(
        SHAPE, {"key": "a", "inner": [{"email": "x", "records": {"Case": "5"}}]}
    )

    assert built == Outer(key="a", inner=(Inner(email="x", records={"Case": "5"}),))


def test_every_misfit_is_named_at_its_place():
    assert misfits(
        key=1, count="3", on=1, at="today", inner=[{}, {"email": "x", "y": 1}], more=1
    ) == ["more", "key", "count", "on", "at", "inner.0.email", "inner.1.y"]


@pytest.mark.parametrize("value", [None, [], "text", 3, {"count": True, "key": "a"}])
def test_what_is_no_struct_or_no_number_is_refused(value):
    with pytest.raises(Unfit):
        build(SHAPE, value)


def test_help_and_options_are_read_from_the_annotations():
    members = {member.name: member for member in SHAPE.members}

    assert members["key"].help == "What it is called."
    assert (members["key"].optional, members["count"].optional) == (False, True)
    assert members["inner"].shape == ListOf(struct(Inner))
    assert members["rule"].shape is Scalar.JSON


def test_two_types_of_one_name_are_refused():
    @dataclass(frozen=True)
    class Inner:
        other: int

    with pytest.raises(TypeError, match="Inner"):
        list(structs(SHAPE, struct(Inner)))


def test_plain_writes_documents_as_text():
    value = Outer(key="a", rule={"op": "le"}, at=datetime(2026, 1, 1, tzinfo=UTC))

    assert plain(SHAPE, value)["rule"] == '{"op": "le"}'


junk = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=5), st.sampled_from(["key", "inner", "email"])),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def built_or_misfits(value):
    try:
        return build(SHAPE, value)
    except Unfit as error:
        return error.misfits


@given(junk)
@settings(deadline=None)
def test_junk_is_refused_or_fits(value):
    found = built_or_misfits(value)

    assert isinstance(found, Outer) or found


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_every_operation_can_be_described(operation):
    assert isinstance(parameters(operation), Struct)
    assert isinstance(result(operation), Struct)
    assert operation.summary
    assert not operation.summary.endswith(".")  # the doors that need one put it
    assert operation.scope in {
        *("surveys:read", "links:write", "responses:read", "responses:erase"),
    }
