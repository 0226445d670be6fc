"""How a package is sent, and how the answers of the Metadata API are read."""

import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from lxml import etree

from crm_mappings.plan.managed import propose
from crm_mappings.salesforce import managed_package, metadata
from crm_mappings.salesforce.collections import UnreadableAnswer
from surveys import definition
from tests.factories.plan import case, contact
from tests.surveys.strategies import documents, json_values

RESULT = {"status": "Failed", "done": True, "success": False}
FAILURE = {"fullName": "Contact.A__c", "componentType": "CustomField", "problem": "No"}


def answer(**result):
    return {"id": "0AfTb0000000001AAA", "deployResult": {**RESULT, **result}}


def test_the_failures_are_read_with_their_reasons():
    told = metadata.progress(
        answer(numberComponentErrors=1, details={"componentFailures": [FAILURE]})
    )

    [problem] = told.problems
    assert (problem.name, problem.problem) == ("Contact.A__c", "No")
    assert told.errors == 1


def test_one_failure_may_come_without_a_list():
    told = metadata.progress(answer(details={"componentFailures": FAILURE}))

    assert len(told.problems) == 1


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"id": 3}', '{"id": "x"}'])
def test_what_is_no_answer_is_not_read(text):
    with pytest.raises(UnreadableAnswer):
        metadata.progress(text)


@settings(deadline=None, max_examples=60)
@given(json_values)
def test_no_answer_can_break_the_reading(value):
    for told in (value, {"id": "x", "deployResult": value}, answer(details=value)):
        try:
            metadata.progress(told)
        except UnreadableAnswer:
            continue


def test_a_request_holds_the_options_and_the_zip():
    body, kind = metadata.request(b"PK", check_only=True)

    assert kind.startswith("multipart/form-data; boundary=")
    assert b'"checkOnly": true' in body
    assert b'filename="deploy.zip"' in body
    text = body.decode().split("\r\n\r\n")[1].partition("\r\n")[0]
    assert json.loads(text)["deployOptions"]["rollbackOnError"] is True


def test_the_same_files_are_the_same_bytes():
    files = {"package.xml": "<a/>", "b": "ü"}

    assert metadata.zipped(files) == metadata.zipped(dict(files))
    with zipfile.ZipFile(io.BytesIO(metadata.zipped(files))) as archive:
        assert archive.read("b").decode() == "ü"


@settings(deadline=None, max_examples=30)
@given(documents())
def test_any_survey_makes_xml_that_can_be_read(document):
    proposal = propose(
        definition.parse(document),
        records=["Case", "Contact"],
        schemas={"Case": case(), "Contact": contact()},
    )

    for make in (managed_package.files, managed_package.source_files):
        for path, text in make(proposal).items():
            if path.endswith(".json"):
                json.loads(text)
                continue
            root = etree.fromstring(text.encode())
            for label in root.iter("{*}label", "{*}fullName"):
                assert label.text
