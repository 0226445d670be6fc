"""Lets PostgreSQL write the lines of the dump itself, some thousand at a time.

The same lines as `formats` writes (a test holds them together), without making
objects of what only passes through. Other databases, wordings and formats go the
ordinary way.

Each stretch is one COPY, read to its end before anybody is sent any of it: no
transaction stays open while a slow client reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from responses.dump.columns import Column
from responses.dump.formats import Lines
from responses.dump.reading import Part
from responses.models import Change
from surveys.definition import Kind

# A stretch is as large as pays, and no larger, whatever people have written.
MOST_ROWS, WANTED_BYTES = 20_000, 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """An expression and its parameters."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of the survey, so that no row needs to look it up."""

    survey: str
    # Their numbers by their ids.
    versions: Mapping[int, int]
    # Of its questions, by their keys.
    kinds: Mapping[str, str]

    @property
    def version(self) -> str:
        numbers = self.versions.items()
        if len(numbers) == 1:
            return f"'{next(iter(self.versions.values()))}'"
        cases = " ".join(f"WHEN {pk:d} THEN '{number:d}'" for pk, number in numbers)
        return f"CASE response.version_id {cases} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How lines are asked for, how each ends, and what stands before its cursor."""

    rows: Sql
    end: bytes
    before: bytes

    def ended(self, lines: list[bytes]) -> bytes:
        """The lines as they came, with our ends in place of their line feeds."""
        data = b"".join(lines)
        if self.end == b"\n":
            return data
        if data.count(b"\n") == len(lines):
            return data.replace(b"\n", self.end)
        # People have written line feeds, which stay as they are.
        return self.end.join([*(line[:-1] for line in lines), b""])

    def place(self, line: bytes) -> int:
        start = len(self.before)
        return int(re.match(rb"\d+", line[start : start + 20])[0])  # type: ignore[index]


# `inner` names what a cell looks at more than once.
ROWS = """
    SELECT {cells}
    FROM (
        SELECT response.*{inner}
        FROM responses_response AS response
        WHERE survey_id = %s AND status = ANY(%s)
          AND position > %s AND position <= %s {also}
        ORDER BY position LIMIT %s
    ) AS response
    {joins}
    ORDER BY response.position
"""
JOINS = {
    "deployment": "LEFT JOIN deployments_deployment AS deployment"
    " ON deployment.id = response.deployment_id",
    "invitation": "LEFT JOIN deployments_invitation AS invitation"
    " ON invitation.id = response.invitation_id",
}
MOMENT = (
    "replace(to_char({0} AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"
)
# Where each field is found, as text.
TEXTS = {
    "cursor": "response.position",
    "key": "response.key",
    "status": "response.status",
    "test": "response.is_test::text",
    "language": "response.language",
    "deployment": "deployment.key",
    "invitation": "invitation.public_id",
    "email": "invitation.email",
    "started_at": MOMENT.format("response.started_at"),
    # Most are the same: saved when it was completed.
    "updated_at": "CASE WHEN response.updated_at = response.completed_at "
    f"THEN response.ended ELSE {MOMENT.format('response.updated_at')} END",
    "completed_at": "response.ended",
    "quality": "response.quality",
}
# Where a cell is another text than JSON has.
CELLS = {
    "change": "'completed'",
    "at": "NULL",
    "records": "CASE WHEN response.records <> '{}' THEN response.records::text END",
    "quality": "NULLIF(response.quality, '')",
}
ENDED = f"{MOMENT.format('response.completed_at')} AS ended"
JOINED = {"deployment": "deployment"} | dict.fromkeys(
    ("invitation", "email"), "invitation"
)
# What people have typed in: the other kinds hold nothing that a spreadsheet runs.
TYPED = {Kind.SHORT_TEXT, Kind.LONG_TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL}
CHOSEN = {Kind.MULTIPLE_CHOICE, Kind.RANKING}
FLAGS = "COALESCE(array_to_json(string_to_array(NULLIF({0}, ''), ';'))::text, '[]')"
# Always there, and never with a sign in it that JSON would escape.
SURE = {"cursor", "key", "status", "started_at", "updated_at", "completed_at"}
DOCUMENTS = ("answers", "records", "variables")
SPACE = r"\s\x1c-\x1f\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
FORMULA = rf"^[{SPACE}]*[=+@\t\r\n＝＋－＠-]"
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
# Begins with a letter of our alphabet, as most do: it is looked at no closer.
HARMLESS = " OR ".join(
    f"{{0}} >= '{first}' COLLATE \"C\" AND {{0}} < '{behind}' COLLATE \"C\""
    for first, behind in (("a", "{{"), ("A", "["))
)
GUARDED = (
    f"CASE WHEN {{0}} ~ '{FORMULA}' AND {{0}} !~ '{NUMBER}' "
    "THEN chr(39) ELSE '' END || {0}"
)
ITEM = GUARDED.format("COALESCE(item #>> ARRAY[]::text[], '')")
ITEMS = (
    f"SELECT COALESCE(string_agg({ITEM}, ';'), '') AS joined "  # noqa: S608 - ours
    "FROM jsonb_array_elements({name}::jsonb) AS item"
)
# The first item begins the cell, so the whole is looked at once more.
LISTED = f"(SELECT {GUARDED.format('list.joined')} FROM ({ITEMS}) AS list)"  # noqa: S608 - ours
CAREFUL = (
    f"CASE WHEN {HARMLESS} THEN {{0}} "
    f"WHEN jsonb_typeof(response.{{1}}s -> %s) = 'array' "
    f"THEN {LISTED.replace('{name}', '{0}')} ELSE {GUARDED} END"
)
# A list of nothing but keys.
KEYS = (
    "CASE WHEN {0} IS NULL THEN NULL WHEN strpos({0}, '{{') = 0 "
    "THEN replace(translate({0}, '[]\" ', ''), ',', ';') "
    f"ELSE {LISTED.replace('{name}', '{0}')} END"
)


def is_possible() -> bool:
    return connection.vendor == "postgresql"


def csv_rows(
    part: Part,
    columns: Sequence[Column],
    about: About,
    slow: Callable[[Part], Iterator[Lines]],
) -> Iterator[Lines]:
    """The rows of the table, without its header."""
    cells, inner = [], []
    for number, column in enumerate(columns):
        group, _dot, name = column.key.partition(".")
        if name:
            # Looked up in its document once, however often it is looked at.
            inner.append(Sql(text=f"{group}s ->> %s AS c{number}", values=(name,)))
            kind = about.kinds.get(name, "") if group == "answer" else Kind.SHORT_TEXT
            cells.append(_answer(f"response.c{number}", group, name, kind))
        else:
            cells.append(_fixed(group, about, part))
    names = {column.key for column in columns}
    copy = "COPY ({rows}) TO STDOUT (FORMAT csv)"
    shape = Shape(rows=_rows(copy, cells, inner, names), end=b"\r\n", before=b"")
    return _stretches(part, shape, slow)


def ndjson(
    part: Part, about: About, slow: Callable[[Part], Iterator[Lines]]
) -> Iterator[Lines]:
    """The lines of the dump as JSON; `slow` writes the stretches that have changes."""
    members = [_member("cursor", about)]
    if part.changes:
        members.append(Sql(text="""'"change":"completed"'"""))
    names = (
        *("key", "survey", "version", "status", "test", "language", "deployment"),
        *("invitation", "email", *DOCUMENTS, "quality"),
        *("started_at", "updated_at", "completed_at"),
    )
    members += [_member(name, about) for name in names]
    line = Sql(
        text="concat('{', " + ", ',', ".join(one.text for one in members) + ", '}')",
        values=tuple(value for one in members for value in one.values),
    )
    # JSON holds neither of these signs, nor a line's end: nothing is ever quoted.
    copy = "COPY ({rows}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    rows = _rows(copy, [line], [], set(names))
    return _stretches(part, Shape(rows=rows, end=b"\n", before=b'{"cursor":"'), slow)


def _fixed(name: str, about: About, part: Part) -> Sql:
    """A cell of what every response has; empty where it has none."""
    if name == "survey":
        return Sql(text="%s::text", values=(about.survey,))
    if name == "version":
        return Sql(text=about.version)
    if name == "status" and len(part.statuses) == 1:
        return Sql(text="%s::text", values=part.statuses)
    if name == "test" and not part.tests:
        return Sql(text="'false'")
    value = CELLS.get(name) or TEXTS[name]
    if name in {"language", "email"}:
        harmless, guarded = HARMLESS.format(value), GUARDED.format(value)
        value = f"CASE WHEN {harmless} THEN {value} ELSE {guarded} END"
    return Sql(text=value)


def _answer(cell: str, group: str, name: str, kind: str) -> Sql:
    if kind in CHOSEN:
        return Sql(text=KEYS.format(cell))
    if kind and kind not in TYPED:
        return Sql(text=cell)
    return Sql(text=CAREFUL.format(cell, group), values=(name,))


def _member(name: str, about: About) -> Sql:
    """A member of the JSON object of a row: what is put together for it."""
    start = f"""'"{name}":'"""
    if name == "survey":
        return Sql(text=f"{start}, to_json(%s::text)", values=(about.survey,))
    if name == "version":
        return Sql(text=f"{start}, {about.version}")
    if name in DOCUMENTS:
        return Sql(text=f"{start}, response.{name}")
    value = TEXTS[name]
    if name in SURE:
        return Sql(text=f"""'"{name}":"', {value}, '"'""")
    if name == "quality":
        value = FLAGS.format(value)
    elif name != "test":
        value = f"COALESCE(to_json({value}::text)::text, 'null')"
    return Sql(text=f"{start}, {value}")


def _rows(
    copy: str, cells: Sequence[Sql], inner: Sequence[Sql], names: set[str]
) -> Sql:
    """The statement for a stretch, but for what says which; its values come first."""
    joins = {JOINED[name] for name in names if name in JOINED}
    looked = "".join(f", {one.text}" for one in [Sql(text=ENDED), *inner])
    text = ROWS.format(
        cells=", ".join(cell.text for cell in cells),
        inner=looked,
        joins="\n".join(JOINS[one] for one in JOINS if one in joins),
        also="{also}",
    )
    values = tuple(value for one in (*cells, *inner) for value in one.values)
    return Sql(text=copy.replace("{rows}", text), values=values)


def _stretches(
    part: Part, shape: Shape, slow: Callable[[Part], Iterator[Lines]]
) -> Iterator[Lines]:
    after, left, size = part.after, part.limit, part.chunk
    while left is None or left > 0:
        wanted = size if left is None else min(size, left)
        data, rows, line = _stretch(part, shape, after, wanted)
        full = rows == wanted
        until = shape.place(line) if full else part.until
        size = _next_size(size, rows, len(data))
        if part.changes and _has_changes(part, after, until):
            yield from slow(replace(part, after=after, until=until))
        elif rows:
            yield Lines(data, rows, shape.place(line))
        if not full:
            return
        after = until
        left = None if left is None else left - rows


def _stretch(
    part: Part, shape: Shape, after: int, limit: int
) -> tuple[bytes, int, bytes]:
    """The lines of one stretch, how many there are, and the last one."""
    also, later = "", list[object]()
    if part.completed_after is not None:
        also, later = "AND completed_at > %s", [part.completed_after]
    if not part.tests:
        also += " AND NOT is_test"
    values = (
        *shape.rows.values,
        *(part.survey_id, list(part.statuses), after, part.until, *later, limit),
    )
    statement = shape.rows.text.replace("{also}", also)
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor
        # The server sends each line by itself, and ends it with a line feed.
        with raw.copy(statement, values) as copy:
            lines = [bytes(line) for line in copy]
    return shape.ended(lines), len(lines), lines[-1] if lines else b""


def _next_size(size: int, rows: int, length: int) -> int:
    if not rows:
        return size
    fits = WANTED_BYTES * rows // length
    return max(1, min(size * 2, fits, MOST_ROWS))


def _has_changes(part: Part, after: int, until: int) -> bool:
    return Change.objects.filter(
        survey=part.survey_id, position__gt=after, position__lte=until
    ).exists()
