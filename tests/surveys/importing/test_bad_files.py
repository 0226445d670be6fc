"""Files that are none, or that mean harm, are refused in words."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.importing import ImportRefused
from tests.factories.imports import read, workbook


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
