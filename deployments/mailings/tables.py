"""Reads a file that people have made as rows of texts: CSV of any kind, or XLSX.

Pure. Whatever cannot be read is a `SheetRefused`, which says what to do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from surveys.importing import workbook
from surveys.importing.report import ImportRefused
from surveys.wording import gettext as _

LARGEST_CELL = 131_072  # the limit that csv starts with
LARGEST = 10 * 1024 * 1024
XLSX = "xlsx"

Line = tuple[int, list[str]]


class SheetRefused(ValueError):
    """The file as a whole cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    encoding: str
    lines: Iterator[Line]  # each with its number in the file


def open_table(raw: bytes) -> Table:
    if len(raw) > LARGEST:
        raise SheetRefused(_("The file is larger than 10 MB: cut it into several."))
    if raw.startswith(b"PK\x03\x04"):
        return Table(encoding=XLSX, lines=_of_workbook(raw))
    text, encoding = _decode(raw)
    return Table(encoding=encoding, lines=_of_csv(text))


def _of_workbook(raw: bytes) -> Iterator[Line]:
    """The rows of the first sheet; the reader unpacks no more than it should."""
    try:
        sheets = workbook.sheets(raw)
    except ImportRefused as error:
        raise SheetRefused(str(error)) from error
    rows = next(iter(sheets.values()), [])
    wide = max((max(row) + 1 for row in rows), default=0)
    for line, row in enumerate(rows, 1):
        yield line, [row.get(place, "") for place in range(wide)]


def _decode(raw: bytes) -> tuple[str, str]:
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, encoding
    raise SheetRefused(_("The file is no text: save it as “CSV UTF-8” and try again."))


def _of_csv(text: str) -> Iterator[Line]:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            # The reader's own limit belongs to the whole process: others raise it.
            if any(len(cell) > LARGEST_CELL for cell in cells):
                raise csv.Error(f"field larger than field limit ({LARGEST_CELL})")
            if cells or reader.line_num > 1:
                yield reader.line_num, cells
    except csv.Error as error:
        raise SheetRefused(
            _("Line %(line)s cannot be read: %(why)s.")
            % {"line": reader.line_num, "why": error}
        ) from error
