"""Files of texts: what was written is read back, and bad files are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.texts import tidy
from surveys.translating import FileRefused, Unit, sheet, xliff

texts = (
    st.one_of(
        st.text(
            st.characters(
                codec="utf-8",
                exclude_categories=("Cc", "Cs"),
                exclude_characters="\ufffe\uffff",
            ),
            max_size=40,
        ),
        st.sampled_from(
            [
                "=1+1",
                "'=1",
                "''@x",
                "-3",
                "a;b,c\td",
                'say "hi"',
                "a\nb",
                "<b>&amp;",
                "]]>",
            ]
        ),
    )
    .map(tidy)
    .filter(bool)
)
units = st.lists(
    st.builds(
        lambda number, en, de: Unit(
            id=f"question/q{number}/text",
            texts={"en": en} | ({"de": de} if de else {}),
            longest=5000,
        ),
        st.integers(0, 99),
        texts,
        st.none() | texts,
    ),
    max_size=8,
    unique_by=lambda unit: unit.id,
)


def told(incoming):
    return [(one.id, one.source, one.text) for one in incoming]


def expected(written):
    return [(one.id, one.texts["en"], one.texts.get("de", "")) for one in written]


@settings(deadline=None, max_examples=100)
@given(written=units)
def test_xliff_brings_back_what_was_written(written):
    data = xliff.write(written, survey="s", source="en", target="de")

    assert told(xliff.read(data)) == expected(written)


@settings(deadline=None, max_examples=100)
@given(written=units)
def test_csv_brings_back_what_was_written(written):
    data = sheet.write(written, languages=["en", "de"])

    assert data.startswith(b"\xef\xbb\xbf")
    assert told(sheet.read(data, own="en")) == expected(written)


@settings(deadline=None, max_examples=200)
@given(
    data=st.binary(max_size=200)
    | st.text().map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_are_read_or_refused(data):
    for read in (xliff.read, lambda data: sheet.read(data, own="en")):
        with suppress(FileRefused):
            assert all(one.language != "en" or read is xliff.read for one in read(data))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_csv_is_read_as_spreadsheets_write_it(separator, start):
    text = f"id{separator}en{separator}de\r\nsurvey/title{separator}Hi{separator}Hallo\r\n\r\n"

    (one,) = sheet.read(start + text.encode(), own="en")

    assert (one.id, one.language, one.text, one.source) == (
        "survey/title",
        "de",
        "Hallo",
        "Hi",
    )


def test_csv_takes_several_languages_at_once():
    found = sheet.read(
        b"id,de,fr\nsurvey/title,Hallo,Bonjour\nsurvey/thanks,Danke\n", own="en"
    )

    assert [(one.language, one.text) for one in found] == [
        ("de", "Hallo"),
        ("fr", "Bonjour"),
        ("de", "Danke"),
        ("fr", ""),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "must name the columns"),
        (b"key,de\n", "must name the columns"),
        (b"id\n", "no column of another language"),
        (b"id,en\n", "no column of another language"),
        (b"id,en,German\n", "no language code"),
        (b"id,de,de\n", "twice"),
        ("id,de\nx,Größe\n".encode("latin-1"), "CSV UTF-8"),
        (b'id,de\nx,"' + b"a" * 200_000 + b'"\n', "Line"),
        (b"id,de\n" + b"x" * 5_000_001, "larger than 5 MB"),
    ],
)
def test_bad_csv_is_refused_in_words(data, words):
    with pytest.raises(FileRefused, match=words):
        sheet.read(data, own="en")


FILE = '<file target-language="{language}"><body>{body}</body></file>'
UNIT = '<trans-unit id="survey/title"><source>Hi</source><target>{target}</target></trans-unit>'


def document(body=None, *, start="", language="de"):
    body = UNIT.format(target="Hallo") if body is None else body
    inner = FILE.format(language=language, body=body)
    return f'{start}<xliff version="1.2" xmlns="{xliff.NAMESPACE}">{inner}</xliff>'.encode()


def test_inline_elements_of_a_tool_leave_their_text():
    body = UNIT.format(target='Guten <g id="1">Tag</g>, <x id="2"/>Ada<!-- no -->')

    (one,) = xliff.read(document(f"<group>{body}</group>"))

    assert one.text == "Guten Tag, Ada"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
XXE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not XML"),
        (b"<xliff", "not XML"),
        (b"<html/>", "not an XLIFF file"),
        (b'<xliff version="2.0"><x/></xliff>', "2.0 are not"),
        (document(language="German"), "does not say its language"),
        (document(UNIT.format(target="&b;"), start=BOMB), "DTD"),
        (document(UNIT.format(target="&a;"), start=XXE), "DTD"),
        (document(start='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "DTD"),
        (b"<a>" * 5000 + b"</a>" * 5000, "not XML"),
        (b"<xliff>" + b" " * 5_000_001, "larger than 5 MB"),
    ],
)
def test_bad_xliff_is_refused_in_words(data, words):
    with pytest.raises(FileRefused, match=words) as refusal:
        xliff.read(data)
    assert "root:" not in str(refusal.value)
