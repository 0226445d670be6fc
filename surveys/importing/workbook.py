"""Owns the cells of an .xlsx workbook: the sheets as rows of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join, normpath

from lxml import etree

from surveys.importing.hardened import Package
from surveys.importing.report import ImportRefused
from surveys.wording import gettext as _

MOST_ROWS = 5_000
MOST_COLUMNS = 200
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(r"([A-Z]{1,3})[0-9]+\Z")
Rows = list[dict[int, str]]


def sheets(data: bytes) -> dict[str, Rows]:
    """The sheets by their names in small letters; blank cells are left out."""
    package = Package(data)
    book = package.part("xl/workbook.xml")
    links = package.part("xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        raise ImportRefused(_("This zip file is not a workbook (.xlsx)."))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    shared = _shared(package)
    found = {}
    for sheet in _all(book, "sheet"):
        target = targets.get(sheet.get(RELATION), "")
        path = (
            target.lstrip("/")
            if target.startswith("/")
            else normpath(join("xl", target))
        )
        root = package.part(path)
        if root is not None:
            found[sheet.get("name", "").strip().lower()] = list(_rows(root, shared))
    return found


def _shared(package: Package) -> list[str]:
    root = package.part("xl/sharedStrings.xml")
    return [] if root is None else [_text(one) for one in _all(root, "si")]


def _rows(root: etree._Element, shared: list[str]) -> Iterator[dict[int, str]]:
    for number, row in enumerate(_all(root, "row")):
        cells = dict(_cells(row, shared))
        if not cells:
            continue
        if number > MOST_ROWS:
            raise ImportRefused(
                _("A sheet has more than %(most)s rows.") % {"most": MOST_ROWS}
            )
        yield cells


def _cells(row: etree._Element, shared: list[str]) -> Iterator[tuple[int, str]]:
    for place, cell in enumerate(_all(row, "c")):
        text = _value(cell, shared).strip()
        column = _column(cell.get("r"), place)
        if text and column < MOST_COLUMNS:
            yield column, text


def _column(reference: str | None, place: int) -> int:
    match = CELL.match(reference or "")
    if match is None:
        return place
    number = 0
    for sign in match[1]:
        number = number * 26 + ord(sign) - ord("A") + 1
    return number - 1


def _value(cell: etree._Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    text = next((one.text or "" for one in _all(cell, "v")), "")
    if kind == "s":
        place = int(text) if text.isdecimal() and len(text) < 9 else len(shared)
        return shared[place] if place < len(shared) else ""
    if kind == "b":
        return "true" if text == "1" else "false"
    # 3.0 is how a workbook keeps 3.
    return text.removesuffix(".0") if kind == "n" else text


def _text(element: etree._Element) -> str:
    """All of it but the reading aid of East Asian texts."""
    return "".join(
        part.text or ""
        for part in element.iter(etree.Element)
        if _name(part) == "t" and _name(part.getparent()) != "rPh"
    )


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in element.iter(etree.Element) if _name(one) == name)


def _name(element: etree._Element | None) -> str:
    return "" if element is None else str(etree.QName(element).localname)
