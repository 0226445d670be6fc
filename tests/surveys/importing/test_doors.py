"""The command and the screen that import a survey."""

from __future__ import annotations

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from surveys.models import Question, Survey
from tests.factories.imports import FORM, surveyjs, workbook


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
    bad = designer.post(
        address, {"file": SimpleUploadedFile("x.lss", b"<!DOCTYPE x []><document/>")}
    )

    assert "The draft has 5 questions" in done
    assert "geopoint" in done
    assert Question.objects.filter(page__survey__key="my-form").count() == 5
    assert nothing.status_code == bad.status_code == 400
    assert "Choose a file first" in nothing.content.decode()
    assert "DTD" in bad.content.decode()
