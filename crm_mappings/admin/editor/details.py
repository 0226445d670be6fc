"""Owns the small rows of a field rule: its value table, its transforms, and what
it does beyond copying, in a few words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm_mappings.admin.editor import answers
from crm_mappings.admin.editor import sheet as sheets
from crm_mappings.admin.editor.options import Options, plain
from crm_mappings.admin.editor.sheet import Row
from crm_mappings.admin.editor.stock import Stock
from crm_mappings.plan.schema import FieldSchema


def transform_options() -> Options:
    return plain(
        [
            ("truncate", _("Cut to the field's length (or to …)")),
            ("trim", _("Remove spaces around it")),
            ("upper", _("UPPER CASE")),
            ("lower", _("lower case")),
            ("title", _("Title Case")),
            ("number", _("Only the number in it")),
            ("split_first_name", _("First name of a full name")),
            ("split_last_name", _("Last name of a full name")),
            ("join", _("Join a list with …")),
            ("date_format", _("Write a date as …")),
            ("default", _("If it is blank by now, write …")),
        ]
    )


def table(
    row: Row, stock: Stock, schema: FieldSchema | None, name: str
) -> list[dict[str, Any]]:
    """Return a row for each answer that the source can give, then what else is
    in the table, then an empty one where the answers are not known."""
    source = sheets.token_source(str(row.get("source", "")), "")
    known = answers.answers(stock.definition, source)
    picklist = picklist_options(schema)
    if all(answer.isdecimal() for answer, _label in known) and picklist is None:
        # Numbers go as they are, as a rule: a row for each would be in the way.
        known = ()
    written = {
        entry.get("answer", ""): entry.get("write", "") for entry in row["table"]
    }
    labels = dict(known)
    rest = [answer for answer in written if answer and answer not in labels]
    rows = [(answer, label, True) for answer, label in known]
    rows += [(answer, answer, False) for answer in rest]
    if not known and source:
        rows.append(("", "", False))
    return [
        {
            "name": f"{name}-table-{number}",
            "answer": answer,
            "label": label,
            "known": fixed,
            "write": written.get(answer, ""),
            "options": picklist.select(written.get(answer, ""), written.get(answer, ""))
            if picklist
            else None,
        }
        for number, (answer, label, fixed) in enumerate(rows)
    ]


def picklist_options(schema: FieldSchema | None) -> Options | None:
    if schema is not None and schema.record_types:
        return plain((one.developer_name, one.name) for one in schema.record_types)
    if schema is None or not schema.picklist:
        return None
    return plain(
        (value.value, value.label) for value in schema.picklist if value.active
    )


def constants(row: Row, schema: FieldSchema | None) -> Any:
    """Return what a constant is chosen from; None where it is typed."""
    if row.get("source") != "constant" or schema is None:
        return None
    options = picklist_options(schema)
    if schema.type == "boolean":
        options = plain([("true", _("yes")), ("false", _("no"))])
    chosen = str(row.get("text", ""))
    if options is None or schema.type == "multipicklist":
        return None
    return options.select(chosen, chosen)


def transforms(row: Row, name: str) -> list[dict[str, Any]]:
    options = transform_options()
    return [
        {
            "name": f"{name}-transforms-{number}",
            "options": options.select(entry.get("name", ""), entry.get("name", "")),
            "argument": entry.get("argument", ""),
        }
        for number, entry in enumerate([*row["transforms"], {}])
    ]


def summary(row: Row) -> str:
    """Return what a rule does beyond copying, in a few words."""
    parts = []
    if count := sum(1 for entry in row["table"] if entry.get("write")):
        text = ngettext(
            "translates %(count)d answer", "translates %(count)d answers", count
        )
        parts.append(text % {"count": count})
    if any(entry.get("name") for entry in row["transforms"]):
        parts.append(_("changes the text"))
    if row.get("blank") == "clear":
        parts.append(_("blank clears"))
    if row.get("blank") == "default":
        parts.append(_("blank writes “%(text)s”") % {"text": row.get("default", "")})
    if row.get("overwrite") == "if_blank":
        parts.append(_("only if blank there"))
    if row.get("condition"):
        parts.append(_("with a condition"))
    return ", ".join(parts)
