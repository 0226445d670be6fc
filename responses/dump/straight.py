"""Lets PostgreSQL write the lines of the dump itself, some thousand at a time.

The same lines as `formats` writes (a test holds them together), without making
objects of what only passes through. Other databases, wordings and formats go the
ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import connection

from responses.dump.columns import Column
from responses.dump.formats import Lines
from responses.dump.reading import Part
from responses.models import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """An expression and its parameters."""

    text: str
    values: tuple[object, ...] = ()


# One line of text for each row of `chunk`, in the order of their positions.
LINES = """
    SELECT string_agg({line}, '' ORDER BY chunk.position),
           max(chunk.position), count(*)
    FROM (
        SELECT response.position, {names}
        FROM (
            SELECT * FROM responses_response
            WHERE survey_id = %s AND status = ANY(%s)
              AND position > %s AND position <= %s {also}
            ORDER BY position LIMIT %s
        ) AS response
        JOIN surveys_surveyversion AS version ON version.id = response.version_id
        LEFT JOIN deployments_deployment AS deployment
          ON deployment.id = response.deployment_id
        LEFT JOIN deployments_invitation AS invitation
          ON invitation.id = response.invitation_id
        OFFSET 0
    ) AS chunk
"""
MOMENT = (
    "to_char({0} AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', {0}) = {0} "
    'THEN \'YYYY-MM-DD"T"HH24:MI:SS"Z"\' ELSE \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\' END)'
)
# Where each field is found, as text.
TEXTS = {
    "cursor": "response.position::text",
    "key": "response.key::text",
    "version": "version.number::text",
    "status": "response.status",
    "test": "response.is_test::text",
    "language": "response.language",
    "deployment": "deployment.key",
    "invitation": "invitation.public_id::text",
    "email": "invitation.email",
    "started_at": MOMENT.format("response.started_at"),
    "updated_at": MOMENT.format("response.updated_at"),
    "completed_at": MOMENT.format("response.completed_at"),
    "quality": "response.quality",
}
# What nobody has typed in, and needs no care.
PLAIN = {
    *("cursor", "key", "version", "status", "test", "invitation", "deployment"),
    *("started_at", "updated_at", "completed_at"),
}
FLAGS = "COALESCE(array_to_json(string_to_array(NULLIF({0}, ''), ';'))::text, '[]')"
DOCUMENTS = ("answers", "records", "variables")
# A text without any of these needs no care: no quotes, no apostrophe, and is no list.
RISKY = r'[\[",\r\n\t=+@＝＋－＠-]'
SPACE = r"\s\x1c-\x1f\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
FORMULA = rf"^[{SPACE}]*[=+@\t\r\n＝＋－＠-]"
NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
# A list of nothing but keys.
KEYS = r'^\["[A-Za-z0-9_]+"(, "[A-Za-z0-9_]+")*\]$'
GUARDED = (
    f"CASE WHEN {{0}} ~ '{FORMULA}' AND {{0}} !~ '{NUMBER}' "
    "THEN chr(39) ELSE '' END || {0}"
)
QUOTED = "chr(34) || replace({0}, chr(34), chr(34) || chr(34)) || chr(34)"
ITEM = GUARDED.format("COALESCE(item #>> ARRAY[]::text[], '')")
ITEMS = (
    f"SELECT COALESCE(string_agg({ITEM}, ';'), '') AS joined "  # noqa: S608 - ours
    "FROM jsonb_array_elements({name}::jsonb) AS item"
)
# The first item begins the cell, so the whole is looked at once more.
JOINED = f"(SELECT {GUARDED.format('list.joined')} FROM ({ITEMS}) AS list)"  # noqa: S608 - ours
LISTED = (
    "CASE WHEN jsonb_typeof(chunk.{group}s -> %s) <> 'array' THEN {care} "
    f"WHEN {{name}} ~ '{KEYS}' THEN "
    "replace(substr({name}, 3, length({name}) - 4), chr(34) || ', ' || chr(34), ';') "
    "ELSE " + QUOTED.format(JOINED) + " END"
)


def is_possible() -> bool:
    return connection.vendor == "postgresql"


def ndjson(
    part: Part, survey: str, slow: Callable[[Part], Iterator[Lines]]
) -> Iterator[Lines]:
    """The lines of the dump as JSON; `slow` writes the stretches that have changes."""
    members = [_member("cursor")]
    if part.changes:
        members.append(Sql(text="""'"change":"completed"'"""))
    members += [
        Sql(text="""'"survey":' || to_json(%s::text)::text""", values=(survey,))
        if name == "survey"
        else _member(name)
        for name in (
            *("key", "survey", "version", "status", "test", "language", "deployment"),
            *("invitation", "email", *DOCUMENTS, "quality"),
            *("started_at", "updated_at", "completed_at"),
        )
    ]
    line = _joined(members, "'{'", "','", "E'}\\n'")
    names = [f"{text} AS {name}" for name, text in TEXTS.items()]
    names += [f"response.{name}::text AS {name}" for name in DOCUMENTS]
    return _stretches(part, line, Sql(text=", ".join(names)), slow)


def csv_rows(
    part: Part,
    columns: Sequence[Column],
    survey: str,
    slow: Callable[[Part], Iterator[Lines]],
) -> Iterator[Lines]:
    """The rows of the table, without its header."""
    cells: list[Sql] = []
    names = [Sql(text="response.answers, response.variables")]
    for number, column in enumerate(columns):
        source = _source(column, survey)
        if source is None:
            cells.append(Sql(text="''"))
            continue
        names.append(Sql(text=f"{source.text} AS c{number}", values=source.values))
        cells.append(_cell(column.key, f"chunk.c{number}"))
    line = _joined(cells, "''", "','", "E'\\r\\n'")
    return _stretches(part, line, _joined(names, None, None, None), slow)


def _source(column: Column, survey: str) -> Sql | None:
    """The text of a column; None: it is empty for what was completed."""
    group, _dot, inner = column.key.partition(".")
    if inner:
        return Sql(text=f"response.{group}s ->> %s", values=(inner,))
    match group:
        case "survey":
            return Sql(text="%s::text", values=(survey,))
        case "change":
            return Sql(text="'completed'::text")
        case "at":
            return None
        case "records":
            return Sql(text="NULLIF(response.records::text, '{}')")
        case _:
            return Sql(text=TEXTS[group])


def _cell(key: str, name: str) -> Sql:
    if key in PLAIN:
        return Sql(text=f"COALESCE({name}, '')")
    care = QUOTED.format(f"({GUARDED.format(name)})")
    values: tuple[object, ...] = ()
    group, _dot, inner = key.partition(".")
    if inner:
        care = LISTED.format(group=group, name=name, care=care)
        values = (inner,)
    text = (
        f"CASE WHEN {name} IS NULL THEN '' WHEN {name} !~ '{RISKY}' THEN {name} "
        f"ELSE {care} END"
    )
    return Sql(text=text, values=values)


def _member(name: str) -> Sql:
    """A member of the JSON object of a row."""
    value = f"chunk.{name}"
    if name == "quality":
        value = FLAGS.format(value)
    elif name in {"version", "test"}:
        pass
    elif name in PLAIN:
        value = f"""COALESCE('"' || {value} || '"', 'null')"""
    elif name not in DOCUMENTS:
        value = f"COALESCE(to_json({value})::text, 'null')"
    return Sql(text=f"""'"{name}":' || {value}""")


def _joined(
    parts: Sequence[Sql], before: str | None, between: str | None, after: str | None
) -> Sql:
    glue = f" || {between} || " if between else ", "
    text = glue.join(part.text for part in parts)
    if before and after:
        text = f"{before} || {text} || {after}"
    return Sql(text=text, values=tuple(v for part in parts for v in part.values))


def _stretches(
    part: Part, line: Sql, names: Sql, slow: Callable[[Part], Iterator[Lines]]
) -> Iterator[Lines]:
    also = "" if part.completed_after is None else "AND completed_at > %s"
    if not part.tests:
        also += " AND NOT is_test"
    later = () if part.completed_after is None else (part.completed_after,)
    statement = LINES.format(line=line.text, names=names.text, also=also)
    after, left = part.after, part.limit
    while left is None or left > 0:
        size = part.chunk if left is None else min(part.chunk, left)
        values = (
            *(*line.values, *names.values),
            *(part.survey_id, list(part.statuses), after, part.until, *later, size),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            text, last, count = cursor.fetchone()
        until = last if count == size else part.until
        if part.changes and _has_changes(part, after, until):
            yield from slow(replace(part, after=after, until=until))
        elif text:
            yield Lines(text.encode(), count, last)
        if count < size:
            return
        after = last
        left = None if left is None else left - count


def _has_changes(part: Part, after: int, until: int) -> bool:
    return Change.objects.filter(
        survey=part.survey_id, position__gt=after, position__lte=until
    ).exists()
