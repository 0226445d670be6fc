"""Writes the entries of a dump as NDJSON, JSON, CSV or XML, piece by piece.

Pure: from entries to text. Nothing is held but some entries at hand.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any

from lxml import etree

from responses.dump.columns import Column, cell
from responses.dump.reading import Entry

BOM = "\ufeff"
# Rows that are written at once.
TOGETHER = 500
# Made once: one is made for each line otherwise.
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# What XML 1.0 cannot carry in any way.
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Lines:
    """Some lines of a dump, how many entries they tell, and the place of the last."""

    data: bytes
    rows: int = 0
    last: int = 0


def ndjson(entries: Iterator[Entry], together: int = TOGETHER) -> Iterator[Lines]:
    for batch in _batches(entries, together):
        text = "".join(f"{_json(entry.document)}\n" for entry in batch)
        yield _told(text, batch)


def json_array(entries: Iterator[Entry]) -> Iterator[Lines]:
    before = "[\n"
    for batch in _batches(entries, TOGETHER):
        yield _told(before + ",\n".join(_json(one.document) for one in batch), batch)
        before = ",\n"
    yield Lines(b"[]\n" if before == "[\n" else b"\n]\n")


def csv_header(columns: Sequence[Column], *, bom: bool = False) -> Lines:
    """The first line of a table, for RFC 4180."""
    names = _lines([[cell(column.name) for column in columns]])
    return Lines(_bytes((BOM if bom else "") + names))


def csv_rows(
    entries: Iterator[Entry], columns: Sequence[Column], together: int = TOGETHER
) -> Iterator[Lines]:
    """The others; texts that look like formulas are defused."""
    for batch in _batches(entries, together):
        rows = ([cell(one.read(entry.document)) for one in columns] for entry in batch)
        yield _told(_lines(rows), batch)


def _batches(entries: Iterator[Entry], together: int) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, together)):
        yield batch


def _told(text: str, batch: Sequence[Entry]) -> Lines:
    return Lines(_bytes(text), len(batch), batch[-1].position)


def _bytes(text: str) -> bytes:
    # Half a character, which JSON can hold, has no place in UTF-8.
    return text.encode("utf-8", "replace")


def _lines(rows: Iterable[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def xml(entries: Iterator[Entry], survey: str) -> Iterator[Lines]:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<responses survey="{survey}">\n'
    yield Lines(_bytes(head))
    for batch in _batches(entries, TOGETHER):
        nodes = (_element(entry.document) for entry in batch)
        text = "".join(f"{etree.tostring(n, encoding='unicode')}\n" for n in nodes)
        yield _told(text, batch)
    yield Lines(b"</responses>\n")


def _json(document: dict[str, Any]) -> str:
    return ENCODER.encode(document)


def _element(document: dict[str, Any]) -> Any:
    node = etree.Element("response")
    for name, value in document.items():
        if name == "answers":
            _children(node, "answers", "answer", "question", value)
        elif name == "records":
            _children(node, "records", "record", "object", value)
        elif name == "variables":
            _children(node, "variables", "variable", "name", value)
        elif name in {"cursor", "key", "change"}:
            node.set(name, _text(value))
        elif value is not None:
            etree.SubElement(node, name).text = _text(value)
    return node


def _children(
    parent: Any, group: str, each: str, named: str, values: dict[str, Any]
) -> None:
    place = etree.SubElement(parent, group)
    for name, value in values.items():
        child = etree.SubElement(place, each, {named: _text(name)})
        if isinstance(value, list):
            for item in value:
                etree.SubElement(child, "value").text = _text(item)
        else:
            child.text = _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _text(_json(value))
    return ILLEGAL.sub("\ufffd", "" if value is None else str(value))
