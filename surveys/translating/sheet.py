"""Owns texts as CSV: a row for each text, a column for each language.

Written for spreadsheets (a byte order mark, nothing that runs as a formula), and
read as spreadsheets write it back: with any of their separators.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from surveys.definition.nodes import is_language
from surveys.texts import tidy
from surveys.translating.units import LARGEST_FILE, FileRefused, Incoming, Unit
from surveys.wording import gettext as _

SEPARATORS = (",", ";", "\t")
LONGEST_CELL = 100_000
FORMULA = re.compile(r"'*[=+\-@\t＝＋－＠]")
QUOTED_FORMULA = re.compile(r"'+[=+\-@\t＝＋－＠]")


def write(units: Iterable[Unit], *, languages: Sequence[str]) -> bytes:
    """The first language is the one that is translated from."""
    output = io.StringIO(newline="")
    writer = csv.writer(output)
    writer.writerow(["id", *languages])
    for unit in units:
        texts = (unit.texts.get(language, "") for language in languages)
        writer.writerow([unit.id, *map(_safe, texts)])
    return output.getvalue().encode("utf-8-sig")


def read(data: bytes, *, own: str) -> list[Incoming]:
    """Every text of another language than the survey's own. Raises `FileRefused`."""
    rows = _rows(_decoded(data))
    header = next(rows, [])
    languages = _languages(header)
    source = next((place for place, code in languages if code == own), None)
    others = [(place, code) for place, code in languages if code != own]
    if not others:
        raise FileRefused(
            _(
                "There is no column of another language: name it in the first line, e.g. de."
            )
        )
    return [
        Incoming(
            id=tidy(row[0]),
            language=code,
            text=_plain(row, place),
            source=None if source is None else _plain(row, source),
        )
        for row in rows
        if any(cell.strip() for cell in row)
        for place, code in others
    ]


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise FileRefused(_("The file is larger than 5 MB."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            _("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")
        ) from error


def _rows(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            # The reader's own limit is the whole process's, and others raise it.
            if max(map(len, row), default=0) > LONGEST_CELL:
                raise csv.Error(_("a cell is longer than 100,000 characters"))
            yield row
    except csv.Error as error:
        raise FileRefused(
            _("Line %(line)s cannot be read: %(why)s")
            % {"line": reader.line_num, "why": str(error)}
        ) from error


def _languages(header: Sequence[str]) -> list[tuple[int, str]]:
    names = [tidy(name) for name in header]
    if not names or names[0].lower() != "id":
        raise FileRefused(
            _("The first line must name the columns: id, then language codes.")
        )
    named = [(place, code) for place, code in enumerate(names) if place and code]
    for _place, code in named:
        if not is_language(code):
            raise FileRefused(
                _(
                    "“%(code)s” in the first line is no language code such as de or pt-BR."
                )
                % {"code": code[:40]}
            )
    if len({code for _place, code in named}) < len(named):
        raise FileRefused(_("A language stands in the first line twice."))
    return named


def _plain(row: Sequence[str], place: int) -> str:
    text = row[place] if place < len(row) else ""
    return tidy(text[1:] if QUOTED_FORMULA.match(text) else text)


def _safe(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text
