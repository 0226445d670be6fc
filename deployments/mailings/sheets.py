"""Reads a list of people from a file: the good rows to invite, the bad with reasons.

Pure. Any bytes give a `Sheet` or a `SheetRefused`, which says what to do.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from deployments.addresses import is_address, normal_address
from deployments.mailings.tables import SheetRefused, open_table
from deployments.rules import Invitee, address_key, language
from deployments.rules.windows import zone_of
from surveys.texts import tidy
from surveys.wording import gettext as _

MOST_ROWS = 5000
LONGEST_CELL = 255
EMAIL = {"email", "e-mail", "e-mail address", "email address", "mail", "e-mail-adresse"}
RECORD = re.compile(r"record[.:]([A-Za-z][A-Za-z0-9_]{0,79})\Z")
# What a spreadsheet would run as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was not invited. With a code it is a decision about a person."""

    line: int
    reason: str
    cells: tuple[str, ...]
    code: str = ""
    email: str = ""
    record_id: str = ""
    cap: int | None = None  # the limit that spoke against it


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodRow:
    line: int
    invitee: Invitee
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    columns: tuple[str, ...]
    good: tuple[GoodRow, ...]
    bad: tuple[BadRow, ...]
    ignored: tuple[str, ...]  # columns that mean nothing
    encoding: str


def read(raw: bytes, *, variables: Iterable[str], event_key: str) -> Sheet:
    """Read the people of a file; `event_key` makes a second upload invite nobody."""
    table = open_table(raw)
    rows = table.lines
    columns = tuple(cell.strip() for cell in next(rows, (0, []))[1])
    meaning = _meanings(columns, set(variables))
    good: list[GoodRow] = []
    bad: list[BadRow] = []
    seen: dict[str, int] = {}
    for number, (line, cells) in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise SheetRefused(
                _("A file holds 5,000 rows at most: cut it into several.")
            )
        if not any(cell.strip() for cell in cells):
            continue
        told = _told(meaning, cells)
        problem = _problem(columns, cells, told, seen)
        if problem:
            bad.append(BadRow(line=line, reason=problem, cells=tuple(cells)))
            continue
        email = normal_address(told["email"])
        seen[email] = line
        facts = dict(zip(columns, cells, strict=False))
        invitee = _invitee(email, told, facts, event_key)
        good.append(GoodRow(line=line, invitee=invitee, cells=tuple(cells)))
    return Sheet(
        columns=columns,
        good=tuple(good),
        bad=tuple(bad),
        ignored=tuple(
            column for column, name in zip(columns, meaning, strict=True) if not name
        ),
        encoding=table.encoding,
    )


def write(columns: Sequence[str], bad: Iterable[BadRow]) -> str:
    """Return the bad rows as a file of the same columns, with line and reason."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("line"), _("reason"), *map(_harmless, columns)])
    for row in bad:
        writer.writerow([row.line, row.reason, *map(_harmless, row.cells)])
    return "\ufeff" + out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _meanings(columns: Sequence[str], variables: set[str]) -> list[str]:
    """Return what each column is: email, name, language, segment, var.…, record.…"""
    meaning = [_meaning(column, variables) for column in columns]
    if "email" not in meaning:
        raise SheetRefused(
            _("There is no column “email”. The columns are: %(columns)s.")
            % {"columns": ", ".join(column[:40] for column in columns[:20]) or "–"}
        )
    twice = {name for name in meaning if name and meaning.count(name) > 1}
    if twice:
        raise SheetRefused(
            _("Two columns mean the same: %(name)s.")
            % {"name": ", ".join(sorted(twice))}
        )
    return meaning


def _meaning(column: str, variables: set[str]) -> str:
    plain = column.strip().lower()
    if plain in EMAIL:
        return "email"
    if plain in {"name", "language", "time_zone", "segment"}:
        return plain
    if found := RECORD.match(column.strip()):
        return f"record.{found[1]}"
    return f"var.{plain}" if plain in variables else ""


def _told(meaning: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    pairs = zip(meaning, cells, strict=False)
    return {name: " ".join(tidy(cell).split()) for name, cell in pairs if name}


def _problem(  # noqa: PLR0911 - the first reason that holds
    columns: Sequence[str],
    cells: Sequence[str],
    told: Mapping[str, str],
    seen: Mapping[str, int],
) -> str:
    email = normal_address(told.get("email", ""))
    zone = told.get("time_zone", "")
    spoken = told.get("language", "")
    if len(cells) > len(columns):
        return _("The row has more cells than there are columns.")
    if not email:
        return _("There is no e-mail address.")
    if not is_address(email):
        return _("This is no e-mail address that mail can be sent to.")
    if email in seen:
        return _("The same address as in line %(line)s.") % {"line": seen[email]}
    if spoken and not language(spoken):
        return _("“%(code)s” is no language code such as de.") % {"code": spoken[:20]}
    if zone and zone_of(zone) is None:
        return _("“%(zone)s” is no time zone such as Europe/Berlin.") % {
            "zone": zone[:40]
        }
    if any(len(cell) > LONGEST_CELL for cell in told.values()):
        return _("A cell has more than 255 characters.")
    return ""


def _invitee(
    email: str, told: Mapping[str, str], facts: Mapping[str, str], event_key: str
) -> Invitee:
    def part(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value
            for name, value in told.items()
            if name.startswith(prefix) and value
        }

    return Invitee(
        email=email,
        name=told.get("name", "")[:200],
        language=language(told.get("language", "")),
        time_zone=told.get("time_zone", ""),
        segment=told.get("segment", "")[:100],
        records=part("record."),
        variables=part("var."),
        record_key=address_key(email),
        event_key=event_key,
        facts=facts,
    )
