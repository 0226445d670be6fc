"""Surveys of other tools come in whole, or with a word on each part that did not."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import ROOT
from surveys import definition, importing
from surveys.importing import ImportRefused
from surveys.models import Question, Survey

DATA = ROOT.parent / "shared" / "data" / "surveys"
FILES = sorted(
    path
    for folder in ("limesurvey", "surveyjs", "xlsform/example_xls")
    for path in (DATA / folder).glob("*")
    if path.suffix in {".lss", ".lsg", ".lsq", ".xlsx"} or path.stem.endswith("_survey")
)
there = pytest.mark.skipif(not FILES, reason="the sample surveys are not here")


def index():
    path = DATA / "limesurvey" / "index.json"
    return json.loads(path.read_text()) if path.exists() else []


def read(data, name="sample"):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return importing.read(data, name=name)


def questions(imported):
    found = [one for page in imported.document["pages"] for one in page["questions"]]
    return {one["key"]: one for one in found}


def notes(notes):
    return [f"{note.what}: {note.why}" for note in notes]


# ------------------------------------------------------------------- samples


@there
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_can_be_published_and_nothing_is_lost_in_silence(path):
    imported = read(path.read_bytes(), path.stem)

    parsed = definition.parse(imported.document)

    report = imported.report
    told = [*report.carried_over, *report.left_out]
    assert report.made["questions"] == len(list(parsed.questions()))
    assert report.made["questions"] >= 1
    assert (
        len([one for one in told if one.what.startswith("question ")])
        >= (report.found["questions"])
    )


@there
@pytest.mark.parametrize("entry", index(), ids=lambda entry: entry["file"])
def test_a_limesurvey_sample_is_counted_as_it_is(entry):
    path = DATA / "limesurvey" / entry["file"].rsplit("/", 1)[-1]

    found = read(path.read_bytes()).report.found

    names = ("dbversion", "langs", "questions", "subquestions", "conditions", "quota")
    for name in (*names, "with_relevance"):
        assert found[name] == entry[name], name
    # The index counts a row for each language where a file repeats them.
    times = (
        len(entry["langs"]) if sum(entry["types"].values()) > entry["questions"] else 1
    )
    assert found["groups"] * times == entry["groups"]
    assert found["answers"] * times == entry["answers"]
    assert {kind: n * times for kind, n in found["types"].items()} == entry["types"]


@there
def test_every_question_of_a_sample_is_in_the_report():
    content = json.loads(
        (DATA / "surveyjs" / "angular_example_survey.json").read_text()
    )

    imported = read(content)

    assert len(imported.report.carried_over) == 8
    assert imported.document["title"] == {"en": "American History"}
    assert questions(imported)["civilwar"]["choices"][2]["label"] == {"en": "1861-1865"}
    assert "question civilwar: setting correctAnswer = 1861-1865" in notes(
        imported.report.left_out
    )


# --------------------------------------------------------------- SurveyJS


def surveyjs(*elements, **parts):
    return {"title": "T", "pages": [{"name": "p", "elements": list(elements)}], **parts}


def test_the_types_of_surveyjs_become_kinds():
    imported = read(
        surveyjs(
            {"type": "text", "name": "a", "inputType": "email", "isRequired": True},
            {"type": "rating", "name": "b", "rateMax": 7, "rateType": "stars"},
            {
                "type": "checkbox",
                "name": "c",
                "choices": [
                    "x",
                    {"value": 2, "text": {"default": "Two", "de": "Zwei"}},
                ],
                "hasNone": True,
                "hasOther": True,
            },
            {"type": "boolean", "name": "d"},
            {"type": "matrix", "name": "e", "rows": ["r"], "columns": ["c1", "c2"]},
            {"type": "multipletext", "name": "f", "items": [{"name": "one"}]},
            {
                "type": "html",
                "name": "g",
                "html": "<b>Hi</b> &amp; bye<script>x()</script>",
            },
            {"type": "text", "name": "h", "inputType": "month"},
            {"type": "matrixdynamic", "name": "i"},
        )
    )

    found = questions(imported)
    kinds = {key: one["kind"] for key, one in found.items()}
    assert kinds == {
        "a": "email", "b": "rating", "c": "multiple_choice", "d": "single_choice",
        "e": "matrix", "f": "contact", "g": "statement", "h": "short_text",
    }  # fmt: skip
    assert found["a"]["required"] is True
    assert (found["b"]["max"], found["b"]["icons"]) == (7, "stars")
    assert found["c"]["choices"][1]["label"] == {"en": "Two", "de": "Zwei"}
    assert found["c"]["choices"][2]["exclusive"] is True
    assert found["c"]["other"] is True
    assert found["g"]["text"] == {"en": "Hi & bye"}
    assert "question i: The type “matrixdynamic” has no match here." in notes(
        imported.report.left_out
    )
    assert any(
        "“month” became a short text" in one for one in notes(imported.report.changed)
    )


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("{a} = 'x'", {"question": "a", "op": "eq", "value": "x"}),
        ("{a} != 'x' and {n} >= 3", {"all": [
            {"question": "a", "op": "ne", "value": "x"},
            {"question": "n", "op": "ge", "value": 3},
        ]}),
        ("3 < {n} or not ({a} empty)", {"any": [
            {"question": "n", "op": "gt", "value": 3},
            {"not": {"question": "a", "op": "blank"}},
        ]}),
        ("{m} contains 'x'", {"question": "m", "op": "contains", "value": "x"}),
        ("{a} anyof ['x', 'y']", {"any": [
            {"question": "a", "op": "eq", "value": "x"},
            {"question": "a", "op": "eq", "value": "y"},
        ]}),
        ("{n} notempty", {"question": "n", "op": "answered"}),
    ],
)  # fmt: skip
def test_rules_are_translated(rule, document):
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x", "y"]},
            {"type": "checkbox", "name": "m", "choices": ["x", "y"]},
            {"type": "text", "inputType": "number", "name": "n"},
            {"type": "comment", "name": "z", "visibleIf": rule},
        )
    )

    assert questions(imported)["z"]["show_if"] == document


@pytest.mark.parametrize(
    "rule",
    [
        "", "{a", "{a} ~ 1", "{gone} = 1", "iif({a} = 1, 2, 3)", "{a} = 'none of these'",
        "{a} = ", "(" * 50 + "{a} = 'x'" + ")" * 50, "{z} = 1", "{a} = 'x' and",
        "'x' 'y'", "{a} = ['x']", "not " * 60 + "{a} empty", "{m} > 'x'", "{a} = {m}",
    ],
)  # fmt: skip
def test_a_rule_that_is_not_understood_is_told_and_the_question_shown(rule):
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x", "y"]},
            {"type": "checkbox", "name": "m", "choices": ["x", "y"]},
            {"type": "comment", "name": "z", "visibleIf": rule or " "},
        )
    )

    assert "show_if" not in questions(imported)["z"]
    assert any("always shown" in one for one in notes(imported.report.left_out))


def test_questions_of_a_panel_keep_its_rule():
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a", "choices": ["x"]},
            {
                "type": "panel",
                "name": "inner",
                "visibleIf": "{a} = 'x'",
                "elements": [
                    {"type": "comment", "name": "z", "visibleIf": "{a} notempty"}
                ],
            },
        )
    )

    assert questions(imported)["z"]["show_if"] == {
        "all": [
            {"question": "a", "op": "eq", "value": "x"},
            {"question": "a", "op": "answered"},
        ]
    }


def test_limits_are_kept_with_a_note():
    many = [{"type": "comment", "name": f"q{n}"} for n in range(320)]
    wide = {"type": "radiogroup", "name": "w", "choices": [str(n) for n in range(400)]}
    long = {"type": "comment", "name": "l", "title": "x" * 6000}

    imported = read(surveyjs(wide, long, *many))

    left = notes(imported.report.left_out)
    assert imported.report.made == {"pages": 1, "questions": 300, "choices": 300}
    assert sum("at most 300 questions" in one for one in left) == 22
    assert any("100 of them" in one for one in left)
    assert any("cut to 5000" in one for one in notes(imported.report.changed))


def test_a_question_that_cannot_be_is_left_out_with_the_reason():
    imported = read(
        surveyjs(
            {"type": "radiogroup", "name": "a"},
            {"type": "rating", "name": "b", "rateMin": 9, "rateMax": 3},
            {"type": "comment", "name": "c"},
        )
    )

    assert list(questions(imported)) == ["c"]
    left = notes(imported.report.left_out)
    assert any("question a: choices: Give at least one" in one for one in left)
    assert any(one.startswith("question b: min:") for one in left)


def test_a_survey_of_nothing_becomes_a_draft_that_says_so():
    imported = read(surveyjs({"type": "signaturepad", "name": "s"}))

    definition.parse(imported.document)
    assert "No question could be carried over." in notes(imported.report.changed)[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "name",
                    "title",
                    "choices",
                    "elements",
                    "visibleIf",
                    "rows",
                    "columns",
                    "items",
                    "value",
                    "text",
                    "default",
                    "rateMin",
                    "min",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
elements = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "text",
                "rating",
                "radiogroup",
                "checkbox",
                "matrix",
                "panel",
                "boolean",
                "html",
                "slider",
                "multipletext",
                "x",
            ]
        )
    },
    optional=dict.fromkeys(
        (
            "name",
            "title",
            "choices",
            "elements",
            "visibleIf",
            "rows",
            "columns",
            "items",
            "rateMin",
            "rateMax",
            "rateValues",
            "min",
            "max",
            "maxLength",
            "inputType",
        ),
        json_values,
    ),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(elements, max_size=5), json_values)
def test_whatever_a_survey_says_what_comes_out_can_be_published(found, title):
    imported = read(surveyjs(*found, title=title))

    definition.parse(imported.document)


# ----------------------------------------------------------------- XLSForm


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


# -------------------------------------------------------------- LimeSurvey


def lss(**tables):
    def table(name, rows):
        found = "".join(
            "<row>"
            + "".join(
                f"<{key}><![CDATA[{value}]]></{key}>" for key, value in row.items()
            )
            + "</row>"
            for row in rows
        )
        return f"<{name}><rows>{found}</rows></{name}>"

    inner = "".join(table(name, rows) for name, rows in tables.items())
    return (
        "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>400</DBVersion>"
        f"<languages><language>de-informal</language></languages>{inner}</document>"
    ).encode()


def lime(type_, title, **parts):
    return {
        "qid": title,
        "gid": "1",
        "type": type_,
        "title": title,
        "question": f"<p>{title}?</p>",
        "language": "de-informal",
        **parts,
    }


def test_a_limesurvey_survey_keeps_conditions_scores_and_parts():
    imported = read(
        lss(
            surveys=[{"language": "de-informal", "admin": "root"}],
            surveys_languagesettings=[{"surveyls_language": "de-informal", "surveyls_title": "Umfrage", "surveyls_endtext": "Danke"}],
            groups=[{"gid": "1", "group_name": "Eins", "language": "de-informal", "group_order": "0"}],
            questions=[
                lime("!", "L1", mandatory="Y", other="Y", question_order="1"),
                lime("M", "M1", question_order="2"),
                lime("T", "T1", question_order="3"),
                lime("Y", "Y1", question_order="4", relevance='L1.NAOK == "A1" and M1_SQ1.NAOK == "Y"'),
                lime("*", "EQ", question_order="5"),
                lime("S", "H1", question_order="6"),
            ],
            subquestions=[{"qid": "s1", "parent_qid": "M1", "title": "SQ1", "question": "Eins", "language": "de-informal"}, {"qid": "s2", "parent_qid": "M1", "title": "SQ2", "question": "Keins", "language": "de-informal", "relevance": "L1 == 1"}],
            answers=[{"qid": "L1", "code": "A1", "answer": "Ja", "assessment_value": "3", "language": "de-informal", "scale_id": "0"}],
            conditions=[{"cid": "1", "qid": "T1", "cqid": "L1", "method": "==", "value": "A1"}],
            question_attributes=[{"qid": "M1", "attribute": "exclude_all_others", "value": "SQ2"}, {"qid": "H1", "attribute": "hidden", "value": "1"}],
            quota=[{"id": "1", "name": "Half"}],
        )
    )  # fmt: skip

    found = questions(imported)
    eq = {"question": "l1", "op": "eq", "value": "a1"}
    assert imported.document["default_language"] == "de"
    assert imported.document["thanks"] == {"de": "Danke"}
    assert found["l1"]["choices"] == [{"key": "a1", "label": {"de": "Ja"}, "score": 3}]
    assert (found["l1"]["display"], found["l1"]["other"]) == ("dropdown", True)
    assert found["m1"]["choices"][1]["exclusive"] is True
    assert found["t1"]["show_if"] == eq
    assert found["y1"]["show_if"] == {
        "all": [eq, {"question": "m1", "op": "contains", "value": "sq1"}]
    }
    told = notes(imported.report.left_out)
    assert any(one.startswith("question EQ: The type “*”") for one in told)
    assert any(one.startswith("question H1: It is hidden") for one in told)
    assert any(
        one.startswith("question M1, SQ2: The rule of this one part") for one in told
    )
    assert "quota Half: Set it up again." in told
    assert imported.report.found["conditions"] == 1


# ------------------------------------------------------------- bad files


def bomb():
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b" " * 60_000_000)
    return output.getvalue()


def lying_bomb():
    """The sizes in the directory say little; what unpacks is much."""
    data = workbook(survey=[["type"], *[["text"]] * 10])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["xl/worksheets/s0.xml"] = b"<worksheet>" + b" " * 40_000_000 + b"</worksheet>"
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    lie = output.getvalue()
    size = (40_000_000 + 23).to_bytes(4, "little")
    return lie.replace(size, (1000).to_bytes(4, "little"))


XXE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><document>&a;</document>'
LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><document>&b;</document>'
)


def many_parts():
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        for number in range(600):
            file.writestr(f"{number}.xml", "")
    return output.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither"),
        (b"hello", "neither"),
        (b"{", "not JSON"),
        (b"[" * 99999, "neither"),
        (b'{"a":' * 20000, "not JSON"),
        (b"{}", "not a survey of SurveyJS"),
        (b"<html/>", "not a file of LimeSurvey"),
        (b"<document", "not XML"),
        (b"<document><LimeSurveyDocType/></document>", "no question"),
        (XXE, "DTD"),
        (LAUGHS, "DTD"),
        (b"PK\x03\x04", "cannot? be opened|not a workbook"),
        (bomb(), "30 MB"),
        (lying_bomb(), "30 MB|cannot be read"),
        (many_parts(), "too many parts"),
        (workbook(other=[["a"]]), "no sheet"),
        (workbook(survey=[["type"], *[["text"]] * 5001]), "more than 5000 rows"),
        (b" " * 10_000_001, "larger than 10 MB"),
    ],
    ids=range(18),
)
def test_a_bad_file_is_refused_in_words(data, words):
    with pytest.raises(ImportRefused, match=words) as refusal:
        read(data)
    assert "root:" not in str(refusal.value)


def test_entities_in_a_workbook_are_not_followed():
    data = workbook(survey=[["type", "name"], ["text", "a"]])
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["xl/sharedStrings.xml"] = XXE
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)

    with pytest.raises(ImportRefused, match="DTD"):
        read(output.getvalue())


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    for start in (b"", b"<document>", b"{", b"PK\x03\x04"):
        with pytest.raises(ImportRefused):
            read(start + data)


# ------------------------------------------------------------------ the doors


@pytest.mark.django_db
def test_the_command_makes_a_draft_and_ends_with_the_report(tmp_path):
    path = tmp_path / "feedback.json"
    path.write_text(
        json.dumps(surveyjs({"type": "comment", "name": "a"}, title="Feedback"))
    )
    output = io.StringIO()

    call_command("import_survey", str(path), stdout=output)
    call_command("import_survey", str(path), "--dry-run", stdout=output)
    call_command("import_survey", str(path), stdout=io.StringIO())

    reports = [
        json.loads(line) for line in output.getvalue().splitlines() if line[:1] == "{"
    ]
    assert [one["survey"] for one in reports] == ["feedback", None]
    assert reports[0]["made"]["questions"] == 1
    assert set(Survey.objects.values_list("key", flat=True)) == {
        "feedback",
        "feedback-2",
    }
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_survey", str(tmp_path / "none"))
    (tmp_path / "x").write_text("x")
    with pytest.raises(CommandError, match="neither"):
        call_command("import_survey", str(tmp_path / "x"))


@pytest.mark.django_db
def test_the_screen_takes_a_file_and_shows_the_report(designer: Client):
    address = "/admin/surveys/survey/import/"
    file = SimpleUploadedFile("form.xlsx", workbook(**FORM))

    assert designer.get(address).status_code == 200
    done = designer.post(address, {"file": file}).content.decode()
    nothing = designer.post(address)
    bad = designer.post(address, {"file": SimpleUploadedFile("x.lss", XXE)})

    assert "The draft has 5 questions" in done
    assert "geopoint" in done
    assert Question.objects.filter(page__survey__key="my-form").count() == 5
    assert nothing.status_code == bad.status_code == 400
    assert "Choose a file first" in nothing.content.decode()
    assert "DTD" in bad.content.decode()


def test_an_answer_that_a_text_shows_is_named_our_way():
    first = [{"type": "text", "name": "Your name"}]
    second = [
        {"type": "comment", "name": "b", "title": "{Your name}, why?"},
        {"type": "comment", "name": "c", "title": "{panel.x} and {{b}}"},
        {"type": "comment", "name": "d", "title": "{c}, on the same page"},
    ]
    imported = read({"pages": [{"elements": first}, {"elements": second}]})

    found = questions(imported)
    assert found["b"]["text"] == {"en": "{{your_name}}, why?"}
    assert found["c"]["text"]["en"].startswith("{panel.x} and { {")
    assert found["d"]["text"] == {"en": "{c}, on the same page"}
    assert any(
        "question c: It names an answer" in one
        for one in notes(imported.report.changed)
    )
