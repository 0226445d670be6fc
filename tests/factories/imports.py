"""Files of other tools, as small as they can be, and what an import made of them."""

from __future__ import annotations

import io
import json
import zipfile

from surveys import importing


def read(data, name="sample"):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return importing.read(data, name=name)


def questions(imported):
    found = [one for page in imported.document["pages"] for one in page["questions"]]
    return {one["key"]: one for one in found}


def notes(notes):
    return [f"{note.what}: {note.why}" for note in notes]


def surveyjs(*elements, **parts):
    return {"title": "T", "pages": [{"name": "p", "elements": list(elements)}], **parts}


def workbook(**sheets):
    """An .xlsx of inline strings, as small as one can be."""
    output = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        named = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(sheets)
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets>{named}</sheets></workbook>',
        )
        targets = "".join(
            f'<Relationship Id="r{n}" Target="worksheets/s{n}.xml"/>'
            for n in range(len(sheets))
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships>{targets}</Relationships>"
        )
        for number, rows in enumerate(sheets.values()):
            cells = "".join(
                "<row>"
                + "".join(f'<c t="inlineStr"><is><t>{one}</t></is></c>' for one in row)
                + "</row>"
                for row in rows
            )
            file.writestr(
                f"xl/worksheets/s{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
            )
    return output.getvalue()


FORM = {
    "survey": [
        ["type", "name", "label::English (en)", "label::Deutsch (de)", "required", "relevant", "calculation"],
        ["select_one yn", "ok", "Fine?", "Gut?", "yes", "", ""],
        ["begin group", "outer", "Outer", "Außen", "", "${ok} = 'no'", ""],
        ["text", "why", "Why?", "Warum?", "", "", ""],
        ["begin_repeat", "inner", "Inner", "", "", "selected(${ok}, 'no')", ""],
        ["select_multiple yn or_other", "many", "Many", "Viele", "", "", ""],
        ["end_repeat", "", "", "", "", "", ""],
        ["integer", "age", "Age", "Alter", "", "", ""],
        ["end group", "", "", "", "", "", ""],
        ["note", "bye", "Bye", "Tschüss", "", "not(selected(${many}, 'yes'))", ""],
        ["calculate", "sum", "", "", "", "", "1 + 1"],
        ["geopoint", "where", "Where?", "", "", "", ""],
    ],
    "choices": [
        ["list_name", "name", "label::English (en)", "label::Deutsch (de)"],
        ["yn", "yes", "Yes", "Ja"],
        ["yn", "no", "No", "Nein"],
    ],
    "settings": [["form_title", "version"], ["My form", "3"]],
}  # fmt: skip
