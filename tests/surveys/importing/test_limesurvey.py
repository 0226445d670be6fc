"""LimeSurvey: conditions, scores and parts."""

from __future__ import annotations

from tests.factories.imports import notes, questions, read


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


def test_a_file_keeps_its_size_and_the_types_that_are_known():
    imported = read(
        lss(
            groups=[{"gid": "1", "group_name": "Eins", "language": "de-informal"}],
            questions=[lime("|", "F1"), lime("|", "F2")],
            question_attributes=[
                {"qid": "F1", "attribute": "max_filesize", "value": "10240"},
                {"qid": "F1", "attribute": "allowed_filetypes", "value": "PDF, .png, zip"},
                {"qid": "F2", "attribute": "max_filesize", "value": "9999999"},
            ],
        )
    )  # fmt: skip

    found = questions(imported)
    assert (found["f1"]["max_size"], found["f1"]["types"]) == (10, ["image", "pdf"])
    assert found["f2"]["max_size"] == 50
    assert {
        "question F1: setting allowed_filetypes = zip",
        "question F2: setting max_filesize = 9999999",
    } <= set(notes(imported.report.left_out))


def test_bold_and_links_stay_and_pictures_are_told():
    bold = '<p>Is it <strong>really</strong><br>\n<a href="https://x.example" onclick="y()">so</a>?</p>'
    imported = read(
        lss(
            groups=[{"gid": "1", "group_name": "Eins", "language": "de-informal"}],
            questions=[
                lime("S", "Q1", question=bold),
                lime("S", "Q2", question='<img src="x.png"> <b>Bold</b> &amp; more'),
                lime("S", "Q3", question="<p>Plain &amp; simple</p>"),
                lime("S", "Q4", question="<b></b><script>alert(1)</script>Four"),
            ],
        )
    )  # fmt: skip

    text = {key: one["text"]["de"] for key, one in questions(imported).items()}
    assert text["q1"] == (
        "<p>Is it <strong>really</strong><br> "
        '<a href="https://x.example" rel="noopener noreferrer">so</a>?</p>'
    )
    assert text["q2"] == "<b>Bold</b> &amp; more"
    assert text["q3"] == "Plain & simple"
    assert "alert" not in text["q4"]
    changed = notes(imported.report.changed)
    assert [one for one in changed if "Q1:" in one or "Q3:" in one] == []
    assert "question Q2: Markup that texts here do not hold was removed." in changed
