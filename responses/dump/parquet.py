"""Writes the entries of a dump as Parquet: a column for each of the table's, typed by
the kinds of the questions, in groups of rows, with one group in memory.

Only who writes Parquet imports this: its library is large.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from responses.dump.columns import Column
from responses.dump.reading import Entry

MOMENT = pa.timestamp("us", tz="UTC")
TYPES = {
    "cursor": pa.string(),
    "version": pa.int32(),
    "test": pa.bool_(),
    "quality": pa.list_(pa.string()),
    **dict.fromkeys(("started_at", "updated_at", "completed_at", "at"), MOMENT),
}
BY_KIND = {
    **dict.fromkeys(("nps", "rating"), pa.int64()),
    **dict.fromkeys(("number", "slider"), pa.float64()),
    **dict.fromkeys(("multiple_choice", "ranking"), pa.list_(pa.string())),
    "consent": pa.bool_(),
}


class Table:
    """A Parquet file that grows by entries. Texts are as they are: nothing runs them."""

    def __init__(
        self, file: BinaryIO, columns: Sequence[Column], kinds: dict[str, str]
    ) -> None:
        self.columns = columns
        self.types = [_type(column.key, kinds) for column in columns]
        self.fits = [_fitter(one) for one in self.types]
        names = [column.key for column in columns]
        self.schema = pa.schema(list(zip(names, self.types, strict=True)))
        self.writer = pq.ParquetWriter(file, self.schema, compression="zstd")

    def add(self, entries: Sequence[Entry]) -> None:
        arrays = [
            pa.array([fit(column.read(one.document)) for one in entries], type=kind)
            for column, kind, fit in zip(
                self.columns, self.types, self.fits, strict=True
            )
        ]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))

    def close(self) -> None:
        self.writer.close()


def groups(entries: Iterable[Entry], together: int) -> Iterator[list[Entry]]:
    found = iter(entries)
    while group := list(islice(found, together)):
        yield group


def _type(key: str, kinds: dict[str, str]) -> pa.DataType:
    group, _dot, question = key.partition(".")
    if group == "answer":
        return BY_KIND.get(kinds.get(question, ""), pa.string())
    return TYPES.get(key, pa.string())


def _fitter(kind: pa.DataType) -> Callable[[object], object]:
    """What makes of a value one that the column holds."""
    if kind == MOMENT:
        return _moment
    if pa.types.is_list(kind):
        return _list
    if kind == pa.string():
        return _text
    return _number if pa.types.is_floating(kind) else _plain


def _moment(value: object) -> object:
    return datetime.fromisoformat(str(value)) if value else None


def _list(value: object) -> object:
    if value is None:
        return None
    items = value if isinstance(value, list | tuple) else [value]
    return [_text(item) for item in items]


def _number(value: object) -> object:
    return float(str(value)) if value is not None else None


def _plain(value: object) -> object:
    return value


def _text(value: object) -> object:
    """As JSON says it, where it is no text; half a character has no place in UTF-8."""
    if value is None:
        return None
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    return value.encode("utf-8", "replace").decode()
