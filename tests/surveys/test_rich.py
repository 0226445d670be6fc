"""The little HTML of texts: what is let in, and what never is."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from surveys import rich
from surveys.admin.texts import TextsField
from surveys.speech import Speech


def speech(**values: str) -> Speech:
    def fill(text: str) -> str:
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", value)
        return text

    return Speech(language="en", default="en", fill=fill)


def test_emphasis_links_and_lists_stay() -> None:
    text = 'Read <b>all</b> of <a href="https://example.com/x">this</a>'

    shown = speech().inline({"en": text})

    assert "<b>all</b>" in shown
    assert '<a href="https://example.com/x" rel="noopener noreferrer">' in shown
    assert speech().paragraphs({"en": "<ul><li>one</li></ul>"}) == (
        "<ul><li>one</li></ul>"
    )
    assert speech().inline({"en": "<ul><li><b>one</b></li></ul>"}) == "<b>one</b>"


def test_a_plain_text_is_shown_as_it_is() -> None:
    text = '1 < 2 & <your name> "x"'

    assert speech().inline({"en": text}) == (
        "1 &lt; 2 &amp; &lt;your name&gt; &quot;x&quot;"
    )
    assert speech().plain({"en": text}) == text


def test_a_title_says_only_the_words() -> None:
    assert speech().plain({"en": "Was it <b>good</b> &amp; fast?"}) == (
        "Was it good & fast?"
    )


@pytest.mark.parametrize(
    "answer", ["<b>x</b>", '"><script>alert(1)</script>', "<a href='//evil'>x</a>"]
)
def test_an_answer_in_a_text_is_never_html(answer: str) -> None:
    shown = speech(why=answer).inline({"en": "You said <b>{{why}}</b>"})

    parsed = html.fragment_fromstring(shown, create_parent="div")
    assert [one.tag for one in parsed.iter()] == ["div", "b"]
    assert parsed.text_content() == f"You said {answer}"


def test_an_answer_is_no_address() -> None:
    text = '<a href="{{why}}">here</a> <a href="https://{{why}}">there</a>'

    assert "href" not in speech(why="javascript:alert(1)").inline({"en": text})


@given(
    st.lists(
        st.sampled_from(
            [
                *("<b>", "</b>", "<p>", "<ul>", "<li>", "<script>", "</script>", "<"),
                *("<a href='javascript:alert(1)'>", "<img src=x onerror=alert(1)>"),
                *("<svg onload=alert(1)>", "<b onclick=alert(1)>", "&lt;script&gt;"),
                *("text", '"', "'", ">", "{{why}}", "<!--", "-->", "<style>", "<a "),
            ]
        ),
        max_size=10,
    ).map("".join)
)
@settings(deadline=None, max_examples=150)
def test_whatever_is_written_nothing_of_it_runs(text: str) -> None:
    for shown in (
        speech(why="<i>").inline({"en": text}),
        speech(why="<i>").paragraphs({"en": text}),
    ):
        parsed = html.fragment_fromstring(f"<div>{shown}</div>")
        for one in parsed.iter():
            assert one.tag in {*rich.TAGS, "div"}
            assert set(one.attrib) <= {"href", "rel"}
            assert "javascript" not in one.attrib.get("href", "")


@pytest.mark.parametrize("tag", ["script", "img", "h1", "iframe", "div"])
def test_other_tags_are_refused_at_the_field(tag: str) -> None:
    field = TextsField(longest=500)

    with pytest.raises(ValidationError, match=f"<{tag}> is not taken"):
        field.clean({"en": f"Hello <{tag} src=x>"})
    assert field.clean({"en": "<b>Hello</b> 1 < 2"}) == {"en": "<b>Hello</b> 1 < 2"}
