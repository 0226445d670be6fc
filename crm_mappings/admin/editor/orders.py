"""Owns what the buttons beside the editor's rows do to the sheet."""

from __future__ import annotations

from crm_mappings.admin.editor.sheet import Row

PLACE_DIGITS = 5


def apply(sheet: Row, order: str) -> None:
    """Carry out `add-rule:0`, `remove-rule:0:3`, `down-step:1`, `use:0:question.nps`,
    `map:0:CSAT__c`… An order that fits nothing changes nothing."""
    act, what, at = parts(order)
    if act in {"use", "map"}:
        _take(sheet, order)
        return
    if act == "ask":
        _ask(sheet, what, at)
        return
    rows = _rows(sheet, what, at)
    if rows is None:
        return
    index = at[-1] if at else len(rows)
    if act == "add":
        rows.append(new_row(what))
    elif act == "remove" and index < len(rows):
        del rows[index]
    elif act == "up" and 0 < index < len(rows):
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
    elif act == "down" and index + 1 < len(rows):
        rows[index], rows[index + 1] = rows[index + 1], rows[index]


def _take(sheet: Row, order: str) -> None:
    """Put a fact or a field into the row that waits for one, or into a new row."""
    act, place, chosen = [*order.split(":", 2), "", ""][:3]
    steps = list_of(sheet, "steps")
    if not place.isdecimal() or len(place) >= PLACE_DIGITS or int(place) >= len(steps):
        return
    rows = list_of(steps[int(place)], "rules")
    mine, other = ("source", "field") if act == "use" else ("field", "source")
    if mine == "field" and any(row.get("field") == chosen for row in rows):
        return
    waiting = (row for row in rows if row.get(other) and not row.get(mine))
    blank = (row for row in rows if not row.get(other) and not row.get(mine))
    row = next(waiting, None) or next(blank, None)
    if row is None:
        row = new_row("rule")
        rows.append(row)
    row[mine] = chosen


def parts(order: str) -> tuple[str, str, list[int]]:
    """Return (act, what, places) of an order such as `remove-rule:0:3`."""
    verb, _colon, places = order.partition(":")
    act, _dash, what = verb.partition("-")
    numbers = [place for place in places.split(":") if place.isdecimal()]
    return act, what, [int(place) for place in numbers if len(place) < PLACE_DIGITS]


def _ask(sheet: Row, what: str, at: list[int]) -> None:
    """Open the boxes of a condition: of the mapping, a step or a rule."""
    row = sheet if what == "mapping" else _row(sheet, at)
    if row is not None and not row.get("condition"):
        row["condition"] = {"join": "all"}
        row["open"] = "1"


def _row(sheet: Row, at: list[int]) -> Row | None:
    """Return the step, or with two places the rule, at these places."""
    rows, row = list_of(sheet, "steps"), None
    for place in at[:2]:
        if place >= len(rows):
            return None
        row = rows[place]
        rows = row.get("rules", [])
    return row


def _rows(sheet: Row, what: str, at: list[int]) -> list[Row] | None:
    """Return the list that holds rows of the kind `what`."""
    if what == "step":
        return list_of(sheet, "steps")
    steps = list_of(sheet, "steps")
    if not at or at[0] >= len(steps):
        return None
    name = {"find": "find", "rule": "rules"}.get(what)
    return list_of(steps[at[0]], name) if name else None


def list_of(row: Row, name: str) -> list[Row]:
    rows: list[Row] = row[name]
    return rows


def new_row(what: str) -> Row:
    if what == "step":
        return {"action": "update", "find": [{}], "rules": [new_row("rule")]}
    if what == "rule":
        return {"table": [], "transforms": []}
    return {}
