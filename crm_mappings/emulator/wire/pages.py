"""Owns the pages for people: objects, rows with a form to change them, outbound
messages and the last calls. They work without script."""

from typing import Any

from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal, not_found
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.values import NUMBERS, as_json
from crm_mappings.emulator.wire.exchange import Answer, Request, page, redirect
from crm_mappings.emulator.wire.html import STYLE, Html, document, link, table, tag

HIDDEN_OBJECTS = frozenset(
    {
        *("UserPermissionAccess", "Organization"),
        *("PermissionSet", "PermissionSetAssignment"),
    }
)
SHOWN_COLUMNS = 5
LONGEST_ERROR = 120
FIRST = ("Subject", "Status", "StageName", "Priority", "Name", "FirstName", "LastName")


def answer(org: Org, request: Request) -> Answer:
    parts = request.segments
    match parts:
        case ():
            return page(_index(org, request.mount))
        case ("favicon.ico",):
            return Answer(status=204)
        case ("emulator", "style.css"):
            return Answer(body=STYLE.read_bytes(), content_type="text/css")
        case ("emulator", "objects", name):
            return page(_rows(org, org.catalogue.full(name), request.mount))
        case ("emulator", "objects", name, row_id):
            return _row(org, request, org.catalogue.full(name), row_id)
    return _from_real_address(org, request)


def _from_real_address(org: Org, request: Request) -> Answer:
    """The addresses of the real user interface lead to the row's page."""
    match request.segments:
        case ("lightning", "r", name, row_id, "view"):
            return _to_row(request, name, row_id)
        case (row_id,) if (known := normal_id(row_id)) is not None:
            sobject = org.catalogue.by_prefix(known)
            return _to_row(request, sobject.name if sobject else "", known)
    raise not_found()


def _to_row(request: Request, name: str, row_id: str) -> Answer:
    return redirect(f"{request.mount}/emulator/objects/{name}/{row_id}")


# -- the first page


def _index(org: Org, root: str) -> str:
    return document(
        org.name,
        tag("h1", org.name),
        tag("p", f"Org {org.org_id} · {org.clock.now():%Y-%m-%d %H:%M:%S} UTC"),
        tag(
            "p", link("Switches: try each failure by hand", f"{root}/emulator/switches")
        ),
        tag("h2", "Objects"),
        _objects(org, root),
        tag("h2", "Outbound message rules"),
        _rules(org),
        tag("h2", "Outbound queue"),
        _queue(org, root),
        tag("h2", "Last calls"),
        _calls(org),
        root=root,
    )


def _objects(org: Org, root: str) -> Html:
    rows = [
        [
            link(each.plural, f"{root}/emulator/objects/{each.name}"),
            each.name,
            str(sum(1 for _ in org.rows.table(each.name).live())),
        ]
        for each in org.catalogue.all()
        if each.name not in HIDDEN_OBJECTS
    ]
    return table(["Object", "API name", "Rows"], rows)


def _rules(org: Org) -> Html:
    rows = [
        [
            rule.name,
            rule.object,
            rule.when.event,
            ", ".join(rule.when.fields),
            str(rule.when.becomes or ""),
            rule.endpoint,
        ]
        for _, rule in org.outbound.rules()
    ]
    return table(["Rule", "Object", "When", "Field", "Becomes", "Endpoint"], rows)


def _queue(org: Org, root: str) -> Html:
    rows = [
        [
            link(each.id, f"{root}/emulator/outbound-queue/{each.id}"),
            each.rule.name,
            each.record_id,
            each.state.value,
            str(each.attempts),
            (each.last_error or "")[:LONGEST_ERROR],
        ]
        for each in reversed(org.outbound.notifications[-25:])
    ]
    headings = ["Notification", "Rule", "Row", "State", "Attempts", "Last error"]
    return table(headings, rows)


def _calls(org: Org) -> Html:
    rows = [
        [
            f"{each.at:%H:%M:%S}",
            each.method,
            each.path,
            str(each.status),
            each.error or "",
        ]
        for each in reversed(list(org.calls.calls)[-25:])
    ]
    return table(["At", "Method", "Path", "Status", "Error"], rows)


# -- the rows of an object


def _rows(org: Org, sobject: SObject, root: str) -> str:
    shown = _columns(sobject)
    base = f"{root}/emulator/objects/{sobject.name}"
    lines = []
    for row in reversed(list(org.rows.table(sobject.name).live())):
        cells = [_text(org, sobject, row, each) for each in shown]
        cells[0] = link(cells[0] or row["Id"], f"{base}/{row['Id']}")
        lines.append(cells)
    return document(
        sobject.plural,
        tag("h1", sobject.plural),
        tag("p", link(f"New {sobject.label.lower()}", f"{base}/new")),
        table([each.label for each in shown], lines),
        root=root,
    )


def _columns(sobject: SObject) -> list[Field]:
    """The name, then the fields that say most about a row."""
    first = sobject.name_field() or sobject.find("Subject") or sobject.find("Id")
    wanted = ("Subject", "Status", "StageName", "Email", "ContactEmail", "Company")
    more = [sobject.find(name) for name in (*wanted, "Status__c", "CreatedDate")]
    columns = {each.name: each for each in (first, *more) if each}
    return list(columns.values())[:SHOWN_COLUMNS]


# -- one row


def _row(org: Org, request: Request, sobject: SObject, row_id: str) -> Answer:
    new = row_id == "new"
    if not new:
        row_id = org.writer.existing(sobject, row_id)["Id"]
    problem = ""
    if request.method == "POST":
        try:
            row_id = _save(org, sobject, None if new else row_id, request.form)
        except Refusal as refusal:
            problem = f"{refusal.code}: {refusal.message}"
        else:
            return _see_other(request, sobject, row_id)
    shown = _form(org, request, sobject, None if new else row_id, problem)
    return page(shown, status=400 if problem else 200)


def _see_other(request: Request, sobject: SObject, row_id: str) -> Answer:
    path = f"{request.mount}/emulator/objects/{sobject.name}/{row_id}"
    return redirect(path, status=303)


def _save(org: Org, sobject: SObject, row_id: str | None, form: dict[str, str]) -> str:
    given = {}
    row = org.rows.get(sobject.name, row_id) if row_id else None
    for field in sobject.fields:
        text = form.get(field.name)
        if text is None or not _editable(field, new=row is None):
            continue
        value = _from_form(field, text)
        before = as_json(row.get(field.name)) if row else field.default
        if value != before:
            given[field.name] = value
    if row_id is None:
        return org.insert(sobject.name, given)
    org.update(sobject.name, row_id, given)
    return row_id


def _from_form(field: Field, text: str) -> Any:
    if field.type == "boolean":
        return text == "on"
    if not text:
        return None
    if field.type in NUMBERS or field.type == "int":
        try:
            return int(text) if field.type == "int" else float(text)
        except ValueError:
            return text  # refused by the org in its own words
    return text.replace("\r\n", "\n")


def _editable(field: Field, *, new: bool) -> bool:
    return field.createable if new else field.updateable


def _form(
    org: Org, request: Request, sobject: SObject, row_id: str | None, problem: str
) -> str:
    row = org.rows.get(sobject.name, row_id) if row_id else None
    name = sobject.name_field()
    title = str(row.get(name.name) if row and name else f"New {sobject.label.lower()}")
    values = {
        each.name: _text(org, sobject, row, each) if row else each.default or ""
        for each in sobject.fields
    }
    if problem:
        values |= request.form
    editable = [each for each in sobject.fields if _editable(each, new=row is None)]
    fixed = [each for each in sobject.fields if not _editable(each, new=row is None)]
    inputs = [_input(each, values[each.name]) for each in _useful_first(editable)]
    save = tag("p", tag("button", "Save", type="submit"))
    root = request.mount
    facts = [[each.label, values[each.name]] for each in fixed] if row else []
    return document(
        title,
        tag("h1", f"{sobject.label}: {title}"),
        tag("p", problem, class_="problem", role="alert") if problem else "",
        tag("form", save, tag("div", *inputs, class_="fields"), save, method="post"),
        tag("h2", "Kept by the org"),
        table(["Field", "Value"], facts),
        root=root,
    )


def _useful_first(fields: list[Field]) -> list[Field]:
    """People come for the status and for what a survey wrote; addresses come last."""
    return sorted(
        fields,
        key=lambda each: (each.name not in FIRST, not each.custom, bool(each.compound)),
    )


def _input(field: Field, value: str) -> Html:
    name: dict[str, str | bool] = {"name": field.name, "id": field.name}
    label = tag("label", field.label, tag("small", f" {field.name}"), for_=field.name)
    return tag("div", label, _control(field, value, name))


def _control(field: Field, value: str, name: dict[str, str | bool]) -> Html:
    if field.type == "boolean":
        checked = str(value).lower() in {"true", "on"}
        box = tag("input", type="checkbox", value="on", checked=checked, **name)
        # An empty box sends nothing; the hidden field says that it was there.
        return Html(tag("input", type="hidden", name=field.name, value="") + box)
    if field.type == "picklist":
        choices = dict.fromkeys(("", *field.values, str(value)))
        options = (
            tag("option", each, value=each, selected=each == value) for each in choices
        )
        return tag("select", *options, **name)
    if field.type == "textarea":
        return tag("textarea", value, rows="3", **name)
    return tag("input", type="text", value=value, **name)


def _text(org: Org, sobject: SObject, row: dict[str, Any], field: Field) -> str:
    value = as_json(org.reader.value(sobject, row, field))
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part)
    if field.type == "datetime" and value:
        return str(value).replace("+0000", "Z")
    return "" if value is None else str(value)
