"""XLSForms: groups, languages and rules."""

from __future__ import annotations

from tests.factories.imports import FORM, notes, questions, read, workbook


def test_an_xlsform_comes_in_with_groups_languages_and_rules():
    imported = read(workbook(**FORM))

    found, pages = questions(imported), imported.document["pages"]
    no = {"question": "ok", "op": "eq", "value": "no"}
    assert imported.document["title"] == {"en": "My form"}
    assert found["ok"]["text"] == {"en": "Fine?", "de": "Gut?"}
    assert found["ok"]["required"] is True
    assert found["many"]["other"] is True
    assert found["age"]["kind"] == "number"
    assert found["bye"]["show_if"] == {
        "not": {"question": "many", "op": "contains", "value": "yes"}
    }
    rules = {
        one["key"]: page.get("show_if") for page in pages for one in page["questions"]
    }
    assert rules == {
        "ok": None,
        "why": no,
        "many": {"all": [no, no]},
        "age": no,
        "bye": None,
    }
    told = notes(imported.report.left_out)
    assert any(one.startswith("field sum: “calculate”") for one in told)
    assert any(one.startswith("question where: The type “geopoint”") for one in told)
    assert "settings of the survey: version" in told
    assert any("asked once" in one for one in notes(imported.report.changed))
    assert imported.report.found["questions"] == 6
