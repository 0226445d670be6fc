"""Owns what stands in the editor's boxes: a tree of texts, as typed.

A document becomes a sheet to be shown; a posted form becomes a sheet, and the sheet
a document to be saved. Nothing typed is lost on the way: a sheet that cannot be
saved is shown again as it is. No request, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

# One posted row, or the whole sheet: texts, and lists of rows.
Row = dict[str, Any]

LISTS: Mapping[str, Any] = {
    "steps": {"find": {}, "rules": {"table": {}, "transforms": {}}}
}
# A value that is typed rather than chosen.
TYPED = ("constant", "template")
FINDERS = ("external_id", "email", "field")
HIGHEST_INDEX = 100_000
# steps-0-rules-0-condition-0-what
DEEPEST = 7


def read(posted: Mapping[str, str]) -> Row:
    """Return the sheet in a posted form: `steps-0-rules-2-field` and the like."""
    sheet: Row = {}
    for name, value in posted.items():
        path = name.split("-")
        if len(path) <= DEEPEST:
            _put(sheet, path, value)
    sheet = _ordered(sheet, LISTS)
    for _at, _number, _step, rule in rules(sheet):
        rule.update(_tidy(rule))
    return sheet


def _put(row: Row, path: list[str], value: str) -> None:
    for part in path[:-1]:
        child = row.setdefault(part, {})
        if not isinstance(child, dict):
            return
        row = child
    row.setdefault(path[-1], value)


def _ordered(row: Row, lists: Mapping[str, Any]) -> Row:
    """Turn {"0": …, "2": …} into a list, for the names of lists; other names hold
    texts, but for conditions, which have boxes of their own."""
    for name in [name for name, value in row.items() if isinstance(value, dict)]:
        if name not in lists and name != "condition":
            del row[name]
    for name, inner in lists.items():
        rows = row.get(name)
        numbered = rows if isinstance(rows, dict) else {}
        row[name] = [
            _ordered(numbered[index], inner)
            for index in sorted(numbered, key=_place)
            if isinstance(numbered[index], dict)
        ]
    return row


def _place(index: str) -> tuple[int, str]:
    short = index.isdecimal() and len(index) < len(str(HIGHEST_INDEX))
    return (int(index) if short else HIGHEST_INDEX, index)


def without_blanks(sheet: Row) -> Row:
    """Return the sheet without rows in which nothing was chosen or typed."""
    return _kept(sheet, lambda row: bool(row.get("field") or row.get("source")))


def finished(sheet: Row) -> Row:
    """Return the sheet without rows in which something is still to be chosen."""
    return _kept(sheet, _is_finished)


def _is_finished(rule: Row) -> bool:
    source = rule.get("source")
    return bool(rule.get("field") and source) and (
        source not in TYPED or bool(rule.get("text", "").strip())
    )


def _kept(sheet: Row, wanted: Callable[[Row], bool]) -> Row:
    return {**sheet, "steps": [_compact(step, wanted) for step in sheet["steps"]]}


def _compact(step: Row, wanted: Callable[[Row], bool]) -> Row:
    return {
        **step,
        "find": [row for row in step["find"] if row.get("how")],
        "rules": [{**rule, **_tidy(rule)} for rule in step["rules"] if wanted(rule)],
    }


def _tidy(rule: Row) -> Row:
    """Return the small rows of a rule that say something."""
    return {
        "table": [row for row in rule["table"] if row.get("write")],
        "transforms": [row for row in rule["transforms"] if row.get("name")],
    }


# From a document to what is shown.


def from_document(document: Mapping[str, Any]) -> Row:
    return {
        "name": document["name"],
        "key": document["key"],
        "survey": document["survey"],
        "connection": document["connection"],
        "condition": document["condition"],
        "trusts_links": "1" if document["trusts_links"] else "",
        "partial_after": str(document["partial_after"]),
        "on_erasure": document["on_erasure"],
        "steps": [_step_row(step) for step in document["steps"]],
    }


def _step_row(step: Mapping[str, Any]) -> Row:
    return {
        **{name: step[name] for name in ("key", "action", "object", "condition")},
        "no_match": step["no_match"],
        "several": step["several"],
        "duplicates": step["duplicates"],
        "key_field": step["key_field"] or "",
        "find": [_finder_row(finder) for finder in step["find"]],
        "rules": [_rule_row(rule) for rule in step["fields"]],
    }


def _finder_row(finder: Mapping[str, Any]) -> Row:
    if "record" in finder:
        return {"how": "record", "record": finder["record"]}
    how = next((how for how in FINDERS if how in finder), "")
    source = finder.get("value", {})
    return {
        "how": how,
        "field": finder.get(how, ""),
        "source": source_token(source),
        "text": typed_text(source),
    }


def _rule_row(rule: Mapping[str, Any]) -> Row:
    names = ("field", "blank", "default", "overwrite", "condition")
    return {
        **{name: rule[name] for name in names},
        "source": source_token(rule["value"]),
        "text": typed_text(rule["value"]),
        "table": [
            {"answer": answer, "write": write}
            for answer, write in rule["table"].items()
        ],
        "transforms": [_transform_row(entry) for entry in rule["transforms"]],
    }


def _transform_row(entry: str) -> Row:
    name, _colon, argument = entry.partition(":")
    return {"name": name, "argument": argument}


def source_token(source: Mapping[str, Any]) -> str:
    """Return a value source's name in the editor's select: `question.nps.group`."""
    # PostgreSQL keeps the members of a document in an order of its own.
    kind = next((kind for kind in source if kind not in {"facet", "or"}), "")
    if kind in TYPED:
        return kind
    parts = [kind, source.get(kind, ""), source.get("facet", "")]
    if kind == "step":
        # step.contact.lead.Email: of the one, or else of the other, the field.
        parts[2:] = [source.get("or", ""), source.get("facet", "")]
    return ".".join(map(str, parts)).rstrip(".") if parts[1] else f"{kind}."


def typed_text(source: Mapping[str, Any]) -> str:
    value = next((source[kind] for kind in TYPED if kind in source), "")
    return str(value).lower() if isinstance(value, bool) else str(value)


# From what was typed to a document.


# Reads the condition at a path: a document, or the boxes of one as typed.
ReadCondition = Callable[[str, object], Any]


def to_document(sheet: Row, read: ReadCondition) -> dict[str, Any]:
    """Return the document of a sheet without blank rows; it may still be wrong."""
    return {
        "key": sheet.get("key", ""),
        "name": sheet.get("name", ""),
        "survey": sheet.get("survey", ""),
        "connection": sheet.get("connection", ""),
        "condition": read("condition", sheet.get("condition")),
        "trusts_links": bool(sheet.get("trusts_links")),
        "partial_after": _minutes(str(sheet.get("partial_after") or "0")),
        "on_erasure": sheet.get("on_erasure") or "keep",
        "steps": [
            _step_document(step, f"steps[{place}]", read)
            for place, step in enumerate(sheet["steps"])
        ],
    }


def _minutes(typed: str) -> Any:
    """Return a number, or what was typed instead, which the document refuses."""
    typed = typed.strip()
    return int(typed) if typed.isdecimal() and len(typed) < 10 else typed


def _step_document(step: Row, path: str, read: ReadCondition) -> dict[str, Any]:
    action = step.get("action", "")
    finds, writes = action != "create", step["rules"] if action != "find" else []
    return {
        "key": step.get("key", ""),
        "action": action,
        "object": step.get("object", ""),
        "find": [_finder(row) for row in step["find"]] if finds else [],
        "no_match": _no_match(step),
        "several": step.get("several") or "fail",
        "duplicates": step.get("duplicates") or "hold" if may_create(step) else "hold",
        "key_field": step.get("key_field") or None if may_create(step) else None,
        "condition": read(f"{path}.condition", step.get("condition")),
        "fields": [
            rule_document(row, f"{path}.fields[{number}]", read)
            for number, row in enumerate(writes)
        ],
    }


def may_create(step: Row) -> bool:
    if step.get("action") in {"create", "upsert"}:
        return True
    return step.get("action") == "update" and step.get("no_match") == "create"


def _no_match(step: Row) -> str:
    """An upsert creates by its nature; the box is not asked then."""
    return (
        "create" if step.get("action") == "upsert" else step.get("no_match") or "fail"
    )


def _finder(row: Row) -> dict[str, Any]:
    how = row.get("how", "")
    if how == "record":
        return {"record": row.get("record", "")}
    return {
        how: row.get("field", ""),
        "value": token_source(row.get("source", ""), row.get("text", "")),
    }


def rule_document(row: Row, path: str, read: ReadCondition) -> dict[str, Any]:
    return {
        "field": row.get("field", ""),
        "value": token_source(row.get("source", ""), row.get("text", "")),
        "table": {
            entry["answer"]: entry["write"]
            for entry in row["table"]
            if entry.get("answer") and entry.get("write")
        },
        "transforms": list(map(_transform, row["transforms"])),
        "blank": row.get("blank") or "keep",
        "default": row.get("default", ""),
        "overwrite": row.get("overwrite") or "always",
        "condition": read(f"{path}.condition", row.get("condition")),
    }


def _transform(row: Row) -> str:
    argument = row.get("argument", "")
    return f"{row['name']}:{argument}" if argument else str(row["name"])


def token_source(token: str, text: str) -> Row:
    """Return the value source that a select and the box beside it stand for."""
    if not token:
        return {}
    if token in TYPED:
        return {token: text}
    kind, _dot, rest = token.partition(".")
    name, _dot, more = rest.partition(".")
    if kind != "step":
        return {kind: name, "facet": more} if more else {kind: name}
    other, _dot, facet = more.partition(".")
    beside = {"or": other, "facet": facet}
    return {kind: name, **{word: value for word, value in beside.items() if value}}


def rules(sheet: Row) -> Iterator[tuple[int, int, Row, Row]]:
    """Yield (step's place, rule's place, step, rule)."""
    for place, step in enumerate(sheet["steps"]):
        for number, rule in enumerate(step["rules"]):
            yield place, number, step, rule
