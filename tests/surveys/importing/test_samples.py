"""Samples of others come in whole, or with a word on each part that did not."""

from __future__ import annotations

import json

import pytest

from config.settings import ROOT
from surveys import definition
from tests.factories.imports import notes, questions, read

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
